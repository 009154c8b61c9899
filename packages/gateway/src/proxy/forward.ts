import { TokenError } from '@sealgate/kit'
import { signingKid } from '@sealgate/kit/gateway'
import { type Caller, callerOf } from './caller.ts'
import { forwardedHeaders, stripAnswer } from './headers.ts'
import type { Trace } from '../observability/trace.ts'
import { answerProtocol } from './upgrade.ts'
import { GatewayError } from '../errors.ts'
import type { ExchangeRejection } from '../exchange/rules.ts'
import { type Gateway, issue, issueAnonymous, type Issued, rejectRevoked } from '../gateway.ts'
import { plainPath } from './plain-path.ts'
import type { Route } from '../config/route-table.ts'

type RouteWithToken = Exclude<Route, { auth: 'none' }>

/**
 * The edge: finds the route, makes a token for its service, and forwards over the binding.
 *
 * @param trace hears of the route and the caller
 * @throws GatewayError
 */
export async function forward(gateway: Gateway, request: Request, trace: Trace): Promise<Response> {
  const { routes, services } = gateway.config
  const path = plainPath(request.url)
  if (path === null) throw new GatewayError('bad_path')
  const match = routes.find(path, request.method)
  if (!match) throw new GatewayError('not_found')
  if ('allow' in match) {
    throw new GatewayError('method_not_allowed', { headers: { Allow: match.allow.join(', ') } })
  }
  const { route } = match
  trace.route = route.match
  const service = services.get(route.service)
  if (!service) throw new GatewayError('misconfigured', { detail: `no service ${route.service}` })
  const headers = forwardedHeaders(request, route, trace.requestId)
  const caller: Caller = route.auth === 'none' ? { kind: 'nobody' } : await callerOf(gateway, request)
  if (route.auth !== 'none') {
    if (caller.kind === 'subject') trace.subject = caller.claims.sub
    identify(headers, route, await tokenFor(gateway, caller, route))
  }
  const forwarded = new Request(request.url, {
    method: request.method,
    headers,
    body: request.body,
    // A binding's fetch would follow a redirect inside, and turn a POST into a GET.
    redirect: 'manual',
  })
  const answer = await withTimeout(route.timeoutMs, (signal) =>
    service.fetch(new Request(forwarded, { signal })),
  )
  // Headers of a fetched answer cannot be changed. A 101 keeps its socket: it is a member of the answer.
  const response = new Response(answer.body, answer)
  stripAnswer(response.headers)
  if (response.status === 101) answerProtocol(request, response.headers)
  if (caller.kind === 'subject' && caller.bySession && !response.headers.has('Cache-Control')) {
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

async function tokenFor(gateway: Gateway, caller: Caller, route: RouteWithToken): Promise<Issued> {
  if (caller.kind === 'nobody') return anonymousToken(gateway, route)
  const { audience, grant, require } = route
  const request = { audience, require, ...(grant && { grant }) }
  const kid = await signingKid(gateway.kitFor(audience))
  const key = JSON.stringify([kid, request, caller.token])
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
    throw new GatewayError(
      issued.rejection === 'required_not_held' ? 'insufficient_scope' : denialKind(issued.rejection),
      { detail: issued.rejection },
    )
  }
  gateway.issuedTokens.set(key, issued, gateway.now())
  return issued
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
function denialKind(rejection: ExchangeRejection): 'misconfigured' | 'invalid_token' {
  return rejection === 'unknown_audience' ? 'misconfigured' : 'invalid_token'
}

/** Waits for the head of the answer; its body may take as long as it takes. */
async function withTimeout(
  milliseconds: number,
  call: (signal: AbortSignal) => Promise<Response>,
): Promise<Response> {
  const controller = new AbortController()
  let timer: ReturnType<typeof setTimeout> | null = null
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new GatewayError('service_failed', { detail: `no answer within ${milliseconds} ms` }))
      controller.abort()
    }, milliseconds)
  })
  try {
    return await Promise.race([call(controller.signal), timeout])
  } catch (error) {
    if (error instanceof GatewayError) throw error
    throw new GatewayError('service_failed', { cause: error, detail: 'the service threw' })
  } finally {
    clearTimeout(timer)
  }
}
