/** `npm create sealgate` and the Workers of this repository are of one source: these tests hold them equal. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectFiles, withDefaults } from 'sealgate/internal'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import root from '../../package.json' with { type: 'json' }
import consumer from '../../workers/consumer/package.json' with { type: 'json' }

const ROOT = join(import.meta.dirname, '../..')
const TEMPLATE = join(ROOT, 'packages/cli/templates/project')
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')
const files = projectFiles(withDefaults('sealgate', {}))

/** The lines in which our gateway is not a new project's: what is of this repository's folders, names and demo. */
const OF_OURS: readonly (readonly [theirs: string | RegExp, ours: string])[] = [
  ['"../node_modules/', '"../../node_modules/'],
  ['"main": "index.ts"', '"main": "src/index.ts"'],
  ["'./gateway.config.ts'", "'../gateway.config.ts'"],
  ['https://sealgate.internal', 'https://gateway.internal'],
  ['https://sealgate.staging.internal', 'https://gateway.staging.internal'],
  ['https://sealgate.dev.internal', 'https://gateway.internal'],
  ['"SITE_NAME": "sealgate"', '"SITE_NAME": "Sealgate demo"'],
  [
    /\[\n *(\{ "binding": )"REPORTS", "service": "sealgate-reports-(\w+)" \},\n *\]/g,
    '[$1"CONSUMER", "service": "sealgate-consumer-$2" }]',
  ],
  // The limiters of a new project have ids of its own.
  [/"namespace_id": "\d{6}(\d{3})"/g, '"namespace_id": "1$1"'],
]

function asOurs(path: string): string {
  let text = files.get(path) ?? ''
  for (const [theirs, ours] of OF_OURS) {
    text = typeof theirs === 'string' ? text.replaceAll(theirs, ours) : text.replace(theirs, ours)
  }
  return text
}

describe('the gateway of a new project', () => {
  it.each([
    ['gateway/index.ts', 'workers/gateway/src/index.ts'],
    ['gateway/wrangler.jsonc', 'workers/gateway/wrangler.jsonc'],
  ])(
    'has the %s of this repository, word for word, but for the lines that are named here',
    (theirs, ours) => {
      expect(asOurs(theirs)).toBe(read(ours))
    },
  )
})

describe('the service of a new project', () => {
  type Members = Readonly<Record<string, unknown>>
  interface Service extends Members {
    readonly env: Readonly<
      Record<string, Members & { readonly vars: Members; readonly services: readonly Members[] }>
    >
  }
  /** What only the example has: a page, Durable Objects, delegation, a chat, and the folders of this repository. */
  const ONLY_OURS = [
    'assets',
    'durable_objects',
    'migrations',
    'JWT_EXCHANGE_SERVICE_NAME',
    'LOCAL_MODEL_URL',
    '$schema',
    'main',
    'keep_names',
  ]
  const without = (members: Members): Members =>
    Object.fromEntries(Object.entries(members).filter(([name]) => !ONLY_OURS.includes(name)))

  const shared = (jsonc: string): object => {
    const { config } = ts.parseConfigFileTextToJson('wrangler.jsonc', jsonc) as { readonly config: Service }
    const env = Object.entries(config.env).map(([name, { vars, services, ...rest }]) => [
      name,
      {
        ...without(rest),
        vars: without(vars),
        services: services.filter(({ entrypoint }) => entrypoint !== 'Exchange'),
      },
    ])
    return { ...without(config), env: Object.fromEntries(env) as object }
  }

  it('is configured as the example is, but for what only that has', () => {
    const theirs = asOurs('services/reports/wrangler.jsonc').replaceAll(
      'sealgate-reports',
      'sealgate-consumer',
    )
    expect(shared(theirs)).toEqual(shared(read('workers/consumer/wrangler.jsonc')))
  })
})

it('a new project has the tools, and from others the packages, of the versions that are tested here', () => {
  const { dependencies, devDependencies } = JSON.parse(
    readFileSync(join(TEMPLATE, 'package.json'), 'utf8'),
  ) as Record<'dependencies' | 'devDependencies', Readonly<Record<string, string>>>
  const here: Readonly<Record<string, string>> = { ...consumer.dependencies, ...root.devDependencies }
  const ranges = Object.entries({ ...dependencies, ...devDependencies }).filter(
    ([name]) => name in here && !/sealgate/.test(name),
  )
  expect(ranges.map(([name]) => name)).toEqual(
    expect.arrayContaining(['agents', 'hono', 'wrangler', 'vitest', 'typescript']),
  )
  for (const [name, range] of ranges)
    expect(range.replace(/^[~^]/, ''), name).toBe(here[name]?.replace(/^[~^]/, ''))
})

it('its workflow uses the actions that ours use', () => {
  const used = (text = ''): readonly string[] => text.match(/uses: .*/g) ?? []
  const ours = new Set(used(read('.github/workflows/release.yml')))
  const theirs = used(files.get('.github/workflows/deploy.yml'))
  expect(theirs.length).toBeGreaterThan(0)
  expect(theirs.filter((line) => !ours.has(line))).toEqual([])
})
