import type { MeasuredGroup } from './rounds.ts'

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
