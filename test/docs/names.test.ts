/** Names in the guides are names in the code, and the other way round. */
import { globSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { SECRET_NAMES } from '@sealgate/gateway/config'
import { SUBJECT_CLAIMS } from '@sealgate/kit/gateway'
import { describe, expect, it } from 'vitest'
import { program, textAfterHelp } from '../../docs/generate-commands.ts'
import manifest from '../../packages/kit/package.json' with { type: 'json' }
import { PAGES, pageOf, ROOT } from './markdown.ts'

const read = (pattern: string): string =>
  globSync(pattern, { cwd: ROOT })
    .filter((path) => !path.includes('node_modules') && !path.endsWith('.test.ts'))
    .map((path) => readFileSync(join(ROOT, path), 'utf8'))
    .join('\n')

const kit = read('packages/kit/src/**/*.ts')
const gateway = read('packages/gateway/src/**/*.ts')
const code = [
  ...[kit, gateway, read('workers/consumer/src/**/*.ts'), read('workers/*/wrangler.jsonc')],
  ...[
    read('packages/keygen/src/*.ts'),
    read('packages/cli/src/**/*.ts'),
    read('test/**/*.ts'),
    read('.ci/run'),
  ],
].join('\n')

/** The names of variables in a text: capitals with an underscore. */
const variablesIn = (text: string): ReadonlySet<string> =>
  new Set(text.match(/\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b/g))

describe('variables', () => {
  /** What a recipe calls its own, and what belongs to Cloudflare or Auth0. */
  const OTHERS = [
    'CLOUDFLARE_API_TOKEN',
    'CLOUDFLARE_ACCOUNT_ID',
    'AUTH0_TOKEN',
    'CLIENT_ID',
    'CLIENT_SECRET',
  ]
  /** Another kit's, in docs/guides/migrating.md: we have none of the kind. */
  const THEIRS = ['JWT_JWKS_URL_NAME', 'JWT_PRIVATE_JWK_PATH']
  const OWN = ['REPORTS_SECRET', 'BILLING_SECRET', 'GATEWAY_ADMIN']

  it.each(PAGES.map(({ path, text }) => [path, text] as const))('of %s are in the code', (_, text) => {
    // The kit reads X and, beside it, X_NAME.
    const known = new Set([...variablesIn(code)].flatMap((name) => [name, `${name}_NAME`]))
    expect(
      [...variablesIn(text)].filter(
        (name) => ![...OTHERS, ...THEIRS, ...OWN].includes(name) && !known.has(name),
      ),
    ).toEqual([])
  })

  it('that kit and gateway read are in the table of docs/reference/environment.md', () => {
    const inCode = [
      ...`${kit}\n${gateway}`.matchAll(
        /'((?:JWT|AUTH|AUTH0)_[A-Z0-9_]+)'|^ {2}([A-Z][A-Z0-9_]+): (?:z\.|list|json|flag|seconds|required)/gm,
      ),
    ]
    const names = new Set(inCode.map(([, quoted, member]) => quoted ?? member ?? ''))
    // Set by `npm start` for itself alone.
    for (const name of names) if (name.startsWith('DEV_')) names.delete(name)
    const documented = variablesIn(pageOf('docs/reference/environment.md').text)
    expect(names.size).toBeGreaterThan(40)
    expect([...names].filter((name) => name.includes('_') && !documented.has(name))).toEqual([])
  })
})

describe('errors', () => {
  const page = pageOf('docs/reference/errors.md').text
  const members = (source: string, type: string): readonly string[] => {
    const [, body = ''] = new RegExp(`export type ${type} =([^;]*?)\\n\\n`).exec(source) ?? []
    return [...body.matchAll(/'(\w+)'/g)].map(([, name = '']) => name)
  }

  it.each(['TokenReason', 'KitErrorCode'])('of the kit (%s) are in docs/reference/errors.md', (type) => {
    const names = members(kit, type)
    expect(names.length).toBeGreaterThan(4)
    expect(names.filter((name) => !page.includes(`\`${name}\``))).toEqual([])
  })
})

it('options of createKit are in the table of docs/reference/kit.md', () => {
  const tables = ['verify', 'sign']
    .map((half) => read(`packages/kit/src/config/schema-${half}.ts`))
    .join('\n')
  const options = [...tables.matchAll(/\boption: '([\w.]+)'/g)]
  expect(options.length).toBeGreaterThan(10)
  const page = pageOf('docs/reference/kit.md').text
  const missing = options
    .flatMap(([, option = '']) => option.split('.'))
    .filter((name) => !page.includes(`\`${name}\``))
  expect(missing).toEqual([])
})

it('operations of the operator channel are in docs/reference/http.md', () => {
  const [, union = ''] =
    /operatorRequest = z\.union\(([^]*?)\n\]\)/.exec(read('packages/gateway/src/routes/schemas.ts')) ?? []
  const operations = [...union.matchAll(/operation: z\.(?:literal|enum)\(([^)]*)\)/g)].flatMap(
    ([, names = '']) => names.match(/\w+/g) ?? [],
  )
  expect(operations.length).toBeGreaterThan(5)
  const page = pageOf('docs/reference/http.md').text
  expect(operations.filter((name) => !page.includes(`| \`{ "operation": "${name}"`))).toEqual([])
})

it('members of a route are in the table of docs/guides/gateway.md', () => {
  const schema = read('packages/gateway/src/config/definition-schema.ts')
  const [, blocks = ''] = /(const common = {[^]*)export const routes/.exec(schema) ?? []
  const members = [...blocks.matchAll(/^ {2}(\w+):/gm)].map(([, name = '']) => name)
  expect(members.length).toBeGreaterThan(10)
  const [table = ''] = /\| `match` \|[^]*?\n\n/.exec(pageOf('docs/guides/gateway.md').text) ?? []
  expect(members.filter((name) => !table.includes(`\`${name}\``))).toEqual([])
})

it('every command has an example in its help', () => {
  const { commands } = program()
  expect(commands.length).toBeGreaterThan(10)
  const without = commands.filter((command) => !/^Examples?:\n {2}\S/m.test(textAfterHelp(command)))
  expect(without.map((command) => command.name())).toEqual([])
})

it('secrets of the gateway are the variables that docs/reference/environment.md calls so', () => {
  const documented = [
    ...pageOf('docs/reference/environment.md').text.matchAll(
      /^\| `(\w+)`(?: \(secret\) \|| \| — \| Secret[.])/gm,
    ),
  ].map(([, name = '']) => name)
  // Another name of a secret is no row.
  const aliases = ['AUTH0_SESSION_ENCRYPTION_KEY']
  expect(documented.sort()).toEqual(SECRET_NAMES.filter((name) => !aliases.includes(name)).sort())
})

it('the example’s page explains each claim that the gateway sets or passes on', () => {
  const page = read('workers/consumer/public/app/claims.js')
  const claims = [...SUBJECT_CLAIMS, 'auth_iat', 'act', 'kind', 'permissions', 'roles', 'jti']
  expect(claims.filter((name) => !page.includes(`\n    ${name}: '`))).toEqual([])
})

describe('the kit’s subpaths', () => {
  const exported = Object.keys(manifest.exports)
    .filter((path) => path !== './package.json')
    .map((path) => path.replace('.', '@sealgate/kit'))

  it('stand in the table of its README, no more and no fewer', () => {
    const documented = [...pageOf('packages/kit/README.md').text.matchAll(/^\| `(@sealgate\/kit[^`]*)`/gm)]
    expect(documented.map(([, path]) => path).sort()).toEqual(exported.sort())
  })

  it('are on the documentation site', () => {
    const site = JSON.parse(readFileSync(join(ROOT, 'typedoc.json'), 'utf8')) as {
      readonly entryPoints: readonly string[]
    }
    const sources = Object.values(manifest.exports).flatMap((entry) =>
      typeof entry === 'string'
        ? []
        : [entry.default.replace('./dist', 'packages/kit/src').replace('.js', '.ts')],
    )
    expect([...site.entryPoints].sort()).toEqual(sources.sort())
  })
})

it.each(['packages', 'workers', 'test'])('every folder of %s is on the map in the README', (parent) => {
  const map = pageOf('README.md').blocks.find(({ language }) => language === 'text')?.code ?? ''
  const folders = readdirSync(join(ROOT, parent), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'node_modules')
    .map(({ name }) => name)
  expect(folders.filter((name) => !new RegExp(`\\b${name}\\b`).test(map))).toEqual([])
})
