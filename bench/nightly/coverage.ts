/**
 * `npm run test:coverage`: which share of each package's code its own tests reach. What only whole Workers do, in
 * the system tests, is not counted: those run in processes of their own.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { note } from './metrics.ts'

const ROOT = join(import.meta.dirname, '../..')
const PROJECTS = ['kit on Node', 'agents', 'keygen', 'gateway', 'gateway with Durable Objects', 'consumer']

interface Count {
  readonly total: number
  readonly covered: number
}
type Summary = Readonly<Record<string, { readonly lines: Count; readonly branches: Count }>>

const vitest = spawn(
  process.execPath,
  [
    join(ROOT, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--coverage',
    ...PROJECTS.map((name) => `--project=${name}`),
  ],
  { cwd: ROOT, stdio: 'inherit' },
)
const [status] = (await once(vitest, 'exit')) as [number | null]
process.exitCode = status ?? 1

if (status === 0) {
  const summary = JSON.parse(readFileSync(join(ROOT, 'coverage/coverage-summary.json'), 'utf8')) as Summary
  const files = Object.entries(summary).filter(([file]) => file !== 'total')
  const packages = Map.groupBy(files, ([file]) => relative(ROOT, file).split(sep).slice(0, 2).join('/'))
  for (const [name, rows] of packages) {
    const share = (of: 'lines' | 'branches'): string => {
      const [covered, total] = rows.reduce(
        ([sum, all], [, row]) => [sum + row[of].covered, all + row[of].total],
        [0, 0],
      )
      return `${((100 * covered) / total).toFixed(1)} % of ${total} ${of}`
    }
    process.stdout.write(`${name}: ${share('lines')}, ${share('branches')}\n`)
    note(name, `${share('lines')}, ${share('branches')}`)
  }
}
