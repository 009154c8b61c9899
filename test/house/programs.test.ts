/** What a test starts ends with its file: whoever starts something outside says how it ends (test/support/ends.ts). */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { ROOT } from '../support/root.ts'

const STARTS = /\bnew (?:Miniflare|Program)\(|\bcreateTestHarness\(|\bchromium\.launch\(|\bspawn\(/

/** Files that start something which ends by itself, and why. */
const BY_THEMSELVES: Readonly<Record<string, string>> = {
  'test/support/keeper.mjs': 'ends with what it runs, and with who runs it',
}

it('every file of test that starts a program or a Worker says how it ends', () => {
  const files = execFileSync('git', ['ls-files', 'test'], { cwd: ROOT, encoding: 'utf8' }).trim().split('\n')
  const starting = files
    .filter((path) => /[.]m?[jt]s$/.test(path))
    .map((path) => [path, readFileSync(join(ROOT, path), 'utf8')] as const)
    .filter(([, text]) => STARTS.test(text))
  expect(starting.length).toBeGreaterThan(8)
  const silent = starting.filter(([path, text]) => !text.includes('ends(') && !(path in BY_THEMSELVES))
  expect(silent.map(([path]) => path)).toEqual([])
})
