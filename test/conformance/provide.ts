import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { TestProject } from 'vitest/node'
import type { Vectors } from './vectors.ts'

/** Public test vectors, unchanged, with their licences (vectors/PROVENANCE.md). */
const FOLDER = join(import.meta.dirname, 'vectors')

/** Mutated tokens for each algorithm: in every run, and in the nightly one. */
const RUNS = 2_000
const NIGHTLY_RUNS = 1_000_000
const IS_NIGHTLY = process.env.SEALGATE_NIGHTLY === '1'

/** The same seed makes the same tokens: `SEALGATE_SEED` repeats a run that failed. */
function seedOf({ SEALGATE_SEED: given }: NodeJS.ProcessEnv): number {
  return given === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(given)
}

/** Returns the vectors to the tests, on Node and in workerd, which reads no files. */
export default function provide(project: TestProject): void {
  project.provide('fuzz', {
    runs: IS_NIGHTLY ? NIGHTLY_RUNS : RUNS,
    seed: seedOf(process.env),
  })
  project.provide('isNightly', IS_NIGHTLY)
  const files = readdirSync(FOLDER, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.json'))
    .map((entry) => join(entry.parentPath, entry.name))
  const vectors: Vectors = Object.fromEntries(
    files.map((file): [string, unknown] => [relative(FOLDER, file), JSON.parse(readFileSync(file, 'utf8'))]),
  )
  project.provide('vectors', vectors)
}
