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

/**
 * Logs a user in at the mock IdP with PKCE and `resource`, as an MCP client does, and returns the access token. Rejects with
 * the IdP's `error`.
 */
export async function logInAt(
  { baseUrl, issuer }: { readonly baseUrl: string; readonly issuer: string },
  user: { readonly email: string; readonly password: string },
  login: ResourceLogin,
): Promise<string> {
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
  const body = (await response.json()) as { access_token?: string; error?: string }
  if (body.access_token === undefined) throw new Error(body.error)
  return body.access_token
}
