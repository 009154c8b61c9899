import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkOut } from './against/checkout.ts'
import { compareRuntime, compareSizes, compareStartup } from './against/compare.ts'
import { pairTable, sizeChangeTable } from './reports/against.ts'
import { budgetsOf } from './budgets/budgets.ts'
import { countFetches } from './parts/fetches.ts'
import { type Fixtures, makeFixtures } from './measure/fixtures.ts'
import { measureGateway } from './parts/gateway.ts'
import { measureThroughput } from './parts/http.ts'
import { type BenchOptions, HELP, PAIRS_PER_ROUND, type Part, readOptions, UsageError } from './options.ts'
import { plot } from './reports/plot.ts'
import {
  budgetTable,
  fetchTable,
  fileTable,
  gatewayTable,
  groupTable,
  httpTable,
  memoryTable,
  provenanceLines,
  scaleTable,
  sizeTable,
  startupTable,
  tokenSizeTable,
} from './reports/report.ts'
import { provenance, type Results } from './reports/results.ts'
import { type MeasuredGroup, measureGroup } from './measure/rounds.ts'
import { type Runtime, RUNTIMES } from './measure/runtime.ts'
import { simulateJwksLoad } from './parts/scale.ts'
import { filesIn, measureRooms, measureSizes } from './parts/sizes.ts'
import { measureStartup } from './parts/startup.ts'
import { measureMemory } from './parts/memory.ts'
import { measureTokenSizes } from './parts/token-size.ts'

try {
  const argv = process.argv.slice(2)
  const options = readOptions(argv)
  if (options === 'help') process.stdout.write(HELP)
  else if (options.inside !== undefined) await showInside(options.inside)
  else if (options.against !== undefined) await compare(options.against, options, argv)
  else save(withBudgets(await run(options, argv)), options.out)
} catch (error) {
  process.stderr.write(`${error instanceof UsageError ? error.message : String(error)}\n`)
  process.exitCode = error instanceof UsageError ? 2 : 1
}

/** The kit of this checkout beside that of an earlier one. */
async function compare(ref: string, options: BenchOptions, argv: readonly string[]): Promise<void> {
  const { quick, only, parts, rounds, runtimes } = options
  const fixtures = await makeFixtures()
  const checkout = checkOut(ref)
  const results: Record<string, unknown> = { ...show(provenance(argv, rounds), provenanceLines) }
  show(checkout.commit, (commit) => `before: ${commit}; after: the files here, as they are built`)
  try {
    if (parts.includes('sizes')) results.sizes = show(await compareSizes(checkout.folder), sizeChangeTable)
    if (parts.includes('rounds')) {
      const pairs = rounds * PAIRS_PER_ROUND
      for (const runtime of runtimes) {
        const how = { runtime, only, pairs, milliseconds: quick ? 2 : 8 }
        const found = await compareRuntime(fixtures, checkout.folder, how)
        results[runtime] = show(found, (compared) => pairTable(runtime, compared))
      }
    }
    if (parts.includes('startup')) {
      const found = await compareStartup(fixtures, checkout.folder, { only, pairs: rounds })
      results.startup = show(found, (compared) => pairTable('workerd', compared))
    }
  } finally {
    checkout.remove()
  }
  write(options.out, 'against.json', `${JSON.stringify(results, null, 2)}\n`)
}

async function showInside(name: string): Promise<void> {
  const files = await filesIn(name)
  if (!files) {
    throw new UsageError(`--inside accepts the name of a row of the sizes: npm run bench -- --part sizes`)
  }
  show(files, (found) => fileTable(name, found))
}

async function run(options: BenchOptions, argv: readonly string[]): Promise<Results> {
  const { quick, rounds, parts } = options
  const fixtures = await makeFixtures()
  const has = (part: Part): boolean => parts.includes(part)
  return {
    ...show(provenance(argv, rounds), provenanceLines),
    ...(has('rounds') && { runtimes: await measureRuntimes(fixtures, options) }),
    ...(has('http') && {
      http: show(await measureThroughput(fixtures, { rounds: quick ? 3 : 15, seconds: 1 }), httpTable),
    }),
    ...(has('fetches') && { fetches: show(await countFetches(fixtures), fetchTable) }),
    ...(has('sizes') && { sizes: show([...(await measureSizes()), ...(await measureRooms())], sizeTable) }),
    ...(has('startup') && { startup: show(await measureStartup(fixtures, rounds), startupTable) }),
    ...(has('gateway') && { gateway: show(await measureGateway(rounds), gatewayTable) }),
    ...(has('memory') && { memory: show(await measureMemory(fixtures), memoryTable) }),
    ...(has('scale') && {
      scale: show(simulateJwksLoad(quick ? [10, 1e3, 1e5] : [10, 100, 1e3, 1e4, 1e5, 1e6]), scaleTable),
    }),
    ...(has('scale') && { tokenSizes: show(await measureTokenSizes(fixtures), tokenSizeTable) }),
  }
}

function withBudgets(results: Results): Results {
  const budgets = budgetsOf(results)
  return budgets.length > 0 ? { ...results, budgets: show(budgets, budgetTable) } : results
}

async function measureRuntimes(
  fixtures: Fixtures,
  options: BenchOptions,
): Promise<Readonly<Record<string, readonly MeasuredGroup[]>>> {
  const results: Record<string, readonly MeasuredGroup[]> = {}
  for (const [name, start] of Object.entries(RUNTIMES)) {
    if (!options.runtimes.includes(name)) continue
    const runtime = await start(fixtures)
    try {
      results[runtime.name] = await measureGroups(runtime, options)
    } finally {
      await runtime.close()
    }
  }
  return results
}

async function measureGroups(
  runtime: Runtime,
  { only, rounds, quick }: BenchOptions,
): Promise<readonly MeasuredGroup[]> {
  const measured: MeasuredGroup[] = []
  for (const group of runtime.groups) {
    if (!group.title.includes(only)) continue
    const found = await measureGroup(runtime, group, rounds, quick ? 4 : 8)
    measured.push(show(found, (shown) => groupTable(runtime.name, shown)))
  }
  return measured
}

function show<T>(found: T, tableOf: (found: T) => string): T {
  process.stdout.write(`\n${tableOf(found)}\n`)
  return found
}

function save(results: Results, folder: string): void {
  write(folder, 'performance.json', `${JSON.stringify(results, null, 2)}\n`)
  const [, groups] = Object.entries(results.runtimes ?? {}).find(([name]) => name.startsWith('workerd')) ?? []
  if (groups) write(folder, 'performance.svg', plot(groups))
}

function write(folder: string, file: string, text: string): void {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, file), text)
}
