import type { Budget, Provenance } from './results.ts'
import type { FetchCount } from '../parts/fetches.ts'
import type { Hop } from '../parts/gateway.ts'
import type { Throughput } from '../parts/http.ts'
import type { MeasuredGroup } from '../measure/rounds.ts'
import type { Spread } from '../measure/stats.ts'
import type { TokenMemory } from '../parts/memory.ts'
import type { Load } from '../parts/scale.ts'
import type { Size } from '../parts/sizes.ts'
import type { Startup } from '../parts/startup.ts'
import { budgetedBytes, byteBudget } from '../budgets/bytes.ts'
import type { TokenSize } from '../parts/token-size.ts'

/** A table of one group for the terminal and for Markdown. */
export function groupTable(runtime: string, { title, base, measured }: MeasuredGroup): string {
  const rivals = Object.keys(measured[0]?.over ?? {})
  const heads = [
    `${runtime} · ${title}`,
    `× ${base}`,
    'quartiles',
    ...rivals.flatMap((rival) => [`× ${rival}`, 'quartiles']),
    'µs',
  ]
  const rows = measured.map(({ name, nanoseconds, ratio, over }) => [
    name,
    ...spread(ratio),
    ...rivals.flatMap((rival) => spread(over[rival])),
    rounded(nanoseconds / 1000),
  ])
  return table(heads, rows)
}

/** The middle, and the range around it. */
function spread(found: Spread | null | undefined): readonly [string, string] {
  return found ? [rounded(found.median), `${rounded(found.low)}–${rounded(found.high)}`] : ['–', '–']
}

/** A Markdown table whose columns line up in a terminal too. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = heads.map((head, column) =>
    Math.max(head.length, ...rows.map((row) => row[column]?.length ?? 0)),
  )
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join(' | ')} |`
  const rule = `|${widths.map((width, column) => (column === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`
  return [line(heads), rule, ...rows.map(line)].join('\n')
}

/** A number with as many digits as say something. */
export function rounded(value: number): string {
  const size = Math.abs(value)
  return value.toFixed(size < 0.1 ? 4 : size < 10 ? 2 : size < 100 ? 1 : 0)
}

/** What the kit is held to beside what it reached. */
export function budgetTable(budgets: readonly Budget[]): string {
  return table(
    ['on workerd, unless it says otherwise', 'jose', 'budget', 'reached', 'quartiles', 'met'],
    budgets.map(({ work, unit, jose, budget, reached, quartiles, isMet }) => [
      work,
      jose === undefined ? '–' : rounded(jose),
      `${budget} ${unit}`,
      rounded(reached),
      quartiles === undefined ? '–' : quartiles.map(rounded).join('–'),
      isMet ? 'yes' : 'no',
    ]),
  )
}

export function httpTable(measured: readonly Throughput[]): string {
  return table(
    [
      'workerd · Hono over HTTP, repeated tokens',
      'requests/s',
      '× no guard',
      'quartiles',
      'CPU µs/request',
      'added',
    ],
    measured.map(({ app, perSecond, ratio, cpuMicroseconds, cpuAdded }) => [
      app === 'open' ? 'no guard' : app,
      rounded(perSecond),
      ...spread(ratio),
      cpuMicroseconds === null ? '–' : rounded(cpuMicroseconds),
      cpuAdded === null ? '–' : rounded(cpuAdded),
    ]),
  )
}

export function fetchTable(counts: readonly FetchCount[]): string {
  return table(
    ['workerd · JWKS fetches over a service binding', 'baseline', 'fetches', 'verified', 'not verified'],
    counts.map(({ situation, baseline, fetches, good, rejected }) => [
      situation,
      baseline,
      ...[fetches, good, rejected].map(String),
    ]),
  )
}

export function sizeTable(sizes: readonly Size[]): string {
  return table(
    ['bundle (esbuild, minified)', 'bytes', 'gzip', 'budget', 'left'],
    sizes.map((size) => {
      const budget = byteBudget(size)
      return [
        size.name,
        count(size.minified),
        size.gzip === undefined ? '–' : count(size.gzip),
        budget === undefined ? '–' : count(budget),
        budget === undefined ? '–' : count(budget - budgetedBytes(size)),
      ]
    }),
  )
}

export function fileTable(name: string, files: readonly (readonly [string, number])[]): string {
  const total = files.reduce((sum, [, bytes]) => sum + bytes, 0)
  return table(
    [`${name}, ${files.length} files`, `${count(total)} bytes`],
    files.map(([file, bytes]) => [file, count(bytes)]),
  )
}

/** With a comma for each thousand. */
export function count(value: number): string {
  return value.toLocaleString('en')
}

export function startupTable(starts: readonly Startup[]): string {
  return table(
    [
      'workerd · from its start to the first response',
      'ms',
      'over empty, ms',
      'quartiles',
      'in CPU, ms',
      'quartiles',
    ],
    starts.map(({ name, milliseconds, over, cpuOver }) => [
      name,
      rounded(milliseconds),
      ...spread(over),
      ...spread(cpuOver),
    ]),
  )
}

export function scaleTable(loads: readonly Load[]): string {
  return table(
    [
      'isolates',
      'fetches/s',
      'peak/s',
      'peak/s, last quarter',
      'without early refresh and jitter',
      'last quarter',
    ],
    loads.map(({ isolates, mean, peak, latePeak, plainPeak, plainLatePeak }) => [
      isolates.toLocaleString('en'),
      rounded(mean),
      ...[peak, latePeak, plainPeak, plainLatePeak].map((value) => count(value)),
    ]),
  )
}

export function tokenSizeTable(sizes: readonly TokenSize[]): string {
  return table(
    ['permissions of 16 characters', 'actors', 'bytes of the token'],
    sizes.map(({ permissions, actors, bytes }) => [
      String(permissions),
      String(actors),
      bytes === null ? 'rejected' : bytes.toLocaleString('en'),
    ]),
  )
}

export function gatewayTable(hops: readonly Hop[]): string {
  return table(
    [
      'workerd · one request, all warm',
      'ms',
      '× plain forwarding',
      'quartiles',
      'CPU µs',
      '× plain',
      'quartiles',
    ],
    hops.map(({ name, milliseconds, ratio, cpuMicroseconds, cpuRatio }) => [
      name,
      rounded(milliseconds),
      ...spread(ratio),
      cpuMicroseconds === null ? '–' : rounded(cpuMicroseconds),
      ...spread(cpuRatio),
    ]),
  )
}

export function memoryTable(found: readonly TokenMemory[]): string {
  return table(
    ['Node · heap for each cached token', 'bytes', 'quartiles', 'of the token'],
    found.map(({ name, bytes, tokenBytes }) => [name, ...spread(bytes), rounded(tokenBytes)]),
  )
}

/** What the run was made with, and where: the head of the report. */
export function provenanceLines({ machine, load, versions, made, command }: Provenance): string {
  const programs = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  return [`${machine}; load ${rounded(load)}`, programs.join(', '), `${made}: ${command}`].join('\n')
}
