import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import * as oauth from 'oauth4webapi'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoClients, demoUsers, PASSWORD_REALM, REALM, startTenant, type Tenant } from './tenant.ts'

let tenant: Tenant

beforeAll(async () => {
  tenant = await startTenant({ quiet: true })
})
afterAll(() => tenant.close())

async function token(
  parameters: Record<string, string>,
): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(`${tenant.baseUrl}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams(parameters),
  })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

const login = (username: string, password: string) =>
  token({
    grant_type: PASSWORD_REALM,
    realm: REALM,
    client_id: demoClients.cli.clientId,
    client_secret: demoClients.cli.clientSecret,
    audience: tenant.audience,
    username,
    password,
  })

describe('the mock IdP', () => {
  it('is discovered by an independent client, with an issuer that ends in a slash', async () => {
    const response = await fetch(`${tenant.issuer}.well-known/openid-configuration`)
    const server = await oauth.processDiscoveryResponse(new URL(tenant.issuer), response)
    expect(server).toMatchObject({
      issuer: tenant.issuer,
      token_endpoint: `${tenant.baseUrl}/oauth/token`,
      authorization_endpoint: `${tenant.baseUrl}/authorize`,
      userinfo_endpoint: `${tenant.baseUrl}/userinfo`,
    })
  })

  it('publishes its key and the next one', async () => {
    const response = await fetch(`${tenant.baseUrl}/.well-known/jwks.json`)
    const { keys } = (await response.json()) as { keys: { kty: string; d?: string }[] }
    expect(keys.map(({ kty, d }) => [kty, d])).toEqual([
      ['RSA', undefined],
      ['RSA', undefined],
    ])
  })

  it('issues RS256 access tokens in the shape of Auth0', async () => {
    const { alice } = demoUsers
    const { status, body } = await login(alice.email, alice.password)
    expect(status).toBe(200)
    const accessToken = String(body.access_token)
    const jwks = createRemoteJWKSet(new URL(`${tenant.baseUrl}/.well-known/jwks.json`))
    const options = { issuer: tenant.issuer, audience: tenant.audience, algorithms: ['RS256'] }
    const { payload } = await jwtVerify(accessToken, jwks, options)
    expect(decodeProtectedHeader(accessToken)).toMatchObject({ alg: 'RS256', typ: 'JWT' })
    expect(payload).toMatchObject({
      sub: 'auth0|alice',
      azp: demoClients.cli.clientId,
      permissions: alice.permissions,
      [tenant.rolesClaim]: alice.roles,
    })
    expect(payload.jti).toBeUndefined()
  })

  it('issues machine tokens to machines', async () => {
    const { clientId, clientSecret } = demoClients.m2m
    const { status, body } = await token({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret,
      audience: tenant.audience,
    })
    expect(status).toBe(200)
    expect(decodeJwt(String(body.access_token))).toMatchObject({
      sub: `${clientId}@clients`,
      gty: 'client-credentials',
    })
  })

  it('answers with Auth0’s own error bodies', async () => {
    expect(await login(demoUsers.bob.email, 'wrong')).toMatchObject({
      status: 403,
      body: { error: 'invalid_grant', error_description: 'Wrong email or password.' },
    })
    expect(await login(demoUsers.mfa.email, demoUsers.mfa.password)).toMatchObject({
      status: 403,
      body: { error: 'mfa_required' },
    })
    for (let attempt = 0; attempt < 10; attempt++) await login(demoUsers.dave.email, 'wrong')
    expect(await login(demoUsers.dave.email, demoUsers.dave.password)).toMatchObject({
      status: 429,
      body: { error: 'too_many_attempts' },
    })
  })

  it('says of an audience that is no API of its own what Auth0 says, to machines and to browsers', async () => {
    const audience = 'https://api.other.test'
    const denial = { error: 'access_denied', error_description: `Service not found: ${audience}` }
    const { clientId, clientSecret } = demoClients.m2m
    const machine = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret }
    expect(await token({ ...machine, audience })).toEqual({ status: 403, body: denial })

    const [redirectUri = ''] = demoClients.web.callbackUrls
    const authorize = async (silent: Record<string, string>): Promise<URL> => {
      const query = new URLSearchParams({
        ...{ response_type: 'code', client_id: demoClients.web.clientId, redirect_uri: redirectUri },
        ...{ scope: 'openid', prompt: 'none', state: 's', nonce: 'n' },
        ...{ code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', code_challenge_method: 'S256' },
        ...silent,
      })
      const response = await fetch(`${tenant.baseUrl}/authorize?${query.toString()}`, { redirect: 'manual' })
      return new URL(response.headers.get('Location') ?? '')
    }
    const unknown = await authorize({ audience })
    expect(unknown.href.startsWith(redirectUri)).toBe(true)
    expect(Object.fromEntries(unknown.searchParams)).toMatchObject(denial)
    const known = await authorize({ audience: tenant.audience })
    expect(known.searchParams.get('error')).toBe('login_required')
  })

  it('rejects a client with another secret', async () => {
    const { clientId } = demoClients.m2m
    const { status } = await token({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: 'another',
      audience: tenant.audience,
    })
    expect(status).toBe(401)
  })
})
