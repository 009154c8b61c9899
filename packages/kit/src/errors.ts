/** Why a token was rejected. One stable word each; safe to log, never sent to the caller. */
export type TokenReason =
  | 'malformed'
  | 'too_large'
  | 'unsupported_alg'
  | 'unsupported_crit'
  | 'wrong_type'
  | 'missing_kid'
  | 'unknown_kid'
  | 'bad_signature'
  | 'missing_claim'
  | 'invalid_claim'
  | 'wrong_issuer'
  | 'wrong_audience'
  | 'expired'
  | 'not_yet_valid'
  | 'issued_in_future'
  | 'too_old'
  | 'revoked'
  | 'denied_key'
  | 'request_mismatch'
  | 'anonymous'

/** The stable machine-readable codes of every error that the kit throws. */
export type KitErrorCode =
  | 'ERR_CONFIG'
  | 'ERR_CLAIMS'
  | 'ERR_TOKEN'
  | 'ERR_DENIED'
  | 'ERR_CREDENTIALS_GONE'
  | 'ERR_KEYS_UNAVAILABLE'
  | 'ERR_REVOCATION_UNAVAILABLE'

/**
 * Base of every error that the kit throws. `message` is for logs and never holds a token or a secret;
 * {@link KitError.getResponse} is what a caller over HTTP may see.
 */
export abstract class KitError extends Error {
  /** Stable, machine readable. Each subclass also has it as a static member. */
  abstract readonly code: KitErrorCode
  /** The HTTP status that fits this error. */
  abstract readonly status: 400 | 401 | 403 | 500 | 503

  /** The request that a guard or `delegate` threw it for. */
  declare readonly requestId?: string

  /**
   * A response that tells the caller no more than the status does. Hono's default error handler calls it.
   *
   * @param requestId `request_id` of the body. Default: that of the request that it was thrown for
   */
  getResponse(requestId: string | undefined = this.requestId): Response {
    return errorResponse(this.status, SERVER_ERROR, requestId)
  }
}

/** The kit is configured wrongly: the message names the variable and says what to do. Status 500. */
export class ConfigError extends KitError {
  static readonly code = 'ERR_CONFIG'
  override readonly name = 'ConfigError'
  override readonly code: typeof ConfigError.code = ConfigError.code
  override readonly status = 500
}

/** Makes the error for something that is configured or called for, and whose part a verifier was not given. */
export function missingPart(label: string, part: string): ConfigError {
  return new ConfigError(
    `${label} needs the part ${part}: import { ${part} } from '@sealgate/kit/verify', and give { parts: [${part}] }`,
  )
}

/** The calling code requested a token that may not be issued: a bug of the caller's. Status 500. */
export class ClaimsError extends KitError {
  static readonly code = 'ERR_CLAIMS'
  override readonly name = 'ClaimsError'
  override readonly code: typeof ClaimsError.code = ClaimsError.code
  override readonly status = 500
}

/** The token is not acceptable. `reason` says why, for logs; the wire gets one generic text. Status 401. */
export class TokenError extends KitError {
  static readonly code = 'ERR_TOKEN'
  override readonly name = 'TokenError'
  override readonly code: typeof TokenError.code = TokenError.code
  override readonly status = 401
  /** Why the token was rejected. */
  declare readonly reason: TokenReason
  /** A sentence for the log. It never quotes the token. */
  declare readonly detail: string

  constructor(reason: TokenReason, detail: string) {
    super(`${reason}: ${detail}`)
    this.reason = reason
    this.detail = detail
  }

  override getResponse(requestId: string | undefined = this.requestId): Response {
    return invalidToken(requestId)
  }
}

/**
 * The token of a connection is not in memory any more: its Agent slept. Its caller is known, but nothing can be called in
 * their name until the client connects again. Status 401.
 */
export class CredentialsGoneError extends KitError {
  static readonly code = 'ERR_CREDENTIALS_GONE'
  override readonly name = 'CredentialsGoneError'
  override readonly code: typeof CredentialsGoneError.code = CredentialsGoneError.code
  override readonly status = 401

  override getResponse(requestId: string | undefined = this.requestId): Response {
    return invalidToken(requestId)
  }
}

abstract class UnavailableError extends KitError {
  override readonly status = 503
  /** Seconds after which trying again is worth it; sent as `Retry-After`. */
  readonly retryAfterSeconds: number

  constructor(message: string, retryAfterSeconds: number, options?: ErrorOptions) {
    super(message, options)
    this.retryAfterSeconds = Math.max(1, Math.ceil(retryAfterSeconds))
  }

  override getResponse(requestId: string | undefined = this.requestId): Response {
    return errorResponse(503, TEMPORARILY_UNAVAILABLE, requestId, {
      'Retry-After': String(this.retryAfterSeconds),
    })
  }
}

/** The keys to verify with cannot be had now: an outage, not a verdict on the token. Status 503. */
export class KeysUnavailableError extends UnavailableError {
  static readonly code = 'ERR_KEYS_UNAVAILABLE'
  override readonly name = 'KeysUnavailableError'
  override readonly code: typeof KeysUnavailableError.code = KeysUnavailableError.code
}

/** The deny-list cannot be read now and the kit is set to reject in that case. Status 503. */
export class RevocationUnavailableError extends UnavailableError {
  static readonly code = 'ERR_REVOCATION_UNAVAILABLE'
  override readonly name = 'RevocationUnavailableError'
  override readonly code: typeof RevocationUnavailableError.code = RevocationUnavailableError.code
}

/** The error codes of RFC 6750 §3.1. */
export type BearerErrorCode = 'invalid_request' | 'invalid_token' | 'insufficient_scope'

/** A text about a rejection that reaches the wire: the code and one sentence for it, never the reason itself. */
export type WireText<Code extends string = string> = readonly [code: Code, description: string]

// One constant each: a bundle has those alone that it can send.
export const INVALID_REQUEST: WireText<BearerErrorCode> = [
  'invalid_request',
  'The request carries its credentials in a malformed way',
]
export const INVALID_TOKEN: WireText<BearerErrorCode> = [
  'invalid_token',
  'The access token is missing, expired or not acceptable here',
]
export const INSUFFICIENT_SCOPE: WireText<BearerErrorCode> = [
  'insufficient_scope',
  'The access token does not grant what this resource requires',
]
export const CROSS_SITE: WireText = ['csrf', 'The request does not come from a page of this site']
export const TEMPORARILY_UNAVAILABLE: WireText = [
  'temporarily_unavailable',
  'The keys to check the access token are not available; try again shortly',
]
const SERVER_ERROR: WireText = ['server_error', 'The service is misconfigured']

/** A `WWW-Authenticate` value with code and description (RFC 6750 §3). */
export function bearerChallenge([error, description]: WireText<BearerErrorCode>): string {
  return `Bearer error="${error}", error_description="${description}"`
}

/** The JSON error body that the kit responds with: RFC 6750 codes, `Cache-Control: no-store`, and which request it is about. */
export function errorResponse(
  status: number,
  [error, error_description]: WireText,
  request_id?: string,
  headers?: Readonly<Record<string, string>>,
): Response {
  return Response.json(
    { error, error_description, request_id },
    {
      status,
      headers: {
        'Cache-Control': 'no-store',
        ...(request_id !== undefined && { 'X-Request-Id': request_id }),
        ...headers,
      },
    },
  )
}

function invalidToken(requestId: string | undefined): Response {
  return errorResponse(401, INVALID_TOKEN, requestId, { 'WWW-Authenticate': bearerChallenge(INVALID_TOKEN) })
}

/** An error as that of one request. Others may wait for the same one: it stays as it is, and what is thrown inherits from it. */
export function errorOf(error: unknown, requestId: string): unknown {
  if (!(error instanceof KitError)) return error
  // On workerd a stack is not inherited.
  return Object.create(error, { requestId: { value: requestId }, stack: { value: error.stack } })
}
