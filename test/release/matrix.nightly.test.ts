/** The tarballs on each Node that `engines` promises, and their types without any leniency. Long: it needs the registry. */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { note } from '../../bench/nightly/metrics.ts'
import { npm } from '../support/npm.ts'
import { Project } from '../support/project.ts'
import { ROOT } from '../support/root.ts'

/** The oldest that `engines` names, the newest of its line, and the next line. */
const NODES = ['22.12.0', '22', '24']
const NODE_PACKAGE = `node-linux-${process.arch}`

describe('in an empty project', () => {
  let project: Project
  beforeAll(async () => {
    project = await Project.make()
    project.write(
      'round.mjs',
      `import { execFileSync } from 'node:child_process'
       import { makeKit } from '@sealgate/kit'
       import { createExternalVerifier } from '@sealgate/kit/external'
       import { guard } from '@sealgate/kit/hono'
       import { createTestIssuer } from '@sealgate/kit/testing'
       import { Hono } from 'hono'
       const JWT_PRIVATE_JWK = execFileSync('kit-keygen', ['--private'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
       const kit = makeKit({ JWT_ISS: 'https://issuer.test', JWT_AUD: 'reports', JWT_PRIVATE_JWK })
       const { sub } = await kit.verify(await kit.sign({ sub: 'ada' }))
       const issuer = await createTestIssuer({ audience: 'reports' })
       const app = new Hono().get('/', guard(), (c) => c.text(c.var.auth.sub))
       const headers = { Authorization: 'Bearer ' + (await issuer.token({ sub: 'bob' })) }
       const answer = await (await app.request('/', { headers }, issuer.env)).text()
       console.log([process.version, sub, answer, typeof createExternalVerifier].join(' '))`,
    )
  })
  afterAll(() => project.remove())

  it.each(NODES)('works on Node %s', async (version) => {
    const folder = join(project.folder, `node-${version}`)
    await npm(
      ['install', '--no-audit', '--no-fund', '--prefix', folder, `${NODE_PACKAGE}@${version}`],
      project.folder,
    )
    const node = join(folder, 'node_modules', NODE_PACKAGE, 'bin/node')
    const { stdout } = await project.run('node', ['round.mjs'], node)
    expect(stdout.trim()).toMatch(new RegExp(`^v${version.replaceAll('.', '\\.')}\\S* ada bob function$`))
    note(`Node ${version}`, stdout.split(' ')[0] ?? '')
  })

  it.each([
    ['NodeNext', 'NodeNext'],
    ['ESNext', 'Bundler'],
  ])('has sound types for module %s, resolution %s', async (module, moduleResolution) => {
    await npm(['install', '--no-save', '--no-audit', '@cloudflare/workers-types@5'], project.folder)
    project.write(
      'types.ts',
      `import { makeKit, policy, type Auth } from '@sealgate/kit'
         import { createExternalVerifier } from '@sealgate/kit/external'
         import { guard } from '@sealgate/kit/hono'
         import { verifyCompact } from '@sealgate/kit/jws'
         import { createTestIssuer } from '@sealgate/kit/testing'
         export const auth: Promise<Auth | null> = makeKit({}).checkAuth('', policy().needAll('read:reports'))
         export const all = [createExternalVerifier, guard, verifyCompact, createTestIssuer]`,
    )
    const types = { types: ['@cloudflare/workers-types'], lib: ['ES2024'], target: 'ES2024' }
    project.write(
      'tsconfig.json',
      JSON.stringify({
        compilerOptions: { ...types, strict: true, noEmit: true, module, moduleResolution },
        files: ['types.ts'],
      }),
    )
    // `skipLibCheck` is off: the declarations themselves are checked.
    await project.run('node', [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', project.folder])
  })
})
