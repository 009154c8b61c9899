/** The arrows of the house: the rules hold, and a rule that is broken fails. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { cruise, type IConfiguration, type IReporterOutput } from 'dependency-cruiser'
import { afterAll, describe, expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')
/** Loaded by its path: it is JavaScript, as the tool wants it. */
const { default: rules } = (await import(join(ROOT, '.dependency-cruiser.mjs'))) as {
  readonly default: IConfiguration
}
const folders: string[] = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true })
})

/** The names of the rules that a tree breaks. */
async function broken(baseDir: string, paths: readonly string[]): Promise<readonly string[]> {
  const result: IReporterOutput = await cruise([...paths], {
    ...rules.options,
    ruleSet: rules,
    validate: true,
    baseDir,
    outputType: 'json',
  })
  if (typeof result.output !== 'string') throw new Error('there is no report')
  const { summary } = JSON.parse(result.output) as {
    readonly summary: { readonly violations: readonly { readonly rule: { readonly name: string } }[] }
  }
  return [...new Set(summary.violations.map(({ rule }) => rule.name))]
}

/** A tree of these files, each with its text. */
function tree(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'house-'))
  folders.push(folder)
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return folder
}

it('no import points up, and none goes in a circle', async () => {
  expect(await broken(ROOT, ['packages', 'workers', 'test', 'bench', 'docs'])).toEqual([])
})

it('imports that point down, and of a package by its name, are let through', async () => {
  const folder = tree({
    'packages/kit/src/index.ts': "export { one } from './kit/a.ts'\n",
    'packages/kit/src/kit/a.ts': "export { one } from '../keys/b.ts'\n",
    'packages/kit/src/keys/b.ts': "export { one } from './c.ts'\n",
    'packages/kit/src/keys/c.ts': 'export const one = 1\n',
    'workers/consumer/src/index.ts': "export { one } from '@sealgate/kit'\n",
  })
  expect(await broken(folder, ['packages', 'workers'])).toEqual([])
})

describe('the import rules notice', () => {
  const file = (text = ''): string => `${text}\nexport const one = 1\n`
  it.each<[what: string, files: Record<string, string>, rule: string]>([
    [
      'an import that points up',
      {
        'packages/kit/src/keys/a.ts': file(
          `import { one as two } from '../kit/b.ts'\nexport const three = two`,
        ),
        'packages/kit/src/kit/b.ts': file(),
      },
      'packages/kit: keys/ imports down only',
    ],
    [
      'an import of a type that points up',
      {
        'packages/kit/src/jose/a.ts': file(`import type { B } from '../tokens/b.ts'\nexport type A = B`),
        'packages/kit/src/tokens/b.ts': `export type B = string\n`,
      },
      'packages/kit: jose/ imports down only',
    ],
    [
      'a circle of types',
      {
        'packages/kit/src/keys/a.ts': `import type { B } from './b.ts'\nexport type A = B | string\n`,
        'packages/kit/src/keys/b.ts': `import type { A } from './a.ts'\nexport type B = A | number\n`,
      },
      'no circles',
    ],
    [
      'rooms of one floor that import each other',
      {
        'packages/kit/src/hono/a.ts': file(`export { one as two } from '../agents/b.ts'`),
        'packages/kit/src/agents/b.ts': file(),
      },
      'packages/kit: hono/ imports down only',
    ],
    [
      'a new file at the top of src',
      {
        'packages/kit/src/stray.ts': file(`export { one as two } from './keys/b.ts'`),
        'packages/kit/src/keys/b.ts': file(),
      },
      'packages/kit: every file is in a room',
    ],
    [
      'another package’s src',
      {
        'packages/gateway/src/app.ts': file(`export { one as two } from '../../kit/src/keys/b.ts'`),
        'packages/kit/src/keys/b.ts': file(),
      },
      'packages are imported by name',
    ],
    [
      'what another package built, by its path',
      {
        'test/a.test.ts': file(`export { one as two } from '../packages/kit/dist/b.js'`),
        'packages/kit/dist/b.js': file(),
      },
      'packages are imported by name',
    ],
    [
      'a dependency of the kit’s core',
      {
        'packages/kit/src/keys/a.ts': file(`export { one as two } from 'jose'`),
        'node_modules/jose/package.json': '{ "name": "jose", "version": "6.0.0", "main": "dist/index.js" }',
        'node_modules/jose/dist/index.js': file(),
      },
      'packages/kit: the core has no dependency',
    ],
    [
      'wrangler outside of its room',
      {
        'packages/cli/src/deploy/a.ts': file(`export { one as two } from 'wrangler'`),
        'node_modules/wrangler/package.json':
          '{ "name": "wrangler", "version": "4.0.0", "main": "dist/index.js" }',
        'node_modules/wrangler/dist/index.js': file(),
      },
      'wrangler is run in one place',
    ],
    [
      'a library that imports a configuration',
      {
        'packages/gateway/src/app.ts': file(
          `export { one as two } from '../../../workers/gateway/gateway.config.ts'`,
        ),
        'workers/gateway/gateway.config.ts': file(),
      },
      'no library imports a configuration',
    ],
  ])('%s', async (_, files, rule) => {
    const roots = new Set(Object.keys(files).map((path) => path.split('/')[0] ?? ''))
    expect(await broken(tree(files), [...roots])).toEqual([rule])
  })
})
