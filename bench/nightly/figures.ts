import { appendFileSync } from 'node:fs'

/** One line of the summary of `npm run test:long`. */
export interface Figure {
  readonly what: string
  readonly value: string
}

/** Notes a figure for the summary. Elsewhere than in `npm run test:long` nobody asks for it. */
export function note(what: string, value: string): void {
  const file = process.env.SEALGATE_FIGURES
  if (file !== undefined) appendFileSync(file, `${JSON.stringify({ what, value } satisfies Figure)}\n`)
}
