import { appendFileSync } from 'node:fs'

/** One line of the summary of `npm run test:nightly`. */
export interface Metric {
  readonly what: string
  readonly value: string
}

/** Notes a metric for the summary. Elsewhere than in `npm run test:nightly` nobody reads it. */
export function note(what: string, value: string): void {
  const file = process.env.SEALGATE_METRICS
  if (file !== undefined) appendFileSync(file, `${JSON.stringify({ what, value } satisfies Metric)}\n`)
}
