import type { Advice } from './advice.ts'
import { type Row, rowsOf, whoOf } from './describe-hop.ts'
import { Gathered } from './gathered.ts'
import { lookInDev } from './look-in-files.ts'
import { headlineOf, type Report, reportOf } from './report.ts'

/** A report in the words that a terminal shows, for a page. */
export interface Explanation {
  readonly request_id: string
  readonly found: boolean
  readonly attempts: readonly {
    readonly headline: string
    readonly hops: readonly { readonly who: string; readonly rows: readonly Row[] }[]
  }[]
  readonly advice: readonly Advice[]
}

/** How often it is looked again for the line of a Worker that has just ended, and how long after, in milliseconds. */
const LOOKS = 5
const LOOK_MS = 200

/**
 * Explains a request of a development system that runs, as `sealgate why` does.
 *
 * @param root of the project
 * @param port the gateway's
 */
export async function explainInDev(root: string, port: string, requestId: string): Promise<Explanation> {
  for (let look = 1; ; look++) {
    const gathered = new Gathered(requestId)
    const report = reportOf(requestId, gathered, await lookInDev({ root }, port, gathered))
    if (isWhole(report) || look === LOOKS) return explanationOf(report)
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
}

/** Each Worker writes its line for itself, and the gateway's is there for whatever it denied or passed on. */
function isWhole({ found, attempts }: Report): boolean {
  const hops = attempts.flatMap((attempt) => attempt.hops)
  return found && hops.some(({ who }) => who === 'gateway') && !attempts.some((one) => one.is_service_silent)
}

function explanationOf({ request_id, found, attempts, advice }: Report): Explanation {
  return {
    request_id,
    found,
    attempts: attempts.map((attempt) => ({
      headline: headlineOf(attempt),
      hops: attempt.hops.map((hop) => ({ who: whoOf(hop), rows: rowsOf(hop) })),
    })),
    advice,
  }
}
