import { KitError, type KitErrorCode } from '@sealgate/kit'

/** Who rejected: Auth0, or this gateway. */
export type ErrorSource = 'auth0' | 'gateway'

interface Row {
  readonly status: 400 | 401 | 403 | 404 | 405 | 413 | 429 | 431 | 500 | 501 | 502 | 503
  /** `error` on the wire: RFC 6749 §5.2, RFC 6750 §3.1, RFC 8693 §2.2.2, or the gateway's own word. */
  readonly error: string
  /** `error_description` on the wire: printable ASCII without `"` and `\`. It never says what was wrong with a token. */
  readonly description: string
  readonly source: ErrorSource
  /** `WWW-Authenticate`. */
  readonly challenge?: string
  /** Seconds, for `Retry-After`. */
  readonly retryAfter?: number
}

const BAD_TOKEN = 'The access token is missing, expired or not acceptable here'
/** What DPoP proofs may be signed with: asymmetric alone (RFC 9449 §4.3). Challenges name them. */
export const DPOP_ALGS = ['ES256', 'ES384', 'EdDSA', 'Ed25519', 'PS256', 'RS256'] as const

/** `WWW-Authenticate` for who is to send a proof (RFC 9449 §7.1); without an error for who sent nothing at all. */
export function dpopChallenge(error?: string): string {
  const algs = `algs="${DPOP_ALGS.join(' ')}"`
  return error === undefined ? `DPoP ${algs}` : `DPoP error="${error}", ${algs}`
}

const BAD_PROOF = 'The DPoP proof is missing or not acceptable here'
const NEEDS_NONCE = 'The DPoP proof needs the nonce of the header DPoP-Nonce'
const BASIC = 'Basic realm="sealgate", charset="UTF-8"'

/** Every error that this gateway responds with. An error that has no row does not compile. */
const ERRORS = {
  // The exchange endpoint (RFC 6749 §5.2, RFC 8693 §2.2.2)
  invalid_request: row(400, 'invalid_request', 'The request is malformed'),
  request_too_large: row(413, 'invalid_request', 'The request body is too large'),
  invalid_subject_token: row(400, 'invalid_request', 'The subject token is not acceptable'),
  invalid_exchange_proof: row(400, 'invalid_dpop_proof', BAD_PROOF),
  use_exchange_nonce: row(400, 'use_dpop_nonce', NEEDS_NONCE),
  invalid_actor_token: row(400, 'invalid_request', 'The actor token is not acceptable'),
  actor_not_allowed: row(400, 'invalid_request', 'The actor may not act for this subject'),
  invalid_target: row(400, 'invalid_target', 'The requested target is not known here'),
  invalid_scope: row(400, 'invalid_scope', 'The request requests more than the subject token grants'),
  approver_not_allowed: row(400, 'access_denied', 'Only a user approves, by a token of their own'),
  no_proof: row(501, 'not_implemented', 'This gateway signs with HS512, which proves nothing to others'),
  invalid_grant: row(400, 'invalid_grant', 'The assertion is not acceptable'),
  unsupported_grant_type: row(400, 'unsupported_grant_type', 'The grant is not supported here'),
  invalid_client: row(401, 'invalid_client', 'Client authentication failed', { challenge: BASIC }),
  client_not_allowed: row(400, 'unauthorized_client', 'The client may not exchange tokens here'),
  not_renewable: row(400, 'invalid_grant', 'The token cannot be renewed'),
  unauthorized_client: row(403, 'unauthorized_client', 'This caller may not use the entrypoint'),

  // Bearer credentials (RFC 6750 §3.1)
  no_credentials: row(401, 'unauthorized', 'The request needs an access token', { challenge: 'Bearer' }),
  malformed_credentials: row(400, 'invalid_request', 'The credentials are malformed', {
    challenge: 'Bearer error="invalid_request", error_description="The credentials are malformed"',
  }),
  invalid_token: row(401, 'invalid_token', BAD_TOKEN, {
    challenge: `Bearer error="invalid_token", error_description="${BAD_TOKEN}"`,
  }),
  proof_required: row(401, 'invalid_token', BAD_TOKEN, { challenge: dpopChallenge('invalid_token') }),
  invalid_dpop_proof: row(401, 'invalid_dpop_proof', BAD_PROOF, {
    challenge: dpopChallenge('invalid_dpop_proof'),
  }),
  use_dpop_nonce: row(401, 'use_dpop_nonce', NEEDS_NONCE, { challenge: dpopChallenge('use_dpop_nonce') }),
  insufficient_scope: row(403, 'insufficient_scope', 'The access token does not grant this', {
    challenge: 'Bearer error="insufficient_scope"',
  }),

  // Routing
  cookies_too_large: row(431, 'invalid_request', 'The Cookie header is too large'),
  method_unknown: row(501, 'not_implemented', 'The method is not known here'),
  bad_path: row(400, 'invalid_request', 'The path is not in its plain form'),
  not_found: row(404, 'not_found', 'There is nothing here'),
  no_public_keys: row(404, 'not_found', 'This gateway signs with HS512: it has no public keys'),
  method_not_allowed: row(405, 'method_not_allowed', 'The method is not allowed here'),
  service_failed: row(502, 'bad_gateway', 'The service failed to respond'),

  // Sessions
  no_session: row(401, 'unauthorized', 'The request needs a session: log in', { challenge: 'Bearer' }),
  session_expired: row(401, 'session_expired', 'The session has ended: log in again', {
    challenge: 'Bearer',
  }),
  session_lost: row(401, 'unauthorized', 'The login went well, and yet there is no session', {
    challenge: 'Bearer',
  }),
  not_refreshable: row(400, 'not_refreshable', 'This session cannot be refreshed: log in again when it ends'),
  sessions_unavailable: row(503, 'temporarily_unavailable', 'Sessions are not available; try again shortly', {
    retryAfter: 5,
  }),
  session_too_large: row(500, 'session_too_large', 'The session does not fit into a cookie'),
  csrf: row(403, 'csrf', 'The request does not come from a page of this site'),
  invalid_logout_token: row(400, 'invalid_request', 'The logout token is not acceptable'),
  logout_impossible: row(400, 'invalid_request', 'Nothing here can end sessions for the provider'),
  login_failed: row(400, 'login_failed', 'The login could not be completed: start it again'),
  login_expired: row(400, 'login_failed', 'The login took longer than ten minutes: start it again'),
  login_unknown: row(
    400,
    'login_failed',
    'The browser sent no cookie of this login: it is over already, or cookies are blocked',
  ),
  login_denied: row(403, 'access_denied', 'Auth0 rejected the login', { source: 'auth0' }),

  // Limits
  rate_limited: row(429, 'too_many_requests', 'Too many requests; try again later', { retryAfter: 60 }),
  limiter_unavailable: row(503, 'temporarily_unavailable', 'Try again shortly', { retryAfter: 5 }),

  // Readiness
  not_ready: row(503, 'misconfigured', 'The gateway is misconfigured', { retryAfter: 30 }),
  no_signing_key: row(503, 'no_signing_key', 'No key may sign', { retryAfter: 30 }),

  // Outages and faults of our own
  auth0_failed: row(502, 'auth0_unavailable', 'Auth0 failed to respond; try again shortly', {
    source: 'auth0',
    retryAfter: 5,
  }),
  auth0_unavailable: row(503, 'auth0_unavailable', 'Auth0 cannot be reached; try again shortly', {
    source: 'auth0',
    retryAfter: 5,
  }),
  issuer_unavailable: row(
    503,
    'temporarily_unavailable',
    'An identity provider cannot be reached; try again shortly',
    {
      retryAfter: 5,
    },
  ),
  keys_unavailable: row(503, 'temporarily_unavailable', 'Keys are not available; try again shortly', {
    retryAfter: 5,
  }),
  revocation_unavailable: row(503, 'temporarily_unavailable', 'Try again shortly', { retryAfter: 5 }),
  claims_unavailable: row(503, 'temporarily_unavailable', 'Try again shortly', { retryAfter: 5 }),
  claims_invalid: row(500, 'server_error', 'The gateway failed'),
  misconfigured: row(500, 'misconfigured', 'The gateway is misconfigured'),
  internal: row(500, 'server_error', 'The gateway failed'),
} as const satisfies Readonly<Record<string, Row>>

export type ErrorCode = keyof typeof ERRORS

/** The kit's errors: a code that is new in the kit does not compile here. */
const KIT_ERRORS: Readonly<Record<KitErrorCode, ErrorCode>> = {
  ERR_CONFIG: 'misconfigured',
  ERR_CLAIMS: 'internal',
  ERR_TOKEN: 'invalid_token',
  // Agents alone throw these two.
  ERR_DENIED: 'internal',
  ERR_CREDENTIALS_GONE: 'internal',
  ERR_KEYS_UNAVAILABLE: 'keys_unavailable',
  ERR_REVOCATION_UNAVAILABLE: 'revocation_unavailable',
}

/** What the page about a login that failed knows beyond the row. None of it is in JSON or in a log. */
export interface FailedLogin {
  /** Where the login was to end: a path of this site. */
  readonly returnTo: string
  /** How often it was tried, this time included. */
  readonly tries: number
}

export interface GatewayErrorOptions extends ErrorOptions {
  /** A sentence for the log alone: names and reasons, never a token or a secret. */
  readonly detail?: string | undefined
  /** In place of the row's description. Only fixed texts and names of parameters: it goes to the caller. */
  readonly description?: string
  /** More headers for the response. They replace the row's. */
  readonly headers?: Readonly<Record<string, string>>
  /** What was required and not held, and what is, in the words of `explain`: for the log alone. */
  readonly policy?: { readonly rule: string; readonly held: string }
  /** The words in which Auth0 rejected. Anybody's text: for a page alone, escaped. */
  readonly said?: string | undefined
  readonly login?: FailedLogin | undefined
}

/** A rejection or failure that is a row of the table. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError'
  readonly code: ErrorCode
  readonly detail: string | undefined
  readonly description: string | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly policy: GatewayErrorOptions['policy'] | undefined
  readonly said: string | undefined
  readonly login: FailedLogin | undefined

  constructor(code: ErrorCode, options: GatewayErrorOptions = {}) {
    super(options.detail ?? code, options)
    this.code = code
    this.detail = options.detail
    this.description = options.description
    this.headers = options.headers ?? {}
    this.policy = options.policy
    this.said = options.said
    this.login = options.login
  }
}

/** What an error is called here. Whatever is not known is `internal`. */
export function codeOf(error: unknown): ErrorCode {
  if (error instanceof GatewayError) return error.code
  return error instanceof KitError ? KIT_ERRORS[error.code] : 'internal'
}

export function rowOf(code: ErrorCode): Row {
  return ERRORS[code]
}

/** What of an error may stand in a log. */
export interface Problem {
  /** The row of the error table. */
  readonly reason: ErrorCode
  /** What the caller gets. */
  readonly error: string
  /** Why: a stable word, or a sentence of our own. */
  readonly detail?: string | undefined
  /** What was required and not held, and what is. */
  readonly rule?: string | undefined
  readonly held?: string | undefined
}

/** Messages of errors that are not ours stay out of the log: they may quote anything. */
export function problemOf(error: unknown): Problem {
  const reason = codeOf(error)
  const policy = error instanceof GatewayError ? error.policy : undefined
  return { reason, error: rowOf(reason).error, detail: detailOf(error), ...policy }
}

function detailOf(error: unknown): string | undefined {
  if (error instanceof GatewayError) return error.detail
  if (error instanceof KitError) return error.message
  return error instanceof Error ? error.name : typeof error
}

/** Seconds after which trying again is worth it, for errors that pass. */
function retryAfterOf(error: unknown): number | undefined {
  if (
    error instanceof KitError &&
    'retryAfterSeconds' in error &&
    typeof error.retryAfterSeconds === 'number'
  ) {
    return error.retryAfterSeconds
  }
  return rowOf(codeOf(error)).retryAfter
}

/** The response for an error: JSON in the shape of RFC 6749 §5.2, never stored, and the name of who rejected. */
export function errorResponse(error: unknown, requestId: string): Response {
  const { status, error: code, description, source, challenge } = rowOf(codeOf(error))
  const own = error instanceof GatewayError ? error : undefined
  const retryAfter = retryAfterOf(error)
  const body = {
    error: code,
    error_description: own?.description ?? description,
    source,
    request_id: requestId,
  }
  return new Response(JSON.stringify(body), {
    status,
    headers: {
      'Content-Type': 'application/json',
      'Cache-Control': 'no-store',
      Pragma: 'no-cache',
      'X-Error-Source': source,
      ...(challenge !== undefined && { 'WWW-Authenticate': challenge }),
      ...(retryAfter !== undefined && { 'Retry-After': String(retryAfter) }),
      ...own?.headers,
    },
  })
}

/** What an RPC method gives in place of throwing: classes and codes do not cross RPC. */
export interface RpcFailure {
  readonly ok: false
  readonly code: string
  readonly status: number
  /** Seconds. */
  readonly retryAfter?: number
}

export function rpcFailure(error: unknown): RpcFailure {
  const { status, error: code } = rowOf(codeOf(error))
  const retryAfter = retryAfterOf(error)
  return { ok: false, code, status, ...(retryAfter !== undefined && { retryAfter }) }
}

function row(
  status: Row['status'],
  error: string,
  description: string,
  more: Partial<Pick<Row, 'source' | 'challenge' | 'retryAfter'>> = {},
): Row {
  return { status, error, description, source: 'gateway', ...more }
}
