/** Both packages as their users get them: packed, installed in an empty project, imported, bundled, run. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Program } from 'sealgate/internal'
import manifest from '../../packages/kit/package.json' with { type: 'json' }
import { freePort } from '../support/free-port.ts'
import { startProgram } from '../support/program.ts'
import { Project } from '../support/project.ts'
import { ROOT } from '../support/root.ts'
import { PATIENCE } from '../support/setup/patience.ts'

const WRANGLER = join(ROOT, 'node_modules/wrangler/bin/wrangler.js')

/** Every subpath, with one thing that it must have. `agents` needs a runtime with Durable Objects. */
const SUBPATHS: Readonly<Record<string, string>> = {
  '.': 'makeKit',
  './adapters/hono': 'makeKit',
  './agents': 'AuthAgent',
  './approvals': 'verifyApproval',
  './caller': 'withCaller',
  './external': 'createExternalVerifier',
  './gateway': 'issueInternal',
  './hono': 'guard',
  './hono/verify': 'guard',
  './jws': 'verifyCompact',
  './log': 'EVENTS',
  './retrieval': 'visibleTo',
  './testing': 'createTestIssuer',
  './verify': 'makeVerifier',
}

let project: Project
beforeAll(async () => {
  project = await Project.make()
})
afterAll(() => project.remove())

function filesOf(name: string): readonly string[] {
  const folder = join(project.folder, 'node_modules', name)
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
}

describe('the tarballs', () => {
  it.each([
    ['@sealgate/kit', /^(dist\/.+\.(js|d\.ts)|runtime\/[\w.-]+\.(js|d\.ts))$/],
    ['kit-keygen', /^(bin\/kit-keygen\.js|dist\/\w+\.js)$/],
  ])('of %s hold what it needs to run, its licence, readme and changelog, and nothing else', (name, code) => {
    const files = filesOf(name)
    const others = files.filter((path) => !code.test(path))
    expect(others.sort()).toEqual(['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json'])
    expect(files.filter((path) => path.includes('.test.'))).toEqual([])
    expect(files.length).toBeGreaterThan(others.length + 5)
  })

  it('ask for nothing at installation', () => {
    for (const name of ['@sealgate/kit', 'kit-keygen']) {
      const { scripts } = JSON.parse(
        readFileSync(join(project.folder, 'node_modules', name, 'package.json'), 'utf8'),
      ) as { readonly scripts?: object }
      expect(scripts).toBeUndefined()
    }
  })
})

describe('the readme, and what the registry shows', () => {
  it.each(['@sealgate/kit', 'kit-keygen'])('of %s link to nothing that is not in the tarball', (name) => {
    const folder = join(project.folder, 'node_modules', name)
    const links = ['README.md', 'CHANGELOG.md'].flatMap((file) =>
      [...readFileSync(join(folder, file), 'utf8').matchAll(/\]\(([^)#\s]+)/g)].map(([, link = '']) => link),
    )
    const dead = links.filter((link) => !URL.canParse(link) && !existsSync(join(folder, link)))
    expect(dead).toEqual([])
  })

  it.each(['@sealgate/kit', 'kit-keygen'])('of %s name no source map that is not there', (name) => {
    const code = filesOf(name).filter((file) => file.endsWith('.js'))
    const naming = code.filter((file) =>
      readFileSync(join(project.folder, 'node_modules', name, file), 'utf8').includes('sourceMappingURL'),
    )
    expect(naming).toEqual([])
  })
})

describe('the types', () => {
  it.each([
    ['Cloudflare’s', '@cloudflare/workers-types', 'ES2024'],
    ['Node’s', '@types/node', 'ES2022'],
  ])('of every subpath are sound with %s alone, and need no DOM', async (_, types, lib) => {
    for (const name of [types, 'undici-types']) {
      cpSync(join(ROOT, 'node_modules', name), join(project.folder, 'node_modules', name), {
        recursive: true,
      })
    }
    // `agents` has types of its own, which need more than these.
    const paths = Object.keys(SUBPATHS).filter((path) => path !== './agents')
    project.write(
      'types.ts',
      paths.map((path) => `export * as _${path.replace(/\W/g, '_')} from '${specifierOf(path)}'`).join('\n'),
    )
    project.write(
      'tsconfig.json',
      JSON.stringify({
        compilerOptions: {
          types: [types.replace('@types/', '')],
          lib: [lib],
          target: 'ES2022',
          strict: true,
          noEmit: true,
          module: 'NodeNext',
        },
        files: ['types.ts'],
      }),
    )
    // `skipLibCheck` is off: the declarations themselves are checked.
    const { stdout } = await project.run('node', [
      join(ROOT, 'node_modules/typescript/bin/tsc'),
      '-p',
      project.folder,
    ])
    expect(stdout).toBe('')
  })
})

describe('on Node', () => {
  it('every subpath imports, and this test knows each', async () => {
    expect(Object.keys(manifest.exports).filter((path) => path !== './package.json')).toEqual(
      Object.keys(SUBPATHS),
    )
    project.write('import.mjs', importAll(Object.keys(SUBPATHS)))
    expect(JSON.parse((await project.run('node', ['import.mjs'])).stdout)).toEqual(SUBPATHS)
  })

  it('kit-keygen makes a key that the kit signs and verifies with', async () => {
    const { stdout: privateJwk, stderr } = await project.run('kit-keygen', ['--kid=packed', '--private'])
    expect(stderr).toContain('thumbprint, to pin: ')
    project.write('private.json', privateJwk)
    project.write(
      'round.mjs',
      `import { readFileSync } from 'node:fs'
       import { makeKit } from '@sealgate/kit'
       const env = { JWT_ISS: 'https://issuer.test', JWT_AUD: 'reports', JWT_PRIVATE_JWK: readFileSync('private.json', 'utf8') }
       const kit = makeKit(env)
       console.log((await kit.verify(await kit.sign({ sub: 'ada' }))).sub)`,
    )
    expect((await project.run('node', ['round.mjs'])).stdout).toBe('ada\n')
  })
})

describe('a bundle', () => {
  it.each(Object.keys(SUBPATHS))('of %s holds jose only where it is meant to', async (path) => {
    const inputs = await inputsOf(path)
    expect(inputs.some((input) => input.includes('node_modules/jose/'))).toBe(path === './external')
    const others = inputs.filter((input) => !/node_modules\/(@sealgate\/kit|jose)\/|^<stdin>/.test(input))
    expect(others).toEqual([])
  })

  it.each(Object.keys(SUBPATHS))('of %s leaves to workerd what workerd has', async (path) => {
    const runtime = (await inputsOf(path)).flatMap(
      (input) => /kit\/runtime\/(.+)$/.exec(input)?.slice(1) ?? [],
    )
    // No tables of base64url, which are for runtimes without a decoder, and nothing of Node.
    const meant = ['async-context.js', 'base64url.workerd.js', 'signature.js', 'workerd.js']
    expect(runtime.filter((file) => !meant.includes(file))).toEqual([])
    // Filters over rights need nothing of a runtime.
    expect(runtime.length > 0).toBe(path !== './retrieval')
  })
})

/** The files that the bundle for a Worker holds, of what a subpath exports. */
async function inputsOf(path: string): Promise<readonly string[]> {
  const { metafile } = await build({
    stdin: { contents: `export * from '${specifierOf(path)}'`, resolveDir: project.folder },
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    logLevel: 'silent',
    conditions: ['workerd', 'worker', 'import'],
    external: ['cloudflare:*', 'hono'],
  })
  return Object.keys(metafile.inputs)
}

describe('on workerd, bundled by wrangler', () => {
  let worker: Program
  let address = ''
  beforeAll(async () => {
    mkdirSync(join(project.folder, 'src'))
    project.write('src/index.js', workerThatImports(Object.keys(SUBPATHS)))
    project.write(
      'wrangler.jsonc',
      JSON.stringify({ name: 'packed', main: 'src/index.js', compatibility_date: '2026-06-01' }),
    )
    const port = await freePort()
    address = `http://127.0.0.1:${port}`
    worker = startProgram({
      name: 'packed',
      command: process.execPath,
      args: [
        ...[WRANGLER, 'dev', '--cwd', project.folder, '--ip', '127.0.0.1', '--port', String(port)],
        ...['--inspector-port', '0', '--show-interactive-dev-session=false'],
      ],
      env: project.wranglerEnv,
    })
  })

  it('every subpath is there', async () => {
    const answer = await answerOf(address, worker)
    expect(answer).toEqual(SUBPATHS)
  })
})

function specifierOf(path: string): string {
  return `@sealgate/kit${path.slice(1)}`
}

/** A module that prints which of the expected names each subpath has. */
function importAll(paths: readonly string[]): string {
  const lines = paths.map((path, index) => `import * as m${index} from '${specifierOf(path)}'`)
  const table = paths.map(
    (path, index) => `'${path}': '${SUBPATHS[path] ?? ''}' in m${index} ? '${SUBPATHS[path] ?? ''}' : ''`,
  )
  return `${lines.join('\n')}\nconsole.log(JSON.stringify({ ${table.join(', ')} }))\n`
}

function workerThatImports(paths: readonly string[]): string {
  return importAll(paths).replace(
    /console\.log\(JSON\.stringify\((.*)\)\)/,
    'export default { fetch: () => Response.json($1) }',
  )
}

async function answerOf(address: string, worker: Program): Promise<unknown> {
  for (const until = Date.now() + PATIENCE.wait; ;) {
    try {
      return await (await fetch(address)).json()
    } catch (error) {
      if (Date.now() > until) throw error
    }
    const failure = await Promise.race([
      worker.failed,
      new Promise<undefined>((resolve) => setTimeout(resolve, 200, undefined)),
    ])
    if (failure) throw failure
  }
}
