import * as oauth from 'oauth4webapi'
import { FormBrowser } from 'sealgate/internal'

/** What a token of {@link logInAt} is for, unless its caller says. */
export const RESOURCE = 'http://127.0.0.1:8787/mcp/reports'

export interface ResourceLogin {
  readonly clientId: string
  readonly clientSecret?: string
  readonly redirectUri: string
  /** RFC 8707. Default {@link RESOURCE}. */
  readonly resource?: string
  /** Default `read:reports`. */
  readonly scope?: string
}

interface Idp {
  readonly baseUrl: string
  readonly issuer: string
}

interface User {
  readonly email: string
  readonly password: string
}

/**
 * Logs a user in at the mock IdP with PKCE and `resource`, as an MCP client does, and returns the access token. Rejects with
 * the IdP's `error`.
 */
export async function logInAt(idp: Idp, user: User, login: ResourceLogin): Promise<string> {
  return (await tokensAt(idp, user, login)).access_token
}

/** The same, with the ID token, if `openid` is among the scopes. */
export async function tokensAt(
  { baseUrl, issuer }: Idp,
  user: User,
  login: ResourceLogin,
): Promise<{ readonly access_token: string; readonly id_token?: string }> {
  const { clientId, clientSecret, redirectUri, resource = RESOURCE, scope = 'read:reports' } = login
  const verifier = oauth.generateRandomCodeVerifier()
  const query = new URLSearchParams({
    ...{ response_type: 'code', client_id: clientId, redirect_uri: redirectUri, resource, scope, state: 's' },
    ...{ code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256' },
  })
  const browser = new FormBrowser(baseUrl)
  const url = `${baseUrl}/authorize?${query.toString()}`
  const { searchParams } = await browser.logIn(url, user.email, user.password)
  const code = searchParams.get('code')
  if (code === null) throw new Error(searchParams.get('error') ?? 'no code')
  if (searchParams.get('iss') !== issuer) throw new Error('another issuer')
  const response = await fetch(`${baseUrl}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({
      ...{ grant_type: 'authorization_code', client_id: clientId, code, redirect_uri: redirectUri, resource },
      ...{ code_verifier: verifier, ...(clientSecret !== undefined && { client_secret: clientSecret }) },
    }),
  })
  const body = (await response.json()) as { access_token?: string; id_token?: string; error?: string }
  const { access_token: accessToken, id_token: idToken, error } = body
  if (accessToken === undefined) throw new Error(error)
  return { access_token: accessToken, ...(idToken !== undefined && { id_token: idToken }) }
}
