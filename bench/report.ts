import type { Aim } from './aims.ts'
import type { FetchCount } from './fetches.ts'
import type { Hop } from './gateway.ts'
import type { Throughput } from './http.ts'
import type { MeasuredGroup } from './rounds.ts'
import type { Load } from './scale.ts'
import type { Size } from './sizes.ts'
import type { Startup } from './startup.ts'
import type { TokenSize } from './token-size.ts'

/** A table of one group for the terminal and for Markdown. */
export function groupTable(runtime: string, { title, base, measured }: MeasuredGroup): string {
  const jose = measured.find(({ name }) => name === 'jose')
  const heads = [`${runtime} · ${title}`, `× ${base}`, 'quartiles', ...(jose ? ['× jose'] : []), 'µs']
  const rows = measured.map(({ name, nanoseconds, ratio, low, high }) => [
    name,
    figure(ratio),
    `${figure(low)}–${figure(high)}`,
    ...(jose ? [figure(ratio / jose.ratio)] : []),
    figure(nanoseconds / 1000),
  ])
  return table(heads, rows)
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
export function figure(value: number): string {
  const size = Math.abs(value)
  return value.toFixed(size < 0.1 ? 4 : size < 10 ? 2 : size < 100 ? 1 : 0)
}

/** What the kit is held to beside what it reached. */
export function aimTable(aims: readonly Aim[]): string {
  return table(
    ['on workerd, unless it says otherwise', 'jose', 'aim', 'reached', 'met'],
    aims.map(({ work, unit, jose, aim, reached, isMet }) => [
      work,
      jose === undefined ? '–' : figure(jose),
      `${aim} ${unit}`,
      figure(reached),
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
    measured.map(({ app, perSecond, ratio, low, high, cpuMicroseconds, cpuAdded }) => [
      app === 'open' ? 'no guard' : app,
      figure(perSecond),
      figure(ratio),
      `${figure(low)}–${figure(high)}`,
      cpuMicroseconds === null ? '–' : figure(cpuMicroseconds),
      cpuAdded === null ? '–' : figure(cpuAdded),
    ]),
  )
}

export function fetchTable(counts: readonly FetchCount[]): string {
  return table(
    ['workerd · JWKS fetches over a service binding', 'peer', 'fetches', 'verified', 'not verified'],
    counts.map(({ situation, peer, fetches, good, rejected }) => [
      situation,
      peer,
      ...[fetches, good, rejected].map(String),
    ]),
  )
}

export function sizeTable(sizes: readonly Size[]): string {
  return table(
    ['bundle (esbuild, minified)', 'bytes', 'gzip'],
    sizes.map(({ name, minified, gzip }) => [name, String(minified), String(gzip)]),
  )
}

export function startupTable(starts: readonly Startup[]): string {
  return table(
    ['workerd · from its start to the first verified answer', 'ms', 'over empty, ms', 'in CPU, ms'],
    starts.map(({ name, milliseconds, over, cpuOver }) => [
      name,
      figure(milliseconds),
      figure(over),
      cpuOver === null ? '–' : figure(cpuOver),
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
      figure(mean),
      ...[peak, latePeak, plainPeak, plainLatePeak].map((value) => value.toLocaleString('en')),
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
    ['workerd · one request, all warm', 'ms', '× plain forwarding', 'CPU µs'],
    hops.map(({ name, milliseconds, ratio, cpuMicroseconds }) => [
      name,
      figure(milliseconds),
      figure(ratio),
      cpuMicroseconds === null ? '–' : figure(cpuMicroseconds),
    ]),
  )
}
