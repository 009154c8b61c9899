import { isObject } from '../primitives/json.ts'
import { ClaimsError, ConfigError, KeysUnavailableError } from '../errors.ts'
import type { DelegationRequest } from './delegate.ts'

/** The part of the gateway's `Exchange` entrypoint that a kit calls over RPC. */
export interface Exchange {
  delegate(
    token: string,
    request: {
      audience: string
      permissions?: readonly string[]
      roles?: readonly string[]
      ttlSeconds?: number
    },
    correlation?: Readonly<Record<string, string>>,
  ): Promise<unknown>
}

/**
 * Has the gateway sign a delegated token. Errors cross RPC as values: only their `code` and `status` count.
 *
 * @param correlation headers for the next hop, of the request that is served meanwhile
 * @throws ClaimsError when the gateway rejects what was requested
 * @throws KeysUnavailableError when it cannot be reached, or is not available now
 * @throws ConfigError when it does not know this service
 */
export async function exchangeDelegate(
  exchange: Exchange,
  token: string,
  request: DelegationRequest,
  correlation?: Readonly<Record<string, string>>,
): Promise<string> {
  const { aud, permissions, roles, ttlSeconds } = request
  let result: unknown
  try {
    const requested = {
      audience: aud,
      ...(permissions && { permissions }),
      ...(roles && { roles }),
      ...(ttlSeconds !== undefined && { ttlSeconds }),
    }
    result = await (correlation
      ? exchange.delegate(token, requested, correlation)
      : exchange.delegate(token, requested))
  } catch (cause) {
    throw new KeysUnavailableError('the exchange service could not be reached', 5, { cause })
  }
  const reply: Readonly<Record<string, unknown>> = isObject(result) ? result : {}
  if (reply.ok === true && typeof reply.token === 'string') return reply.token
  const code = typeof reply.code === 'string' ? reply.code : 'unknown'
  const status = typeof reply.status === 'number' ? reply.status : 500
  if (status === 503) {
    const retryAfter = typeof reply.retryAfter === 'number' ? reply.retryAfter : 5
    throw new KeysUnavailableError(`the exchange service is not available now: ${code}`, retryAfter)
  }
  if (status >= 500 || status === 403) {
    throw new ConfigError(
      `the exchange service rejected this Worker: ${code}. Does the binding set "entrypoint": "Exchange" and props.service?`,
    )
  }
  throw new ClaimsError(`the exchange service rejected the delegation: ${code}`)
}
