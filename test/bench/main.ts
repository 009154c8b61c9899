import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeFixtures } from './fixtures.ts'
import { type BenchOptions, HELP, readOptions, UsageError } from './options.ts'
import { groupTable } from './report.ts'
import { type MeasuredGroup, measureGroup } from './rounds.ts'
import { nodeRuntime, type Runtime, workerdRuntime } from './runtime.ts'

try {
  const options = readOptions(process.argv.slice(2))
  if (options === 'help') process.stdout.write(HELP)
  else await run(options)
} catch (error) {
  process.stderr.write(`${error instanceof UsageError ? error.message : String(error)}\n`)
  process.exitCode = error instanceof UsageError ? 2 : 1
}

async function run(options: BenchOptions): Promise<void> {
  const fixtures = await makeFixtures()
  const results: Record<string, readonly MeasuredGroup[]> = {}
  for (const [name, start] of Object.entries({ workerd: workerdRuntime, node: nodeRuntime })) {
    if (!options.runtimes.includes(name)) continue
    const runtime = await start(fixtures)
    try {
      results[runtime.name] = await measure(runtime, options)
    } finally {
      await runtime.close()
    }
  }
  mkdirSync(options.out, { recursive: true })
  writeFileSync(join(options.out, 'performance.json'), `${JSON.stringify(results, null, 2)}\n`)
}

async function measure(runtime: Runtime, { only, rounds }: BenchOptions): Promise<readonly MeasuredGroup[]> {
  const measured: MeasuredGroup[] = []
  for (const group of runtime.groups) {
    if (!group.title.includes(only)) continue
    const found = await measureGroup(runtime, group, rounds)
    process.stdout.write(`\n${groupTable(runtime.name, found)}\n`)
    measured.push(found)
  }
  return measured
}
