import { randomBytes } from 'node:crypto'
import type { Context, ErrorOut } from 'oidc-provider'

/** Status and JSON body of an answer. */
export interface Answer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

/** An error as Auth0 words it. The bodies are what its clients see, so they are kept to the letter. */
export interface Auth0Error extends Answer {
  readonly body: { readonly error: string; readonly error_description: string } & Readonly<
    Record<string, string>
  >
}

export const say = (status: number, error: string, error_description: string, more = {}): Auth0Error => ({
  status,
  body: { error, error_description, ...more },
})

export const wrongPassword = say(403, 'invalid_grant', 'Wrong email or password.')
export const blockedUser = say(401, 'unauthorized', 'user is blocked')
export const tooManyAttempts = say(
  429,
  'too_many_attempts',
  "Your account has been blocked after multiple consecutive login attempts. We've sent you an email with instructions on how to unblock it.",
)
export const mfaRequired = (): Auth0Error =>
  say(403, 'mfa_required', 'Multifactor authentication required', {
    mfa_token: `Fe26.2*${randomBytes(48).toString('base64url')}`,
  })
export const unknownConnection = say(400, 'invalid_request', 'the connection was not found')
export const missingParameter = (name: string): Auth0Error =>
  say(400, 'invalid_request', `Missing required parameter: ${name}`)
export const noAudience = say(
  403,
  'access_denied',
  'No audience parameter was provided, and no default audience has been configured',
)
export const unknownAudience = (audience: string): Auth0Error =>
  say(403, 'access_denied', `Service not found: ${audience}`)
export const noClientGrant = (audience: string): Auth0Error =>
  say(
    403,
    'access_denied',
    `Client is not authorized to access "${audience}". You need to create a "client-grant" associated to this API. See: https://auth0.com/docs/api/v2#!/Client_Grants/post_client_grants`,
  )
export const scopesNotGranted = (scopes: readonly string[]): Auth0Error =>
  say(403, 'access_denied', `Client has not been granted scopes: ${scopes.join(', ')}`)
export const malformedJson = say(400, 'invalid_request', 'The body is not a JSON object of strings')
export const bodyTooLarge = say(413, 'invalid_request', 'The body is too large')

export function answer(ctx: Context, { status, body }: Answer): void {
  ctx.status = status
  ctx.body = body
}

/** One row: when oidc-provider says this, Auth0 says that. `undefined` in a row stands for anything. */
interface Translation {
  readonly error: string
  readonly grantType?: string
  readonly description?: RegExp
  readonly detail?: RegExp
  readonly to: (grantType: string) => Auth0Error
}

const TRANSLATIONS: readonly Translation[] = [
  { error: 'invalid_client', to: () => say(401, 'access_denied', 'Unauthorized') },
  {
    error: 'unsupported_grant_type',
    to: (grantType) => say(403, 'unsupported_grant_type', `Unsupported grant type: ${grantType}`),
  },
  {
    error: 'invalid_request',
    description: /grant type is not allowed/,
    to: (grantType) =>
      say(403, 'unauthorized_client', `Grant type '${grantType}' not allowed for the client.`, {
        error_uri: 'https://auth0.com/docs/clients/client-grant-types',
      }),
  },
  {
    error: 'invalid_grant',
    grantType: 'refresh_token',
    to: () => say(403, 'invalid_grant', 'Unknown or invalid refresh token.'),
  },
  {
    error: 'invalid_grant',
    grantType: 'authorization_code',
    detail: /PKCE/,
    to: () => say(403, 'invalid_grant', 'Failed to verify code verifier'),
  },
  {
    error: 'invalid_grant',
    grantType: 'authorization_code',
    to: () => say(403, 'invalid_grant', 'Invalid authorization code'),
  },
]

/** Auth0's wording of an error of the token endpoint; `undefined` when ours is as good. */
export function translate(out: ErrorOut, grantType: string, detail: string): Auth0Error | undefined {
  return TRANSLATIONS.find(
    (row) =>
      row.error === out.error &&
      (row.grantType === undefined || row.grantType === grantType) &&
      (row.description === undefined || row.description.test(out.error_description ?? '')) &&
      (row.detail === undefined || row.detail.test(detail)),
  )?.to(grantType)
}
