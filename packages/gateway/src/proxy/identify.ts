import { TokenError } from '@sealgate/kit'
import { needAll } from '@sealgate/kit/verify'
import { signingKid } from '@sealgate/kit/gateway'
import type { Route } from '../config/route-table.ts'
import { GatewayError } from '../errors.ts'
import { issue, issueAnonymous, type Issued, rejectRevoked } from '../exchange/issue.ts'
import { type ExchangeRejection, incomingPermissions } from '../exchange/rules.ts'
import { traceCaller } from '../exchange/trace-caller.ts'
import type { Gateway } from '../gateway.ts'
import { timed } from '../observability/timings.ts'
import type { Trace } from '../observability/trace.ts'
import { type Caller, noCredentials } from './caller.ts'

export type RouteWithToken = Exclude<Route, { auth: 'none' }>

interface Identifying {
  readonly headers: Headers
  readonly trace: Trace
  /** No token that was issued for an earlier request. Default false. */
  readonly isFresh?: boolean
}

/**
 * The service's credentials: an internal token in `Authorization`, and on request who the caller is, in words that decide
 * nothing.
 *
 * @throws GatewayError
 */
export async function identify(
  gateway: Gateway,
  caller: Caller | undefined,
  route: RouteWithToken,
  { headers, trace, isFresh = false }: Identifying,
): Promise<Issued> {
  trace.audience = route.audience
  if (caller) traceCaller(trace, caller.claims)
  const issued = await timed(trace, 'policy', () => tokenFor(gateway, caller, route, isFresh))
  trace.issued = issued.token
  headers.set('Authorization', `Bearer ${issued.token}`)
  if (!route.identityHeaders) return issued
  // What a header cannot hold as it is stands in the token alone.
  if (HEADER_TEXT.test(issued.subject)) headers.set('X-User-ID', issued.subject)
  headers.set('X-User-Roles', JSON.stringify(issued.roles))
  return issued
}

/** Visible ASCII, with spaces inside (RFC 9110 §5.5). */
const HEADER_TEXT = /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/

async function tokenFor(
  gateway: Gateway,
  caller: Caller | undefined,
  route: RouteWithToken,
  isFresh: boolean,
): Promise<Issued> {
  if (!caller) return anonymousToken(gateway, route)
  const { audience, grant, require } = route
  const request = { audience, require, ...(grant && { grant }) }
  const kid = await signingKid(gateway.kitFor(audience))
  const key = JSON.stringify([kid, request, caller.token, caller.claims.auth_iat])
  const reused = isFresh ? undefined : gateway.issuedTokens.get(key, gateway.now())
  try {
    await rejectRevoked(gateway, caller.claims, reused?.jti)
    if (reused) return reused
  } catch (error) {
    if (!(error instanceof TokenError)) throw error
    gateway.issuedTokens.delete(key)
    // Either the subject is revoked, or the one token that was to be used again.
    await rejectRevoked(gateway, caller.claims).catch(asInvalidToken)
  }
  const issued = await issue(gateway, caller.claims, request)
  if (!issued.ok) {
    const { rejection: detail } = issued
    if (detail !== 'required_not_held') throw new GatewayError(denialOf(detail), { detail })
    throw new GatewayError('insufficient_scope', { detail, policy: unmetBy(gateway, caller, require) })
  }
  gateway.issuedTokens.set(key, issued, gateway.now())
  return issued
}

/** What a route requires, and what its caller holds. */
function unmetBy(
  { config }: Gateway,
  { claims }: Caller,
  require: readonly string[],
): { rule: string; held: string } {
  const held = incomingPermissions(claims, config)
  return { rule: needAll(...require).words, held: `permissions: ${held.join(', ') || 'none'}` }
}

async function anonymousToken(gateway: Gateway, route: RouteWithToken): Promise<Issued> {
  const isEnough =
    route.auth === 'anonymous' && route.require.every((one) => route.anonymousGrant.includes(one))
  if (!isEnough) throw noCredentials(gateway)
  return issueAnonymous(gateway, route.audience, route.anonymousGrant)
}

function asInvalidToken(error: unknown): never {
  if (error instanceof TokenError) throw new GatewayError('invalid_token', { detail: error.reason })
  throw error
}

/** Audience and grant come from the route: what is rejected beside the rights is the token. */
function denialOf(rejection: ExchangeRejection): 'misconfigured' | 'invalid_token' {
  return rejection === 'unknown_audience' ? 'misconfigured' : 'invalid_token'
}
