/** docs/guides/monitoring.md and its dashboard: queries of columns that are there, alerts of panels, and sums that are right. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { EVENTS, METRICS_BLOBS, METRICS_DOUBLES } from '@sealgate/kit/log'
import { describe, expect, it } from 'vitest'
import { pageOf, ROOT } from './markdown.ts'

interface Panel {
  readonly id: number
  readonly title: string
  readonly description: string
  readonly gridPos: { readonly h: number; readonly w: number; readonly x: number; readonly y: number }
  readonly datasource: { readonly uid: string }
  readonly fieldConfig: {
    readonly defaults: {
      readonly thresholds: {
        readonly steps: readonly { readonly color: string; readonly value: number | null }[]
      }
    }
  }
  readonly targets: readonly { readonly query: string }[]
}

interface Dashboard {
  readonly panels: readonly Panel[]
  readonly templating: { readonly list: readonly { readonly name: string }[] }
}

const page = pageOf('docs/guides/monitoring.md').text
const errors = pageOf('docs/reference/errors.md').text
const { panels, templating } = JSON.parse(
  readFileSync(join(ROOT, 'docs/guides/monitoring-dashboard.json'), 'utf8'),
) as Dashboard

const COLUMNS = new Set([
  ...METRICS_BLOBS.map((_, index) => `blob${index + 1}`),
  ...METRICS_DOUBLES.map((_, index) => `double${index + 1}`),
])

/** Cells of the table under a heading. */
function tableUnder(heading: string): readonly (readonly string[])[] {
  const section = page.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
  return section
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .slice(1)
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
}

/** Columns that a query names, and whatever looks like one. */
function columnsOf(query: string): readonly string[] {
  return query.match(/\b(?:blob|double|index)\d+\b/g) ?? []
}

describe('the dashboard', () => {
  it('has panels, each with an id, a title and a place of its own', () => {
    expect(panels.length).toBeGreaterThan(10)
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
    expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length)
    const cells = panels.flatMap(({ gridPos: { h, w, x, y } }) =>
      Array.from({ length: h * w }, (_, cell) => `${x + (cell % w)}, ${y + Math.floor(cell / w)}`),
    )
    expect(new Set(cells).size).toBe(cells.length)
    expect(panels.filter(({ gridPos: { x, w } }) => x + w > 24)).toEqual([])
    expect(panels.filter(({ description }) => description.length < 10)).toEqual([])
  })

  it('asks whoever imports it for the data source and the dataset', () => {
    expect(templating.list.map(({ name }) => name)).toEqual(['datasource', 'dataset'])
    expect(panels.filter(({ datasource }) => datasource.uid !== '${datasource}')).toEqual([])
  })

  const queries = panels.flatMap(({ title, targets }) => targets.map(({ query }) => [title, query] as const))

  it.each(queries)('queries columns of the map alone, weighted by the sampling: %s', (_, query) => {
    expect(columnsOf(query).filter((column) => !COLUMNS.has(column))).toEqual([])
    expect(columnsOf(query).length).toBeGreaterThan(0)
    expect(query).toContain('_sample_interval')
    // A sum or a quantile that is not weighted is wrong as soon as data points are sampled.
    const aggregates = query.match(/\b(?:SUM|sumIf|quantileExactWeighted\([\d.]+\))\([^\n]*/gi) ?? []
    expect(aggregates.length).toBeGreaterThan(0)
    expect(aggregates.filter((one) => !one.includes('_sample_interval'))).toEqual([])
    expect(query).not.toMatch(/\b(?:count|avg|min|max)\(/i)
    expect(query).toMatch(/\nFROM \$\{dataset\}\nWHERE \$timeFilter AND /)
  })

  it('compares with words that lines have', () => {
    const compared = queries.flatMap(([, query]) => [...query.matchAll(/\b(blob\d+) !?= '([^']*)'/g)])
    expect(compared.length).toBeGreaterThan(8)
    const isKnown: Readonly<Record<string, (word: string) => boolean>> = {
      event: (word) => word in EVENTS,
      decision: (word) => ['granted', 'denied', 'failed'].includes(word),
      reason: (word) => errors.includes(`| \`${word}\` |`),
      route: (word) => pageOf('docs/reference/http.md').text.includes(word),
    }
    const wrong = compared.filter(([, column = '', word = '']) => {
      const name = METRICS_BLOBS[Number(column.slice('blob'.length)) - 1] ?? ''
      return word !== '' && isKnown[name]?.(word) !== true
    })
    expect(wrong.map(([text]) => text)).toEqual([])
  })

  it('checks notice a column, a word or a weight that is missing', () => {
    expect(columnsOf('SUM(blob17 + double11) + index1').filter((column) => !COLUMNS.has(column))).toEqual([
      'blob17',
      'double11',
      'index1',
    ])
  })
})

it('the alerts are five, each of a panel, with the threshold that the panel has', () => {
  const alerts = tableUnder('Alerts')
  expect(alerts).toHaveLength(5)
  const wrong = alerts.filter(([name = '', title, when = '', duration, todo = '']) => {
    const panel = panels.find((one) => one.title === title)
    const limits = panel?.fieldConfig.defaults.thresholds.steps.flatMap(({ value }) => value ?? []) ?? []
    return (
      !panel?.description.includes(`Alert ${name.slice(0, 1)}.`) ||
      limits.length !== 1 ||
      !when.includes(String(limits[0])) ||
      !/^\d+ (?:min|h)$/.test(duration ?? '') ||
      todo.length < 30
    )
  })
  expect(wrong).toEqual([])
})

describe('the costs', () => {
  const SECONDS = 30 * 86_400
  const RATES = [100, 10_000, 100_000]

  it.each(tableUnder('Costs'))('of %s are (requests × a request − included) × price', (...cells) => {
    const [item, , each, included, price, ...costs] = cells
    const dollars = RATES.map((rate) => {
      const millions = (rate * SECONDS * Number(each)) / 1e6 - Number(included)
      return Math.round(Math.max(0, millions) * Number(price)).toLocaleString('en')
    })
    expect([item, ...costs]).toEqual([item, ...dollars])
  })

  it('have a row for each thing that the assumptions name', () => {
    const rows = tableUnder('Costs')
    expect(rows.length).toBe(9)
    const each = (item: string): number => Number(rows.find(([name]) => name === item)?.[2])
    const denied = 0.01
    // A line, and a data point, of the gateway and of the service.
    expect(each('Workers Logs')).toBeCloseTo(2 * denied)
    expect(each('Analytics Engine')).toBe(2)
    expect(each('Analytics Engine, 100 grants a point')).toBeCloseTo(2 * (denied + (1 - denied) / 100))
    expect(each('Durable Objects: duration')).toBeCloseTo(each('Durable Objects: requests') * 0.128 * 0.01)
    expect(each('KV: reads')).toBeCloseTo(3 * 2 * 0.1)
  })
})
