/** docs/reference/security.md: every class has its row, and every test that it names is there. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { pageOf, ROOT } from '../docs/markdown.ts'
import { attacksOn } from './corpus.ts'
import { eddsaTarget, RFC_8037 } from './targets.ts'

const CORPUS = 'test/security/tokens.test.ts'
const { text } = pageOf('docs/reference/security.md')
const rows = text.split('\n').filter((line) => /^\| (?!--)/.test(line))
const testsIn = (row: string): readonly string[] =>
  [...row.matchAll(/`([\w./-]+\.test\.ts)`/g)].map(([, path = '']) => path)
/** By number. */
const classes = new Map(
  rows.flatMap((row): [number, string][] => {
    const number = /^\| (\d+) \|/.exec(row)?.[1]
    return number === undefined ? [] : [[Number(number), row]]
  }),
)

describe('docs/reference/security.md', () => {
  it('has each of the 58 classes once, in their order', () => {
    expect([...classes.keys()]).toEqual(Array.from({ length: 58 }, (_, index) => index + 1))
    expect(rows.filter((row) => /^\| \d+ \|/.test(row))).toHaveLength(58)
  })

  it('names a test in every row', () => {
    const headings = rows.filter((row) => row.endsWith(' test |'))
    expect(headings.length).toBeGreaterThan(8)
    const without = rows.filter((row) => !headings.includes(row) && testsIn(row).length === 0)
    expect(without).toEqual([])
  })

  it('names tests that are there', () => {
    const named = new Set(rows.flatMap(testsIn))
    expect(named.size).toBeGreaterThan(40)
    expect([...named].filter((path) => !existsSync(join(ROOT, path)))).toEqual([])
  })

  it('names the hostile tokens at each class that they are of, and at no other', async () => {
    const attacks = await attacksOn(eddsaTarget(RFC_8037, { issuer: 'a.b', audience: 'reports', now: 1e9 }))
    const ofTokens = new Set(attacks.map(({ attackClass }) => attackClass))
    const documented = [...classes]
      .filter(([, row]) => testsIn(row).includes(CORPUS))
      .map(([number]) => number)
    // Class 35 is what is said of every one of them.
    expect(documented).toEqual([...ofTokens, 35].sort((one, other) => one - other))
  })
})
