import { TokenError } from '@sealgate/kit'
import { GatewayError } from '../errors.ts'
import type { EnterpriseResource } from '../config/enterprise.ts'
import { rejectRevoked } from '../exchange/issue.ts'
import { checkTarget } from '../exchange/target.ts'
import { traceCaller } from '../exchange/trace-caller.ts'
import type { Gateway } from '../gateway.ts'
import type { Form } from '../http/form.ts'
import type { IdentityAssertion } from '../issuers/identity-assertions.ts'
import type { OwnTokens } from '../issuers/own-tokens.ts'
import { timed } from '../observability/timings.ts'
import type { Trace } from '../observability/trace.ts'
import { limit } from '../rate-limit.ts'
import type { Caller } from './admit-client.ts'
import { assertionForm, checkForm } from './schemas.ts'
import { useOnce } from './use-once.ts'

/**
 * The grant of enterprise-managed authorization: an identity provider's assertion for an access token of this gateway
 * (RFC 7523 §2.1, draft-ietf-oauth-identity-assertion-authz-grant). The token is for one resource, and for the client that
 * the assertion names.
 */
export async function grantForAssertion(
  gateway: Gateway,
  form: Form,
  { client, limiter }: Caller,
  trace: Trace,
): Promise<Response> {
  const { assertions, ownTokens } = gateway
  if (!assertions || !ownTokens) throw new GatewayError('unsupported_grant_type')
  // An assertion is no credential of a client: whoever saw it could use it.
  if (client === undefined) throw new GatewayError('invalid_client', { detail: 'no client authentication' })
  const requested = checkForm(assertionForm, form)
  const verdict = await timed(trace, 'verify', () => assertions.verify(requested.assertion))
  if (!verdict.ok) throw new GatewayError('invalid_grant', { detail: verdict.rejection })
  const { assertion } = verdict
  if (assertion.clientId !== client) throw new GatewayError('invalid_grant', { detail: 'another_client' })
  traceCaller(trace, { sub: assertion.sub, client_id: client })
  const resource = resourceOf(gateway, assertion, requested.resource ?? [])
  trace.audience = resource.audience
  checkTarget(resource.audience, gateway.config.exchange.clients.get(client))
  const scope = scopeOf(resource, assertion, requested.scope)
  await limit(gateway, { subject: assertion.sub }, limiter)
  const { sub, authIat } = assertion
  await rejectRevoked(gateway, { sub, auth_iat: authIat }).catch((error: unknown) => {
    if (error instanceof TokenError) throw new GatewayError('invalid_grant', { detail: error.reason })
    throw error
  })
  const kind = gateway.config.agents.has(client) ? 'agent' : 'user'
  const token = { sub, kind, authIat, clientId: client, resource: resource.resource, scope } as const
  const { token: issued, expiresIn } = await issueOnce(gateway, assertion, () => ownTokens.issue(token))
  trace.issued = issued
  return Response.json(
    {
      access_token: issued,
      token_type: 'Bearer',
      expires_in: expiresIn,
      ...(scope.length > 0 && { scope: scope.join(' ') }),
    },
    { headers: { 'Cache-Control': 'no-store', Pragma: 'no-cache' } },
  )
}

/**
 * The one resource that is requested: named by the assertion, and open to its issuer. Without a `resource` of its own a
 * request is for that of the assertion.
 *
 * @throws GatewayError `invalid_target`
 */
function resourceOf(
  { config }: Gateway,
  { iss, resources }: IdentityAssertion,
  requested: readonly string[],
): EnterpriseResource {
  const [name, ...others] = new Set(requested.length > 0 ? requested : resources)
  const found = name === undefined ? undefined : config.enterprise?.resources.get(name)
  if (name === undefined || others.length > 0)
    throw new GatewayError('invalid_target', { detail: 'several resources' })
  if (!resources.includes(name))
    throw new GatewayError('invalid_target', { detail: 'a resource that the assertion does not name' })
  if (!found?.issuers.has(iss))
    throw new GatewayError('invalid_target', { detail: 'a resource that is not open to this issuer' })
  return found
}

/**
 * What is requested, else all that the assertion grants. It grants nothing that the resource does not have.
 *
 * @throws GatewayError `invalid_scope`
 */
function scopeOf(
  { scopes }: EnterpriseResource,
  { scope: granted }: IdentityAssertion,
  requested: string | undefined,
): readonly string[] {
  const known = new Set(scopes)
  if (!granted.every((one) => known.has(one)))
    throw new GatewayError('invalid_scope', { detail: 'a scope that the resource does not have' })
  const wanted = requested?.split(' ').filter((one) => one !== '') ?? granted
  const held = new Set(granted)
  if (!wanted.every((one) => held.has(one)))
    throw new GatewayError('invalid_scope', { detail: 'a scope that the assertion does not grant' })
  return [...new Set(wanted)]
}

type Issued = Awaited<ReturnType<OwnTokens['issue']>>

/**
 * RFC 7523 §3: an assertion counts once.
 *
 * @throws GatewayError `invalid_grant`, `rate_limited`
 */
async function issueOnce(
  gateway: Gateway,
  { iss, jti, until }: IdentityAssertion,
  issue: () => Promise<Issued>,
): Promise<Issued> {
  let issued: Issued | undefined
  const outcome = await useOnce(gateway, { purpose: 'id-jag', holder: iss, jti, until }, async () => {
    issued = await issue()
  })
  if (outcome === 'full')
    throw new GatewayError('rate_limited', { detail: 'too many assertions of one issuer' })
  if (outcome !== 'first' || !issued) throw new GatewayError('invalid_grant', { detail: outcome })
  return issued
}
