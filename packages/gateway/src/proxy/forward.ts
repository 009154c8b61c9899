import { TokenError } from '@sealgate/kit'
import { needAll } from '@sealgate/kit/verify'
import {
  offeredProtocols,
  selectProtocol,
  setSelectedProtocol,
  signingKid,
  TIMED_OUT,
  withDeadline,
} from '@sealgate/kit/gateway'
import { type Caller, callerOf } from './caller.ts'
import { forwardedHeaders, stripResponse } from './headers.ts'
import { adoptResponse, atOrigin } from './origin.ts'
import { originOf } from '../session/cookies.ts'
import { timed } from '../observability/timings.ts'
import type { Trace } from '../observability/trace.ts'
import { traceCaller } from '../exchange/trace-caller.ts'
import { GatewayError } from '../errors.ts'
import { type ExchangeRejection, incomingPermissions } from '../exchange/rules.ts'
import { issue, issueAnonymous, type Issued, rejectRevoked } from '../exchange/issue.ts'
import type { Gateway } from '../gateway.ts'
import { plainPath } from '../http/plain-path.ts'
import type { Route } from '../config/route-table.ts'

type RouteWithToken = Exclude<Route, { auth: 'none' }>

/** Node makes no request of a stream without it (Fetch §5.3); workerd does not read it. */
const STREAMED = { duplex: 'half' }

/**
 * The edge: finds the route, makes a token for its service, and forwards over the binding, or to the origin.
 *
 * @param trace hears of the route and the caller
 * @throws GatewayError
 */
export async function forward(gateway: Gateway, request: Request, trace: Trace): Promise<Response> {
  const { routes, services, cookieNames } = gateway.config
  const path = plainPath(request.url)
  if (path === null) throw new GatewayError('bad_path')
  const match = routes.find(path, request.method)
  if (!match) throw new GatewayError('not_found')
  if ('allow' in match) {
    throw new GatewayError('method_not_allowed', { headers: { Allow: match.allow.join(', ') } })
  }
  const { route } = match
  trace.route = route.match
  const target = route.origin === undefined ? request.url : atOrigin(route.origin, request.url)
  const service = route.origin === undefined ? services.get(route.service) : gateway
  if (!service) throw new GatewayError('misconfigured', { detail: `no service ${route.service}` })
  const headers = forwardedHeaders(request, route, cookieNames)
  const caller =
    route.auth === 'none' ? undefined : await timed(trace, 'verify', () => callerOf(gateway, request))
  if (route.auth !== 'none') {
    trace.audience = route.audience
    if (caller) traceCaller(trace, caller.claims)
    const issued = await timed(trace, 'policy', () => tokenFor(gateway, caller, route))
    trace.issued = issued.token
    identify(headers, route, issued)
  }
  const call = (signal: AbortSignal): Promise<Response> =>
    service.fetch(
      new Request(target, {
        method: request.method,
        headers,
        // RFC 9110 §9.3.1: a body means nothing there, and a request cannot be made with one.
        body: request.method === 'GET' || request.method === 'HEAD' ? null : request.body,
        // A binding's fetch would follow a redirect inside, and turn a POST into a GET.
        redirect: 'manual',
        signal,
        // Cloudflare would keep what its path makes look like a file, and serve it to the next caller.
        ...(route.origin !== undefined && { cache: 'no-store' }),
        ...STREAMED,
      }),
    )
  const received = await timed(trace, 'service', () => withTimeout(route.timeoutMs, call))
  // Headers of a fetched response cannot be changed. A 101 keeps its socket: it is a member of the response.
  const response = new Response(received.body, received)
  stripResponse(response.headers, cookieNames)
  if (route.origin !== undefined) adoptResponse(response.headers, target, originOf(gateway.config, request))
  if (response.status === 101) selectOffered(request, response)
  if (caller?.bySession && !response.headers.has('Cache-Control')) {
    response.headers.set('Cache-Control', 'private, no-store')
  }
  return response
}

/** Visible ASCII, with spaces inside (RFC 9110 §5.5). */
const HEADER_TEXT = /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/

/** The service's credentials; on request also who the caller is, in words that decide nothing. */
function identify(headers: Headers, route: RouteWithToken, issued: Issued): void {
  headers.set('Authorization', `Bearer ${issued.token}`)
  if (!route.identityHeaders) return
  // What a header cannot hold as it is stands in the token alone.
  if (HEADER_TEXT.test(issued.subject)) headers.set('X-User-ID', issued.subject)
  headers.set('X-User-Roles', JSON.stringify(issued.roles))
}

async function tokenFor(
  gateway: Gateway,
  caller: Caller | undefined,
  route: RouteWithToken,
): Promise<Issued> {
  if (!caller) return anonymousToken(gateway, route)
  const { audience, grant, require } = route
  const request = { audience, require, ...(grant && { grant }) }
  const kid = await signingKid(gateway.kitFor(audience))
  const key = JSON.stringify([kid, request, caller.token, caller.claims.auth_iat])
  const reused = gateway.issuedTokens.get(key, gateway.now())
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
  const held = incomingPermissions(claims, config.auth0.rights)
  return { rule: needAll(...require).words, held: `permissions: ${held.join(', ') || 'none'}` }
}

async function anonymousToken(gateway: Gateway, route: RouteWithToken): Promise<Issued> {
  const isEnough =
    route.auth === 'anonymous' && route.require.every((one) => route.anonymousGrant.includes(one))
  if (!isEnough) throw new GatewayError('no_credentials')
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

/**
 * Selects a subprotocol that the client offered: `sealgate` when the service selected none.
 *
 * @throws GatewayError `service_failed` when the service selected what nobody offered: a browser would fail the socket
 */
function selectOffered(request: Request, response: Response): void {
  const { protocol, isForeign } = selectProtocol(response, offeredProtocols(request.headers))
  if (isForeign) {
    response.webSocket?.accept()
    response.webSocket?.close(1002, 'The subprotocol was not offered')
    throw new GatewayError('service_failed', {
      detail: 'the service selected a subprotocol that was not offered',
    })
  }
  setSelectedProtocol(response.headers, protocol)
}

/** Waits for the head of the response; its body may take as long as it accepts. */
async function withTimeout(
  milliseconds: number,
  call: (signal: AbortSignal) => Promise<Response>,
): Promise<Response> {
  const controller = new AbortController()
  const response = await withDeadline(call(controller.signal), milliseconds, controller).catch(
    (cause: unknown) => {
      throw new GatewayError('service_failed', { cause, detail: 'the service threw' })
    },
  )
  if (response !== TIMED_OUT) return response
  throw new GatewayError('service_failed', { detail: `no response within ${milliseconds} ms` })
}
