import { type Compared, verdict } from '../against/pairs.ts'
import type { ComparedSize } from '../against/compare.ts'
import { count, table } from './report.ts'

const FILES_SHOWN = 5

/** Work before and after: a ratio under 1 is less time. */
export function pairTable(runtime: string, compared: readonly Compared[]): string {
  const interval = (low: number, high: number): string => `${low.toFixed(3)}–${high.toFixed(3)}`
  return table(
    [`${runtime} · work`, 'after / before', '95 % interval', 'control', '95 % interval', ''],
    compared.map((one) => [
      one.work,
      one.ratio.median.toFixed(3),
      interval(one.ratio.low, one.ratio.high),
      one.control.median.toFixed(3),
      interval(one.control.low, one.control.high),
      verdict(one),
    ]),
  )
}

/** Bundles before and after, and below them the files that changed most. */
export function sizeChangeTable(compared: readonly ComparedSize[]): string {
  const rows = compared.flatMap(({ name, before, after, files }) => [
    [
      name,
      before === undefined ? '–' : count(before),
      count(after),
      before === undefined ? 'new' : signed(after - before),
    ],
    ...files
      .slice(0, FILES_SHOWN)
      .map(([file, change]) => [`  ${file}`, '', '', `${signed(change)} minified`]),
  ])
  return table(['bundle, gzip', 'before', 'after', 'change'], rows)
}

function signed(bytes: number): string {
  return bytes > 0 ? `+${count(bytes)}` : count(bytes)
}
