import type { Decision } from '@sealgate/kit'
import type { Context } from 'hono'
import { routePath } from 'hono/route'

/** The reason goes to the log; the caller hears the status only. No token is in a decision. */
export function logDenial(decision: Decision, c: Context): void {
  if (decision.granted) return
  const { status, reason, detail, failed } = decision
  // The pattern, not the path: paths hold names and addresses of people.
  const log = { event: 'rejected', route: routePath(c), requestId: c.req.header('X-Request-Id') }
  console.warn({ ...log, status, reason, detail, failed })
}
