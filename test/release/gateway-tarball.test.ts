/** The gateway's package as a team gets it: packed, in a project with nothing else of ours but the kit that it needs. */
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import manifest from '../../packages/gateway/package.json' with { type: 'json' }
import { Project } from '../support/project.ts'
import { ROOT } from '../support/root.ts'

/** Every subpath, with one thing that it must have. */
const SUBPATHS: Readonly<Record<string, string>> = {
  '.': 'createGateway',
  './config': 'parseConfig',
  './hono': 'auth',
  './testing': 'createTestGateway',
}

const OTHERS = Object.keys(manifest.dependencies).filter((name) => name !== '@sealgate/kit')

let project: Project
let installed: string
beforeAll(async () => {
  project = await Project.make(['kit', 'gateway'], OTHERS)
  installed = join(project.folder, 'node_modules/@sealgate/gateway')
  const files: Readonly<Record<string, string>> = {
    'package.json': '{ "private": true, "type": "module" }',
    'gateway.config.ts': `import { defineGateway } from '@sealgate/gateway'

export default defineGateway<Env>()({
  audiences: { reports: { permissions: ['read:reports'], roles: [] } },
  routes: [{ match: '/api/*', methods: ['GET'], service: 'REPORTS', audience: 'reports' }],
  claims: async ({ auth, env }) => ({ 'https://example.com/site': [env.SITE_NAME, auth.sub] }),
})
`,
    // The five lines, and the one more that types without `skipLibCheck` need.
    'index.ts': readFileSync(join(ROOT, 'workers/gateway/src/index.ts'), 'utf8')
      .replace("'../gateway.config.ts'", "'./gateway.config.ts'")
      .concat('export type Session = InstanceType<typeof gateway.Session>\n'),
    'wrangler.jsonc': JSON.stringify({
      name: 'gateway',
      main: 'index.ts',
      compatibility_date: '2026-10-23',
      vars: { SITE_NAME: 'Example' },
      services: [{ binding: 'REPORTS', service: 'reports' }],
      durable_objects: { bindings: [{ name: 'SESSIONS', class_name: 'Session' }] },
      migrations: [{ tag: 'v1', new_sqlite_classes: ['Session'] }],
    }),
    'round.ts': `import { createTestGateway } from '@sealgate/gateway/testing'
import definition from './gateway.config.ts'

const gateway = await createTestGateway(definition, { env: { SITE_NAME: 'Example' } })
await gateway.fetch('/api/reports', {
  headers: { Authorization: \`Bearer \${await gateway.auth0.token({ permissions: ['read:reports'] })}\` },
})
const auth = await gateway.kit('reports').checkAuth(gateway.forwarded[0]?.token ?? '')
console.log(JSON.stringify(auth?.claims['https://example.com/site']))
`,
  }
  for (const [name, text] of Object.entries(files)) project.write(name, text)
})
afterAll(() => project.remove())

const wrangler = (...args: readonly string[]) =>
  project.run('node', [join(ROOT, 'node_modules/wrangler/bin/wrangler.js'), ...args, '--cwd', project.folder])

describe('the tarball', () => {
  it('holds what it needs to run, its licence, readme and changelog, and nothing else', () => {
    const files = readdirSync(installed, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(installed, join(entry.parentPath, entry.name)))
    const others = files.filter((path) => !/^(dist\/.+|runtime\/\w+)\.(js|d\.ts)$/.test(path))
    expect(others.sort()).toEqual(['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json'])
    // What teams test with goes along; our own tests, and what they share, stay here.
    expect(files.filter((path) => /[.]test[.]|\/(fixtures|test-gateway)[.]/.test(path))).toEqual([])
    expect(files).toContain('dist/testing/create-test-gateway.js')
  })

  it('links to nothing that is not in it, and asks for nothing at installation', () => {
    const links = ['README.md', 'CHANGELOG.md'].flatMap((file) =>
      [...readFileSync(join(installed, file), 'utf8').matchAll(/\]\(([^)#\s]+)/g)].map(
        ([, link = '']) => link,
      ),
    )
    expect(links.filter((link) => !URL.canParse(link) && !existsSync(join(installed, link)))).toEqual([])
    expect(Object.keys(manifest)).not.toContain('scripts')
  })

  it('depends on what it imports, and on nothing else', () => {
    const code = readdirSync(join(installed, 'dist'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.js'))
      .map((file) => readFileSync(join(installed, 'dist', file), 'utf8'))
    const imported = code.flatMap((text) =>
      [...text.matchAll(/^(?:import|export) .*?from '((?:@[^/']+\/)?[^/'.#][^/']*)/gms)].map(
        ([, name]) => name,
      ),
    )
    expect([...new Set(imported)].sort()).toEqual(Object.keys(manifest.dependencies).sort())
  })
})

describe('on Node', () => {
  it('every subpath imports, and this test knows each', async () => {
    expect(Object.keys(manifest.exports).filter((path) => path !== './package.json')).toEqual(
      Object.keys(SUBPATHS),
    )
    const lines = Object.entries(SUBPATHS).map(
      ([path, name]) =>
        `import { ${name} } from '@sealgate/gateway${path.slice(1)}'; console.log(typeof ${name})`,
    )
    project.write('import.mjs', lines.join('\n'))
    const { stdout } = await project.run('node', ['import.mjs'])
    expect(stdout).toBe('function\n'.repeat(Object.keys(SUBPATHS).length))
  })

  it('a team’s own definition runs in a test', async () => {
    const { stdout } = await project.run('node', ['round.ts'])
    expect(stdout.trim().split('\n').at(-1)).toBe('["Example","auth0|user-1"]')
  })
})

describe('with wrangler', () => {
  it('types name the bindings of the configuration, and every declaration is sound without DOM or Node', async () => {
    await wrangler('types')
    for (const name of ['@types/node', 'undici-types']) {
      expect(existsSync(join(project.folder, 'node_modules', name))).toBe(false)
    }
    const check = async (): Promise<string> => {
      const compiler = [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', project.folder]
      return project.run('node', compiler).then(
        ({ stdout }) => stdout,
        (error: unknown) => (error as { readonly stdout: string }).stdout,
      )
    }
    project.write(
      'tsconfig.json',
      JSON.stringify({
        compilerOptions: {
          types: [],
          lib: ['ES2024'],
          target: 'ES2024',
          strict: true,
          noEmit: true,
          module: 'ESNext',
          moduleResolution: 'Bundler',
          allowImportingTsExtensions: true,
        },
        files: ['worker-configuration.d.ts', 'index.ts', 'round.ts'],
      }),
    )
    expect(await check()).toBe('')
    const config = readFileSync(join(project.folder, 'gateway.config.ts'), 'utf8')
    project.write('gateway.config.ts', config.replace("service: 'REPORTS'", "service: 'REPORT'"))
    expect(await check()).toMatch(/^gateway[.]config[.]ts.*'"REPORT"' is not assignable to type '"REPORTS"'/)
    project.write('gateway.config.ts', config)
  })

  it('it bundles, with every entrypoint', async () => {
    mkdirSync(join(project.folder, 'out'))
    const { stdout } = await wrangler('deploy', '--dry-run', '--outdir', 'out')
    expect(stdout).toContain('env.REPORTS')
    const bundle = readFileSync(join(project.folder, 'out/index.js'), 'utf8')
    for (const name of ['Keys', 'Exchange', 'Admin', 'Session', 'default']) {
      expect(bundle).toMatch(new RegExp(`\\b${name}\\b`))
    }
    // What teams test with is not deployed.
    expect(bundle).not.toContain('createTestAuth0')
  })
})
