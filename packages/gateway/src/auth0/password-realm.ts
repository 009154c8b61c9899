import type { LoginConfig } from '../config/auth0.ts'
import { GatewayError } from '../errors.ts'
import { exchangeWith } from './send.ts'

/** Headers of Auth0's response that the caller needs: what it is, and when to try again. */
const PASSED = /^(content-type|retry-after|x-ratelimit-.*)$/

export interface PasswordLogin {
  readonly username: string
  readonly password: string
  /** Auth0 counts attempts by it. */
  readonly ip: string | undefined
}

/**
 * Auth0's response to a user name and password, as it is (https://auth0.com/docs, password-realm grant). RFC 9700 §2.4
 * says that this grant must not be used; it is here for back offices that cannot leave it yet.
 *
 * @throws GatewayError `auth0_unavailable` when Auth0 does not respond, fails, or responds with what is not JSON
 */
export async function passwordRealm(
  { issuer, audience, clientId, clientSecret, connection }: LoginConfig & { readonly connection: string },
  { username, password, ip }: PasswordLogin,
  send: typeof fetch = fetch,
): Promise<Response> {
  const { response, body } = await exchangeWith(
    `${issuer}oauth/token`,
    {
      method: 'POST',
      headers: { Accept: 'application/json', ...(ip !== undefined && { 'auth0-forwarded-for': ip }) },
      body: new URLSearchParams({
        grant_type: 'http://auth0.com/oauth/grant-type/password-realm',
        realm: connection,
        audience,
        scope: 'openid email profile offline_access',
        client_id: clientId,
        client_secret: clientSecret,
        username,
        password,
      }),
    },
    send,
    'no response to a password grant',
  )
  const type = response.headers.get('Content-Type')?.toLowerCase() ?? ''
  if (
    response.status >= 500 ||
    isRedirect(response.status) ||
    !type.startsWith('application/json') ||
    body === null ||
    !isJson(body)
  ) {
    throw new GatewayError('auth0_failed', { detail: `status ${response.status} to a password grant` })
  }
  const headers = new Headers([...response.headers].filter(([name]) => PASSED.test(name)))
  headers.set('Cache-Control', 'no-store')
  if (!response.ok) headers.set('X-Error-Source', 'auth0')
  return new Response(body, { status: response.status, headers })
}

/** A response that was cut off on its way is a failure, whatever its status says. */
function isJson(body: Uint8Array): boolean {
  try {
    JSON.parse(new TextDecoder().decode(body))
    return true
  } catch {
    return false
  }
}

function isRedirect(status: number): boolean {
  return status >= 300 && status < 400
}
