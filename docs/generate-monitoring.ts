import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { METRICS_BLOBS, METRICS_DOUBLES, METRICS_MEANINGS, type MetricsColumn } from '@sealgate/kit/log'
import { tableOf } from './markdown-table.ts'

const DASHBOARD = join(import.meta.dirname, 'guides/monitoring-dashboard.json')

/** What the page needs of the dashboard. */
interface Dashboard {
  readonly panels: readonly {
    readonly title: string
    readonly description: string
    readonly targets: readonly [{ readonly query: string }]
  }[]
}

/** The columns of a data point, and the query of each panel: the blocks of docs/guides/monitoring.md. */
export function monitoringBlocks(): Readonly<Record<string, string>> {
  return { columns: columnTable(), panels: panelSections() }
}

function columnTable(): string {
  const rows = (kind: string, names: readonly MetricsColumn[]): string[][] =>
    names.map((name, index) => [`\`${kind}${index + 1}\``, `\`${name}\``, METRICS_MEANINGS[name]])
  return tableOf(
    ['column', 'named after', 'meaning'],
    [...rows('blob', METRICS_BLOBS), ...rows('double', METRICS_DOUBLES)],
  )
}

function panelSections(): string {
  const { panels } = JSON.parse(readFileSync(DASHBOARD, 'utf8')) as Dashboard
  return panels
    .map(
      ({ title, description, targets: [{ query }] }) => `### ${title}\n\n${description}\n\n${fenced(query)}`,
    )
    .join('\n')
}

/** As it runs without Grafana: its macros written out, for the last hour and by the minute. */
function fenced(query: string): string {
  const sql = query
    .replaceAll('${dataset}', 'sealgate_production')
    .replaceAll('$timeSeries', 'intDiv(toUInt32(timestamp), 60) * 60')
    .replaceAll('$timeFilter', "timestamp > NOW() - INTERVAL '1' HOUR")
    .replaceAll('$interval', '60')
  return `\`\`\`sql\n${sql}\n\`\`\`\n`
}
