/** `npm run test:nightly`: everything that takes too long for every run, one after the other, and a summary of metrics. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Metric } from './metrics.ts'
import { type Step, STEPS } from './steps.ts'

const ROOT = join(import.meta.dirname, '../..')
const HELP = `Usage: npm run test:nightly -- [part …]

Runs the nightly tests, all of them or the parts that are named, and exits with 1 when any promise is broken.

${STEPS.map(({ name, what }) => `  ${name.padEnd(10)}${what}`).join('\n')}
`

interface Outcome {
  readonly step: Step
  readonly passed: boolean
  readonly seconds: number
  readonly metrics: readonly Metric[]
}

const names = process.argv.slice(2)
const unknown = names.find((name) => !STEPS.some((step) => step.name === name))
if (unknown !== undefined) {
  process.stderr.write(unknown === '--help' ? HELP : `There is no part ${unknown}.\n\n${HELP}`)
  process.exitCode = unknown === '--help' ? 0 : 2
} else {
  const steps = STEPS.filter(({ name }) => names.length === 0 || names.includes(name))
  const outcomes: Outcome[] = []
  for (const [index, step] of steps.entries()) {
    say(`\n▶ ${index + 1} of ${steps.length}, ${step.name}: ${step.what} (at most ${step.minutes} min)`)
    outcomes.push(await run(step))
  }
  process.stdout.write(summaryOf(outcomes))
  process.exitCode = outcomes.every(({ passed }) => passed) ? 0 : 1
}

/** Runs a step with its output shown, and collects the metrics that it notes. */
async function run(step: Step): Promise<Outcome> {
  const directory = mkdtempSync(join(tmpdir(), 'sealgate-nightly-'))
  const file = join(directory, 'metrics.jsonl')
  const start = performance.now()
  try {
    const child = spawn(process.execPath, step.args, {
      cwd: ROOT,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, SEALGATE_NIGHTLY: '1', SEALGATE_METRICS: file },
      timeout: step.minutes * 60_000,
    })
    const [status] = (await once(child, 'exit')) as [number | null]
    const seconds = (performance.now() - start) / 1000
    return { step, passed: status === 0, seconds, metrics: readMetrics(file) }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

function readMetrics(file: string): readonly Metric[] {
  if (!existsSync(file)) return []
  const lines = readFileSync(file, 'utf8').trim().split('\n')
  return lines.map((line) => JSON.parse(line) as Metric)
}

function summaryOf(outcomes: readonly Outcome[]): string {
  const lines = outcomes.flatMap(({ step, passed, seconds, metrics }) => [
    `${passed ? 'kept  ' : 'BROKEN'}  ${step.name.padEnd(10)} ${seconds.toFixed(0).padStart(5)} s`,
    ...metrics.map(({ what, value }) => `          ${what}: ${value}`),
  ])
  return `\n${lines.join('\n')}\n`
}

function say(text: string): void {
  process.stderr.write(`${text}\n`)
}
