/** Every block of code in every page compiles, parses, or runs; the few that cannot say why. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { problemOf } from './commands.ts'
import { readJsonc, wranglerProblems } from './json.ts'
import { type Block, PAGES, ROOT } from './markdown.ts'
import { commandsOf } from './shell.ts'
import { compile } from './typescript.ts'

const blocks = PAGES.flatMap((page) => page.blocks)
const checked = blocks.filter(({ marker }) => marker?.kind !== 'from' && marker?.kind !== 'not checked')
const inLanguage = (...languages: readonly string[]): readonly Block[] =>
  checked.filter(({ language }) => languages.includes(language))
const at = ({ page, line }: Block): string => `${page}:${line}`

it('finds the blocks', () => {
  expect(inLanguage('ts').length).toBeGreaterThan(20)
  expect(inLanguage('sh').length).toBeGreaterThan(10)
})

it('knows the language of each, or is told where it comes from', () => {
  // `text` is what a program prints, or a drawing; `sql` is generated from the dashboard, which monitoring.test.ts checks.
  const known = ['ts', 'js', 'json', 'jsonc', 'sh', 'bash', 'text', 'sql']
  expect(checked.filter(({ language }) => !known.includes(language)).map(at)).toEqual([])
})

it('leaves out few, each with its reason', () => {
  const left = blocks.filter(({ marker }) => marker?.kind === 'not checked')
  expect(left.filter(({ marker }) => marker?.kind === 'not checked' && marker.reason.length < 20)).toEqual([])
  expect(left.length).toBeLessThanOrEqual(3)
})

it('compiles every block of TypeScript and JavaScript against the built packages', () => {
  expect(compile(inLanguage('ts', 'js'))).toEqual([])
})

it('puts nothing of a request into the words of a rule, which stand in logs', () => {
  const telling = inLanguage('ts', 'js').filter(({ code }) => /\bwhere\([^\n]*`[^`\n]*\$\{/.test(code))
  expect(telling.map(at)).toEqual([])
})

it('parses every block of JSON; what is of wrangler.jsonc, wrangler knows', () => {
  const problems = inLanguage('json', 'jsonc').flatMap((block) => {
    try {
      const value = block.language === 'json' ? (JSON.parse(block.code) as unknown) : readJsonc(block.code)
      return /^\s*\/\/.*wrangler\.jsonc/.test(block.code) ? wranglerProblems(value) : []
    } catch (error) {
      return [`${at(block)}: ${error instanceof Error ? error.message : String(error)}`]
    }
  })
  expect(problems).toEqual([])
})

it.each(
  blocks.flatMap((block) => (block.marker?.kind === 'from' ? [[block, block.marker.file] as const] : [])),
)('quotes a file word for word: %#', (block, file) => {
  expect(readFileSync(join(ROOT, file), 'utf8')).toContain(block.code)
})

describe('shell', () => {
  let directory = ''
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'sealgate-docs-'))
  })
  afterAll(() => rmSync(directory, { recursive: true, force: true }))

  it('names programs, scripts, subcommands and flags that exist; kit-keygen runs', async () => {
    const problems = await Promise.all(
      inLanguage('sh', 'bash').map(async (block) => {
        const cwd = mkdtempSync(join(directory, 'block-'))
        const found: string[] = []
        // One after the other: a line may need what the one above wrote.
        for (const command of commandsOf(block.code)) {
          const problem = await problemOf(command, cwd)
          if (problem !== undefined) found.push(`${at(block)}: ${problem}`)
        }
        return found
      }),
    )
    expect(problems.flat()).toEqual([])
  })

  it('names them rightly within sentences too', async () => {
    const typed = PAGES.flatMap(({ path, text }) =>
      [...text.matchAll(/`((?:npm|npx) [^`\n…]+)`/g)].map(([, code = '']) => [path, code] as const),
    )
    expect(typed.length).toBeGreaterThan(20)
    const problems = await Promise.all(
      typed.flatMap(([path, code]) =>
        commandsOf(code).map(async (command) => {
          const problem = await problemOf(command)
          return problem === undefined ? [] : [`${path}: ${code}: ${problem}`]
        }),
      ),
    )
    expect(problems.flat()).toEqual([])
  })
})
