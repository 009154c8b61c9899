import { isObject } from '../primitives/json.ts'
import { ClaimsError, ConfigError, KeysUnavailableError } from '../errors.ts'
import type { DelegationRequest } from './delegate.ts'

type Correlation = Readonly<Record<string, string>>

/** The part of the gateway's `Exchange` entrypoint that a kit calls over RPC. */
export interface Exchange {
  delegate(
    token: string,
    request: {
      audience: string
      permissions?: readonly string[]
      roles?: readonly string[]
      ttlSeconds?: number
      jkt?: string
    },
    correlation?: Correlation,
  ): Promise<unknown>
  renew?(token: string, request: { audience: string }, correlation?: Correlation): Promise<unknown>
  /** Gateways have it since 0.2. */
  approve?(
    token: string,
    request: { audience: string; tool: string; args: unknown; permissions?: readonly string[] },
    correlation?: Correlation,
  ): Promise<unknown>
  receipt?(approval: string, request: { outcome: unknown }, correlation?: Correlation): Promise<unknown>
}

/** The one action that a person said yes to. */
export interface ApprovalRequest {
  /** Audience of the service that acts on it: one string. */
  readonly aud: string
  /** What is done: the name that the service knows it by, at most 256 characters. */
  readonly tool: string
  /** What it is done with, as the person read it: any JSON of at most 65 536 characters. */
  readonly args: unknown
  /** Must all be held. Default: all that are held and the audience may carry. */
  readonly permissions?: readonly string[]
  /** The request that is served meanwhile: the gateway's log names it. */
  readonly incoming?: Request
}

/**
 * Has the gateway sign a delegated token. Errors cross RPC as values: only their `code` and `status` count.
 *
 * @param correlation headers for the next hop, of the request that is served meanwhile
 * @param jkt thumbprint of the key that the token is bound to
 * @throws ClaimsError when the gateway rejects what was requested
 * @throws KeysUnavailableError when it cannot be reached, or is not available now
 * @throws ConfigError when it does not know this service
 */
export async function exchangeDelegate(
  exchange: Exchange,
  token: string,
  request: DelegationRequest,
  correlation?: Correlation,
  jkt?: string,
): Promise<string> {
  const { aud, permissions, roles, ttlSeconds } = request
  const requested = {
    audience: aud,
    ...(permissions && { permissions }),
    ...(roles && { roles }),
    ...(ttlSeconds !== undefined && { ttlSeconds }),
    ...(jkt !== undefined && { jkt }),
  }
  return textFrom(
    () =>
      correlation ? exchange.delegate(token, requested, correlation) : exchange.delegate(token, requested),
    'the delegation',
  )
}

/**
 * Has the gateway sign a person's yes.
 *
 * @param token the person's own
 * @throws as {@link exchangeDelegate}
 */
export async function exchangeApprove(
  exchange: Exchange,
  token: string,
  { aud, tool, args, permissions }: ApprovalRequest,
  correlation?: Correlation,
): Promise<string> {
  const requested = { audience: aud, tool, args, ...(permissions && { permissions }) }
  return textFrom(() => exchange.approve?.(token, requested, correlation), 'the approval')
}

/**
 * Has the gateway renew a token that has ended, by an `offline` grant.
 *
 * @throws as {@link exchangeDelegate}
 */
export async function exchangeRenew(
  exchange: Exchange,
  token: string,
  audience: string,
  correlation?: Correlation,
): Promise<string> {
  return textFrom(() => exchange.renew?.(token, { audience }, correlation), 'the renewal')
}

/**
 * Has the gateway sign what came of an approved act.
 *
 * @param approval the token of the approval
 * @returns the receipt, as the gateway gives it
 * @throws as {@link exchangeDelegate}
 */
export async function exchangeReceipt(
  exchange: Exchange,
  approval: string,
  outcome: unknown,
  correlation?: Correlation,
): Promise<Readonly<Record<string, unknown>>> {
  return replyFrom(
    () => exchange.receipt?.(approval, { outcome }, correlation),
    'the receipt',
    ({ receipt }) => (isObject(receipt) ? receipt : undefined),
  )
}

function textFrom(call: () => Promise<unknown> | undefined, what: string): Promise<string> {
  return replyFrom(call, what, ({ token }) => (typeof token === 'string' ? token : undefined))
}

/**
 * Calls the gateway, which signs something.
 *
 * @param what is requested, for messages
 * @param read what it is called for; `undefined` where that is not there
 */
async function replyFrom<Signed>(
  call: () => Promise<unknown> | undefined,
  what: string,
  read: (reply: Readonly<Record<string, unknown>>) => Signed | undefined,
): Promise<Signed> {
  let result: unknown
  try {
    result = await call()
  } catch (cause) {
    throw new KeysUnavailableError('the exchange service could not be reached', 5, { cause })
  }
  const reply: Readonly<Record<string, unknown>> = isObject(result) ? result : {}
  const signed = reply.ok === true ? read(reply) : undefined
  if (signed !== undefined) return signed
  const code = typeof reply.code === 'string' ? reply.code : 'unknown'
  const status = typeof reply.status === 'number' ? reply.status : 500
  if (status === 503) {
    const retryAfter = typeof reply.retryAfter === 'number' ? reply.retryAfter : 5
    throw new KeysUnavailableError(`the exchange service is not available now: ${code}`, retryAfter)
  }
  if (status === 501) {
    throw new ConfigError(
      `${what} needs a gateway that signs with EdDSA: with HS512 nothing proves who approved`,
    )
  }
  if (status >= 500 || status === 403) {
    throw new ConfigError(
      `the exchange service rejected this Worker: ${code}. Does the binding set "entrypoint": "Exchange" and props.service?`,
    )
  }
  throw new ClaimsError(`the exchange service rejected ${what}: ${code}`)
}
