import { GatewayError } from '../errors.ts'
import type { Gateway } from '../gateway.ts'
import type { Assertion } from '../http/client-assertion.ts'
import { authenticateClient, offersCredentials } from '../http/client-authentication.ts'
import { rejectForeignForm } from '../http/csrf.ts'
import type { Form } from '../http/form.ts'
import { clientIp, limit } from '../rate-limit.ts'
import { originOf } from '../session/cookies.ts'
import { useOnce } from './use-once.ts'

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
 * @throws GatewayError `csrf`, `invalid_client`, `invalid_request`, `rate_limited`
 */
export async function admitClient(gateway: Gateway, request: Request, { parameters }: Form): Promise<Caller> {
  const { environment, exchange, issuer, corsOrigins } = gateway.config
  rejectForeignForm(request, corsOrigins)
  const limiter = offersCredentials(request, parameters) ? 'clients' : 'shared'
  await limit(gateway, { ip: clientIp(request, environment) }, limiter)
  const audiences = [`${originOf(gateway.config, request)}/oauth/token`, issuer]
  const authenticated = await authenticateClient(request, parameters, exchange, audiences, gateway.now())
  const client = authenticated?.client
  await limit(gateway, { client }, limiter)
  if (authenticated?.assertion) await rejectUsed(gateway, authenticated.assertion)
  return { client, limiter }
}

/**
 * An assertion counts once (RFC 7523 §3).
 *
 * @throws GatewayError `invalid_client`, `rate_limited`
 * @throws RevocationUnavailableError
 */
async function rejectUsed(gateway: Gateway, { client, jti, until }: Assertion): Promise<void> {
  const outcome = await useOnce(gateway, { purpose: 'client-assertion', holder: client, jti, until })
  if (outcome === 'full')
    throw new GatewayError('rate_limited', { detail: 'too many assertions of one client' })
  if (outcome === 'first') return
  const where = outcome === 'used' ? 'before' : 'before, elsewhere'
  throw new GatewayError('invalid_client', { detail: `an assertion that was used ${where}` })
}
