import type { Auth0Tokens } from '../auth0/tokens.ts'
import { type ErrorKind, GatewayError } from '../errors.ts'
import type { ActorToken, ExchangeRefusal, SubjectClaims } from '../exchange.ts'
import { type Gateway, mint } from '../gateway.ts'
import { authenticateClient } from './client.ts'
import { readForm } from './form.ts'

const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'
const JWT = 'urn:ietf:params:oauth:token-type:jwt'

/** `POST /oauth/token`: an Auth0 access token for an internal one (RFC 8693 §2). */
export async function exchangeToken(gateway: Gateway, request: Request): Promise<Response> {
  const form = await readForm(request)
  await authenticateClient(request, form, gateway.config.exchange)
  const grantType = form.get('grant_type')
  if (grantType === undefined) throw missing('grant_type')
  if (grantType !== TOKEN_EXCHANGE) throw new GatewayError('unsupported_grant_type')
  if (form.has('resource')) {
    throw new GatewayError('invalid_target', { description: 'Name the target by audience, not by resource' })
  }
  const audience = form.get('audience')
  if (audience === undefined) throw missing('audience')
  if (!gateway.config.audiences.has(audience)) throw new GatewayError('invalid_target')
  const requestedType = form.get('requested_token_type') ?? ACCESS_TOKEN
  if (!isTokenType(requestedType)) {
    throw new GatewayError('invalid_request', { description: 'The requested_token_type is not supported' })
  }

  const subject = await subjectOf(gateway.auth0, form)
  const actor = await actorOf(gateway, form)
  const scope = form
    .get('scope')
    ?.split(' ')
    .filter((one) => one !== '')
  const minted = await mint(gateway, subject, {
    audience,
    ...(scope && { scope }),
    ...(actor && { actor }),
  })
  if (!minted.ok) throw new GatewayError(REFUSALS[minted.refusal], { detail: minted.refusal })

  const { token, expiresIn, permissions } = minted
  return Response.json(
    {
      access_token: token,
      issued_token_type: requestedType,
      token_type: 'Bearer',
      expires_in: expiresIn,
      // RFC 6749 §3.3: a scope is never empty.
      ...(permissions.length > 0 && { scope: permissions.join(' ') }),
    },
    { headers: { 'Cache-Control': 'no-store', Pragma: 'no-cache' } },
  )
}

/** What each refusal of the exchange rules is on the wire. RFC 8693 §2.2.2. */
const REFUSALS: Readonly<Record<ExchangeRefusal, ErrorKind>> = {
  unknown_audience: 'invalid_target',
  scope_not_held: 'invalid_scope',
  roles_not_held: 'invalid_scope',
  required_not_held: 'invalid_scope',
  unknown_subject_kind: 'invalid_subject_token',
  malformed_actor_chain: 'invalid_subject_token',
  actor_chain_too_long: 'invalid_subject_token',
  actor_not_allowed: 'actor_not_allowed',
  may_act_names_another: 'actor_not_allowed',
  expired: 'invalid_subject_token',
}

async function subjectOf(auth0: Auth0Tokens, form: ReadonlyMap<string, string>): Promise<SubjectClaims> {
  const token = form.get('subject_token')
  if (token === undefined) throw missing('subject_token')
  const type = form.get('subject_token_type')
  if (type === undefined) throw missing('subject_token_type')
  if (!isTokenType(type)) {
    throw new GatewayError('invalid_request', { description: 'The subject_token_type is not supported' })
  }
  const result = await auth0.verify(token)
  if (!result.ok) throw new GatewayError('invalid_subject_token', { detail: result.refusal })
  return result.claims
}

async function actorOf(
  { auth0, config }: Gateway,
  form: ReadonlyMap<string, string>,
): Promise<ActorToken | undefined> {
  const token = form.get('actor_token')
  const type = form.get('actor_token_type')
  if (token === undefined && type === undefined) return undefined
  // RFC 8693 §2.1: one without the other is an error.
  if (token === undefined) throw missing('actor_token')
  if (type === undefined) throw missing('actor_token_type')
  if (!isTokenType(type)) {
    throw new GatewayError('invalid_request', { description: 'The actor_token_type is not supported' })
  }
  const result = await auth0.verify(token)
  if (!result.ok) throw new GatewayError('invalid_actor_token', { detail: result.refusal })
  return { iss: config.auth0.issuer, sub: result.claims.sub, exp: result.claims.exp }
}

function isTokenType(type: string): boolean {
  return type === ACCESS_TOKEN || type === JWT
}

function missing(parameter: string): GatewayError {
  return new GatewayError('invalid_request', { description: `The parameter ${parameter} is missing` })
}
