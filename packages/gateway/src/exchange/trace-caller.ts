import { clientIdOf, subjectKind } from '../auth0/subject.ts'
import type { Trace } from '../observability/trace.ts'

/** Notes who the verified caller is. */
export function traceCaller(
  trace: Trace,
  claims: Readonly<Record<string, unknown>> & { readonly sub: string },
): void {
  trace.subject = claims.sub
  trace.clientId = clientIdOf(claims)
  trace.kind = subjectKind(claims.sub)
}
