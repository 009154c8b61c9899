import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RESOURCE, tokensAt } from '../../../../../test/support/mcp-login.ts'
import { demoClients, demoUsers, startTenant, type Tenant, TOKEN_EXCHANGE } from './tenant.ts'

const GATEWAY = 'http://127.0.0.1:8787'
const { alice, bob } = demoUsers
const { clientId, clientSecret, callbackUrls } = demoClients.desktop

let tenant: Tenant
let idToken: string

beforeAll(async () => {
  tenant = await startTenant({ quiet: true })
  idToken = await loginOf(alice)
})
afterAll(() => tenant.close())

async function loginOf(user: typeof alice | typeof bob): Promise<string> {
  const login = { clientId, clientSecret, redirectUri: callbackUrls[0], scope: 'openid read:reports' }
  return (await tokensAt(tenant, user, login)).id_token ?? ''
}

async function exchange(
  more: Readonly<Record<string, string>> = {},
): Promise<{ status: number; body: Body }> {
  const response = await fetch(`${tenant.baseUrl}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({
      ...{ grant_type: TOKEN_EXCHANGE, client_id: clientId, client_secret: clientSecret },
      ...{ subject_token: idToken, subject_token_type: 'urn:ietf:params:oauth:token-type:id_token' },
      requested_token_type: 'urn:ietf:params:oauth:token-type:id-jag',
      ...{ audience: GATEWAY, resource: RESOURCE, scope: 'read:reports manage:users', ...more },
    }),
  })
  return { status: response.status, body: (await response.json()) as Body }
}

interface Body {
  readonly access_token?: string
  readonly error?: string
}

describe('an identity assertion of the mock IdP', () => {
  it('is signed for the gateway, the client and the resource, with what its user has', async () => {
    const { status, body } = await exchange()
    expect({ status, body }).toMatchObject({
      status: 200,
      body: {
        issued_token_type: 'urn:ietf:params:oauth:token-type:id-jag',
        token_type: 'N_A',
        scope: 'read:reports',
      },
    })
    const keys = createRemoteJWKSet(new URL(`${tenant.baseUrl}/.well-known/jwks.json`))
    const { payload } = await jwtVerify(body.access_token ?? '', keys, {
      ...{ issuer: tenant.issuer, audience: GATEWAY, typ: 'oauth-id-jag+jwt', maxTokenAge: 300 },
      requiredClaims: ['jti', 'auth_time', 'exp'],
    })
    expect(payload).toMatchObject({
      sub: alice.sub,
      client_id: clientId,
      resource: RESOURCE,
      scope: 'read:reports',
    })
    expect(decodeProtectedHeader(body.access_token ?? '').alg).toBe('RS256')
  })

  it('of a user without rights has no scope', async () => {
    expect(await exchange({ subject_token: await loginOf(bob) })).not.toHaveProperty('body.scope')
  })

  it.each([
    ['the ID token of another client', 'invalid_grant', { client_id: 'sealgate-web' }],
    ['what is no ID token', 'invalid_grant', { subject_token: 'x' }],
    ['another audience', 'invalid_target', { audience: 'https://elsewhere.test' }],
    ['another resource', 'invalid_target', { resource: 'https://elsewhere.test' }],
    [
      'another token',
      'invalid_request',
      { requested_token_type: 'urn:ietf:params:oauth:token-type:access_token' },
    ],
  ])(
    'is not issued for %s',
    async (_, error, { client_id: other, ...more }: Readonly<Record<string, string>>) => {
      const foreign = other === undefined ? more : { subject_token: await idTokenOf(demoClients.web) }
      expect((await exchange(foreign)).body.error).toBe(error)
    },
  )

  it('is offered in the metadata', async () => {
    const response = await fetch(`${tenant.baseUrl}/.well-known/openid-configuration`)
    expect(await response.json()).toMatchObject({
      grant_types_supported: expect.arrayContaining([TOKEN_EXCHANGE]) as string[],
      identity_chaining_requested_token_types_supported: ['urn:ietf:params:oauth:token-type:id-jag'],
    })
  })
})

async function idTokenOf({
  clientId: id,
  clientSecret: secret,
  callbackUrls: urls,
}: typeof demoClients.web): Promise<string> {
  const login = { clientId: id, clientSecret: secret, redirectUri: urls[0] ?? '', scope: 'openid' }
  return (await tokensAt(tenant, alice, login)).id_token ?? ''
}
