import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import type { TestProject } from 'vitest/node'
import type { Vectors } from './vectors.ts'

const ROOT = join(import.meta.dirname, '../..')

/** Public test vectors with licences of their own: read from where they are, never copied here. */
const FOLDER = resolve(ROOT, process.env.SEALGATE_VECTORS ?? '../shared/vectors')

/** Mutated tokens for each algorithm: in every run, and in the long one. */
const RUNS = 10_000
const LONG_RUNS = 1_000_000

/** The same seed gives the same tokens: `SEALGATE_SEED` repeats a run that failed. */
function seedOf({ SEALGATE_SEED: given }: NodeJS.ProcessEnv): number {
  return given === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(given)
}

/** Gives the vectors to the tests, on Node and in workerd, which reads no files. */
export default function provide(project: TestProject): void {
  project.provide('fuzz', {
    runs: process.env.SEALGATE_LONG === '1' ? LONG_RUNS : RUNS,
    seed: seedOf(process.env),
  })
  if (!existsSync(FOLDER)) {
    if (process.env.CI !== undefined) throw new Error('the test vectors are missing: set SEALGATE_VECTORS')
    console.warn('No test vectors (SEALGATE_VECTORS): the conformance tests are skipped.')
    project.provide('vectors', undefined)
    return
  }
  const files = readdirSync(FOLDER, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.json'))
    .map((entry) => join(entry.parentPath, entry.name))
  const vectors: Vectors = Object.fromEntries(
    files.map((file): [string, unknown] => [relative(FOLDER, file), JSON.parse(readFileSync(file, 'utf8'))]),
  )
  project.provide('vectors', vectors)
}
