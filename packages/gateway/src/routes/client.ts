import { authenticateClient, offersCredentials } from '../http/client-authentication.ts'
import type { Form } from '../http/form.ts'
import type { Gateway } from '../gateway.ts'
import { clientIp, limit } from '../rate-limit.ts'

/** Who called a route that clients call. */
export interface Caller {
  /** `undefined`: nobody in particular. */
  readonly client: string | undefined
  /** What counts it, and whom it speaks for: a service calls for many, and often. */
  readonly limiter: 'shared' | 'clients'
}

/**
 * Authenticates the client of a request, and counts it. Its address is counted before, so that nobody guesses secrets
 * without a limit: by the limiter of clients where credentials came, whether they are good or not.
 *
 * @throws GatewayError `invalid_client`, `invalid_request`, `rate_limited`
 */
export async function admitClient(gateway: Gateway, request: Request, { parameters }: Form): Promise<Caller> {
  const { environment, exchange } = gateway.config
  const limiter = offersCredentials(request, parameters) ? 'clients' : 'shared'
  await limit(gateway, { ip: clientIp(request, environment) }, limiter)
  const client = await authenticateClient(request, parameters, exchange)
  await limit(gateway, { client }, limiter)
  return { client, limiter }
}
