import type { MiddlewareHandler } from 'hono'
import { PROBE_PATH } from '../http/probe-path.ts'
import type { Verifier } from '../kit/verifier.ts'
import { guardBy, kitFrom, type Make, reported } from './middleware-by.ts'

/** How `probe` behaves. */
export interface ProbeOptions {
  /** The kit or verifier to use. Default: `c.var.jwt`, else that of `c.env`. */
  readonly kit?: Verifier
}

/** The one implementation of both probes. */
export function probeBy(make: Make<undefined, Verifier>, options: ProbeOptions = {}): MiddlewareHandler {
  const guard = guardBy(make, undefined, options)
  return (c, next) =>
    c.req.method === 'GET' && c.req.path === PROBE_PATH
      ? guard(c, async () => {
          const kit = kitFrom(c, make, options.kit)
          try {
            c.res = await report(kit)
          } catch (error) {
            throw reported(error, kit, c)
          }
        })
      : next()
}

async function report(kit: Verifier): Promise<Response> {
  const { issuer, audiences, verify } = await kit.describe()
  return Response.json(
    { audience: audiences, issuer, kids: verify.kids, jwksAgeSeconds: verify.ageSeconds },
    { headers: { 'Cache-Control': 'no-store' } },
  )
}
