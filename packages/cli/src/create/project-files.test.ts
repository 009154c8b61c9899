import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ts from 'typescript'
import { afterAll, describe, expect, it } from 'vitest'
import { UsageError } from '../errors.ts'
import { type Choices, DEFAULTS, EXTRA_NAMES, EXTRAS, forExtras } from './choices.ts'
import { projectFiles } from './project-files.ts'

const choices = (given: Partial<Choices> = {}): Choices => ({ ...DEFAULTS, name: 'acme', ...given })

const VARIANTS: readonly (readonly [what: string, choices: Choices])[] = [
  ['by default', choices()],
  ['with the gateway alone', choices({ service: false })],
  ['with HS512', choices({ algorithm: 'HS512' })],
  ...EXTRA_NAMES.map((name) => [`with ${name}`, choices({ [name]: true })] as const),
  ['with everything and HS512', choices({ ...forExtras(() => true), algorithm: 'HS512' })],
  ['with pnpm', choices({ installer: 'pnpm' })],
  ['with the gateway alone and HS512', choices({ service: false, algorithm: 'HS512' })],
]

/** What a JSONC file says. */
function parse(text: string | undefined): unknown {
  const { config, error } = ts.parseConfigFileTextToJson('wrangler.jsonc', text ?? '') as {
    readonly config: unknown
    readonly error?: ts.Diagnostic
  }
  expect(error).toBeUndefined()
  return config
}

const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')

describe.each(VARIANTS)('a project %s', (_, chosen) => {
  const files = projectFiles(chosen)

  it('has no mark and no name of the template left', () => {
    for (const [path, text] of files) {
      expect(text, path).not.toMatch(/^ *(?:\/\/|#|<!--) (?:if: [\w-]+|end)(?: -->)?$/m)
      expect(text, path).not.toContain('my-system')
      expect(text, path).toMatch(/\n$/)
    }
  })

  it('has configurations that can be read, and hold no key of one name twice', () => {
    const configs = [...files].filter(([path]) => path.endsWith('wrangler.jsonc'))
    expect(configs.length).toBeGreaterThan(0)
    for (const [, text] of configs) parse(text)
  })

  it('imports no package that it does not depend on', () => {
    const { dependencies, devDependencies } = JSON.parse(files.get('package.json') ?? '') as {
      readonly dependencies: object
      readonly devDependencies: object
    }
    const imported = [...files.values()].flatMap((text) =>
      [...text.matchAll(/^import .* from '([^'.][^']*)'/gm)].map(([, specifier = '']) =>
        packageOf(specifier),
      ),
    )
    expect(imported.length).toBeGreaterThan(0)
    const known = Object.keys({ ...dependencies, ...devDependencies })
    expect([...new Set(imported)].filter((name) => !known.includes(name))).toEqual([])
    // And no package that only another variant needs.
    const used = [...new Set(imported)]
    expect(Object.keys(dependencies).filter((name) => !used.includes(name))).toEqual([])
  })
})

it('is of the files that its choices name, and no others', () => {
  const always = [
    '.github/workflows/deploy.yml',
    '.gitignore',
    'README.md',
    'eslint.config.js',
    'gateway/gateway.config.ts',
    'gateway/index.ts',
    'gateway/wrangler.jsonc',
    'package.json',
    'test/gateway.test.ts',
    'tsconfig.json',
  ]
  const service = (folder: string): readonly string[] => [
    `services/${folder}/index.ts`,
    `services/${folder}/wrangler.jsonc`,
    `test/${folder}.test.ts`,
  ]
  expect([...projectFiles(choices({ service: false })).keys()].sort()).toEqual(always)
  expect([...projectFiles(choices()).keys()].sort()).toEqual([...always, ...service('reports')].sort())
  for (const name of EXTRA_NAMES) {
    expect([...projectFiles(choices({ [name]: true })).keys()].sort()).toEqual(
      [...always, ...service('reports'), ...service(EXTRAS[name].folder)].sort(),
    )
  }
})

it('lets pnpm build what has to be built, and installs with it in the workflow', () => {
  const [byNpm, byPnpm] = (['npm', 'pnpm'] as const).map((installer) => projectFiles(choices({ installer })))
  expect(byPnpm?.get('pnpm-workspace.yaml')).toContain('workerd: true')
  expect(byPnpm?.get('.github/workflows/deploy.yml')).not.toContain('npm ci')
  expect(byNpm?.get('.github/workflows/deploy.yml')).not.toContain('pnpm')
})

it('keeps secrets and state out of git', () => {
  const ignored = projectFiles(choices()).get('.gitignore')?.split('\n')
  expect(ignored).toEqual(expect.arrayContaining(['node_modules/', '.dev.vars*', '.sealgate/']))
})

it('has secrets for HS512 by one name at both sides, and one for each audience', () => {
  const files = projectFiles(choices({ ...forExtras(() => true), algorithm: 'HS512' }))
  interface Config {
    readonly env: Readonly<Record<string, { readonly vars: Readonly<Record<string, unknown>> }>>
  }
  const gateway = parse(files.get('gateway/wrangler.jsonc')) as Config
  for (const env of ['production', 'staging', 'dev']) {
    const byAudience = gateway.env[env]?.vars.JWT_SECRETS_BY_AUDIENCE as Readonly<Record<string, string>>
    expect(new Set(Object.values(byAudience)).size).toBe(1 + EXTRA_NAMES.length)
    for (const [service, names] of Object.entries(byAudience)) {
      const config = parse(files.get(`services/${service}/wrangler.jsonc`)) as Config
      expect(config.env[env]?.vars).toMatchObject({ JWT_AUD: service, JWT_SECRET_NAME: names })
    }
  }
})

describe('with tarballs in place of the registry’s packages', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sealgate-packages-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  it('installs each of ours from there, for others of ours too', () => {
    for (const name of ['sealgate-gateway', 'sealgate-kit', 'kit-keygen', 'sealgate']) {
      writeFileSync(join(folder, `${name}-1.2.3.tgz`), '')
    }
    const manifest = JSON.parse(projectFiles(choices(), folder).get('package.json') ?? '') as object
    expect(manifest).toMatchObject({
      dependencies: { '@sealgate/kit': `file:${folder}/sealgate-kit-1.2.3.tgz` },
      devDependencies: { sealgate: `file:${folder}/sealgate-1.2.3.tgz` },
      overrides: { 'kit-keygen': `file:${folder}/kit-keygen-1.2.3.tgz` },
    })
  })

  it('says which one is missing', () => {
    rmSync(join(folder, 'sealgate-1.2.3.tgz'))
    expect(() => projectFiles(choices(), folder)).toThrow(
      new UsageError(`${folder} has no tarball of sealgate: npm pack makes it.`),
    )
  })
})
