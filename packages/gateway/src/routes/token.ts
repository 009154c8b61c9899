import { TokenError } from '@sealgate/kit'
import { isObject } from '@sealgate/kit/gateway'
import type * as z from 'zod/mini'
import type { Auth0Rejection } from '../auth0/auth0-error.ts'
import type { SubjectClaims } from '../auth0/subject.ts'
import type { Auth0Result } from '../auth0/tokens.ts'
import { verifyBound } from '../dpop/bound-token.ts'
import { timed } from '../observability/timings.ts'
import type { Trace } from '../observability/trace.ts'
import { traceCaller } from '../exchange/trace-caller.ts'
import { type ErrorCode, GatewayError } from '../errors.ts'
import {
  type ActorToken,
  exchange,
  type ExchangeRejection,
  type ExchangeRequest,
  type ExchangeResult,
} from '../exchange/rules.ts'
import { issue, type Issued, rejectRevoked } from '../exchange/issue.ts'
import type { Gateway } from '../gateway.ts'
import { limit } from '../rate-limit.ts'
import { checkTarget, targetOf } from '../exchange/target.ts'
import { issueTransaction, readContext } from '../exchange/transaction-token.ts'
import { type Form, readForm } from '../http/form.ts'
import { admitClient } from './admit-client.ts'
import { grantForAssertion } from './assertion-grant.ts'
import {
  checkForm,
  type exchangeAnswer,
  exchangeForm,
  JWT_BEARER,
  TOKEN_EXCHANGE,
  TXN_TOKEN,
} from './schemas.ts'

/** `POST /oauth/token`: an Auth0 access token for an internal one (RFC 8693 §2). */
export async function exchangeToken(gateway: Gateway, request: Request, trace: Trace): Promise<Response> {
  const { config } = gateway
  const form = await readForm(request, 'The token exchange', ['resource'])
  const caller = await admitClient(gateway, request, form)
  const { client, limiter } = caller
  if (form.parameters.get('grant_type') === JWT_BEARER) return grantForAssertion(gateway, form, caller, trace)
  const requested = readExchange(form)
  const audience = targetOf({ audience: requested.audience, resources: requested.resource }, config)
  trace.audience = audience
  if (client !== undefined) checkTarget(audience, config.exchange.clients.get(client))

  trace.presented = requested.subject_token
  const subject = await verified(gateway, trace, 'invalid_subject_token', () =>
    verifySubject(gateway, request, requested.subject_token, trace),
  )
  traceCaller(trace, subject)
  await limit(gateway, { subject: subject.sub }, limiter)
  const actor = await actorOf(gateway, trace, requested, subject)
  const scope = requested.scope?.split(' ').filter((one) => one !== '')
  const wanted = { audience, ...(scope && { scope }), ...(actor && { actor }) }
  const { token, expiresIn, permissions } = await timed(trace, 'policy', async () => {
    const issued =
      requested.requested_token_type === TXN_TOKEN
        ? await issueTransactionToken(gateway, subject, wanted, requested, client)
        : await issue(gateway, subject, wanted)
    if (issued.ok) return issued
    throw new GatewayError(REJECTIONS[issued.rejection], { detail: issued.rejection })
  })
  trace.issued = token
  return Response.json(
    {
      access_token: token,
      issued_token_type: requested.requested_token_type,
      token_type: requested.requested_token_type === TXN_TOKEN ? 'N_A' : 'Bearer',
      expires_in: expiresIn,
      // RFC 6749 §3.3: a scope is never empty.
      ...(permissions.length > 0 && { scope: permissions.join(' ') }),
    } satisfies z.input<typeof exchangeAnswer>,
    { headers: { 'Cache-Control': 'no-store', Pragma: 'no-cache' } },
  )
}

type Requested = z.output<typeof exchangeForm>

/** The grant has an error of its own (RFC 6749 §5.2); the rest is the schema's. */
function readExchange(form: Form): Requested {
  const grantType = form.parameters.get('grant_type')
  if (grantType !== undefined && grantType !== TOKEN_EXCHANGE)
    throw new GatewayError('unsupported_grant_type')
  return checkForm(exchangeForm, form)
}

/**
 * A transaction token requests more than an access token (draft-ietf-oauth-transaction-tokens): a workload that is
 * authenticated, and a scope that is named and held.
 */
async function issueTransactionToken(
  gateway: Gateway,
  subject: SubjectClaims,
  wanted: ExchangeRequest,
  requested: Requested,
  workload: string | undefined,
): Promise<TokenAnswer | Denied> {
  if (workload === undefined)
    throw new GatewayError('invalid_client', { detail: 'a txn_token needs a client' })
  if (!wanted.scope || wanted.scope.length === 0) {
    throw new GatewayError('invalid_request', { description: 'The parameter scope is missing' })
  }
  const details = readContext('request_details', requested.request_details)
  const context = readContext('request_context', requested.request_context)
  const exchanged = exchange(subject, wanted, gateway.config, gateway.now())
  if (!exchanged.ok) return exchanged
  const issued = await issueTransaction(gateway, { ...exchanged, workload, details, context })
  return { ok: true, ...issued, permissions: exchanged.claims.permissions }
}

type TokenAnswer = Pick<Issued, 'ok' | 'token' | 'expiresIn' | 'permissions'>
type Denied = Extract<ExchangeResult, { ok: false }>

/** What each rejection of the exchange rules is on the wire. RFC 8693 §2.2.2. */
const REJECTIONS: Readonly<Record<ExchangeRejection, ErrorCode>> = {
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

/** @throws GatewayError of this kind for a token that does not count, or whose subject was revoked after it got it */
async function verified(
  gateway: Gateway,
  trace: Trace,
  rejection: 'invalid_subject_token' | 'invalid_actor_token',
  verify: () => Promise<Auth0Result>,
): Promise<SubjectClaims> {
  return timed(trace, 'verify', async () => {
    const result = await verify()
    if (!result.ok) throw new GatewayError(rejection, { detail: result.rejection })
    await rejectRevoked(gateway, result.claims).catch((error: unknown) => {
      if (error instanceof TokenError) throw new GatewayError(rejection, { detail: error.reason })
      throw error
    })
    return result.claims
  })
}

/** What is wrong with a subject token's binding is wrong with its proof: whoever has the key sends a better one. */
const OF_THE_PROOF: readonly Auth0Rejection[] = ['proof_missing', 'proof_of_another_key', 'not_bound']

/**
 * A subject token that is bound to a key needs the proof of this request (RFC 9449 §5). Whoever sends a proof wants it to
 * count: with a token that is not bound to its key the request is rejected.
 */
async function verifySubject(
  gateway: Gateway,
  request: Request,
  token: string,
  trace: Trace,
): Promise<Auth0Result> {
  const isProven = request.headers.has('DPoP') || gateway.config.variables.DPOP === 'required'
  const result = isProven
    ? await verifyBound(gateway, request, token, { place: 'exchange', trace })
    : await gateway.subjectTokens.verify(token)
  if (result.ok || !OF_THE_PROOF.includes(result.rejection)) return result
  throw new GatewayError('invalid_exchange_proof', { detail: result.rejection })
}

async function actorOf(
  gateway: Gateway,
  trace: Trace,
  requested: Requested,
  { cnf }: SubjectClaims,
): Promise<ActorToken | undefined> {
  const { actor_token: token, actor_token_type: type } = requested
  if (token === undefined && type === undefined) return undefined
  // RFC 8693 §2.1: one without the other is an error.
  if (token === undefined || type === undefined) {
    throw new GatewayError('invalid_request', {
      description: `The parameter ${token === undefined ? 'actor_token' : 'actor_token_type'} is missing`,
    })
  }
  // There is one proof: it is of the subject token's key, and so must the actor's be.
  const isBound = gateway.config.variables.DPOP === 'required'
  const provenKey = isBound && isObject(cnf) && typeof cnf.jkt === 'string' ? cnf.jkt : undefined
  const { iss, sub, exp } = await verified(gateway, trace, 'invalid_actor_token', () =>
    gateway.subjectTokens.verify(token, undefined, provenKey),
  )
  return { iss: String(iss), sub, exp }
}
