import { GatewayError } from '../errors.ts'
import type { Gateway } from '../gateway.ts'
import { rejectForeignForm } from '../http/csrf.ts'
import { readForm } from '../http/form.ts'
import type { Trace } from '../observability/trace.ts'
import { timed } from '../observability/timings.ts'
import { endForProvider } from '../operations/provider-logout.ts'
import { clientIp, limit } from '../rate-limit.ts'
import { checkForm, logoutForm } from './schemas.ts'
import { contextOf } from './session-context.ts'
import { useOnce } from './use-once.ts'

/**
 * `POST /auth/backchannel-logout` (OpenID Connect Back-Channel Logout 1.0 §2.5): the provider says that a session with it is
 * over, or all of a user's. A session that began later than its token was issued stays; with a
 * deny-list, of all of a user's, what began later than it came.
 *
 * @throws GatewayError `invalid_logout_token`, `logout_impossible`, `rate_limited`, `sessions_unavailable`,
 *   `auth0_unavailable`
 */
export async function backchannelLogout(gateway: Gateway, request: Request, trace: Trace): Promise<Response> {
  const { sessions } = contextOf(gateway, request)
  rejectForeignForm(request, gateway.config.corsOrigins)
  // A provider speaks for all of its users, from few addresses.
  await limit(gateway, { ip: clientIp(request, gateway.config.environment) }, 'clients')
  const { logout_token: token } = checkForm(logoutForm, await readForm(request, 'The logout'))
  const result = await timed(trace, 'verify', () => sessions.logoutTokens.verify(token))
  if (!result.ok) throw new GatewayError('invalid_logout_token', { detail: result.rejection })
  const { logout } = result
  trace.subject = logout.sub
  const { jti, until } = logout
  const use = { purpose: 'logout-token', holder: gateway.config.auth0.issuer, jti, until } as const
  const outcome = await useOnce(gateway, use, async () => {
    const count = await endForProvider(gateway, logout)
    const whose = logout.sid === undefined ? 'all of a user' : 'one sid'
    const detail = `${whose}: ${count === undefined ? 'by the deny-list' : `${count} ended`}`
    const { requestId: request_id, traceId: trace_id } = trace
    gateway.logger.event({ event: 'provider_logout', level: 'info', request_id, trace_id, detail })
  })
  if (outcome === 'full') throw new GatewayError('rate_limited', { detail: 'too many logout tokens' })
  if (outcome !== 'first') throw new GatewayError('invalid_logout_token', { detail: 'used' })
  // §2.8.
  return new Response(null, { headers: { 'Cache-Control': 'no-store' } })
}
