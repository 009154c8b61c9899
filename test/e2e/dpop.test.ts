/** A client library that knows DPoP (RFC 9449), the mock IdP, the gateway and a service: nothing is special for any of them. */
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  type Configuration,
  customFetch,
  discovery,
  type DPoPHandle,
  fetchProtectedResource,
  genericGrantRequest,
  getDPoPHandle,
  None,
  randomDPoPKeyPair,
  randomPKCECodeVerifier,
  randomState,
  refreshTokenGrant,
} from 'openid-client'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoClients, demoUsers, FormBrowser } from 'sealgate/internal'
import { ACCESS_TOKEN, bearer, EXCHANGE, startSystem, type System } from '../support/system.ts'

/** The gateway's issuer here is its own address, so that a client can discover it. */
const BASE_URL = 'https://sealgate-gateway-dev.test'

let system: System
/** A browser application at Auth0: public, with PKCE. */
let auth0: Configuration
/** The gateway, to the same library. */
let gateway: Configuration

beforeAll(async () => {
  system = await startSystem({
    gatewayVars: { JWT_ISS: BASE_URL, BASE_URL, EXCHANGE_PUBLIC: 'true' },
    consumerVars: { JWT_ISS: BASE_URL },
  })
  auth0 = await discovery(new URL(system.tenant.issuer), demoClients.spa.clientId, undefined, None(), {
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- the mock IdP is on loopback
    execute: [allowInsecureRequests],
  })
  gateway = await discovery(new URL(BASE_URL), 'browser', undefined, None(), {
    algorithm: 'oauth2',
    [customFetch]: (url, init) => {
      const { pathname, search } = new URL(url)
      return system.gateway(`${pathname}${search}`, init as RequestInit)
    },
  })
})
afterAll(() => system.close())

interface Bound {
  readonly token: string
  readonly refreshToken: string
  readonly keys: Awaited<ReturnType<typeof randomDPoPKeyPair>>
  readonly atAuth0: DPoPHandle
}

/** Alice logs in, by a client that proves its key. */
async function logIn(alg?: string): Promise<Bound> {
  const keys = await randomDPoPKeyPair(alg)
  const atAuth0 = getDPoPHandle(auth0, keys)
  const verifier = randomPKCECodeVerifier()
  const state = randomState()
  const url = buildAuthorizationUrl(auth0, {
    redirect_uri: demoClients.spa.callbackUrls[0] ?? '',
    scope: 'openid offline_access read:reports',
    audience: system.tenant.audience,
    code_challenge: await calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
  })
  const { email, password } = demoUsers.alice
  const callback = await new FormBrowser(system.tenant.baseUrl).logIn(url, email, password)
  const checks = { pkceCodeVerifier: verifier, expectedState: state }
  const tokens = await authorizationCodeGrant(auth0, callback, checks, undefined, { DPoP: atAuth0 })
  expect(tokens.token_type).toBe('dpop')
  return { token: tokens.access_token, refreshToken: tokens.refresh_token ?? '', keys, atAuth0 }
}

const route = new URL('/api/secure?page=2', BASE_URL)

describe('a DPoP client', () => {
  it.each(['ES256', 'Ed25519'])('with a key for %s calls a route with a bound token', async (alg) => {
    const { token, keys } = await logIn(alg)
    expect(decodeJwt(token)).toHaveProperty('cnf.jkt')
    const DPoP = getDPoPHandle(gateway, keys)
    for (let count = 0; count < 2; count++) {
      const response = await fetchProtectedResource(gateway, token, route, 'GET', null, undefined, { DPoP })
      expect(response.status).toBe(200)
    }
  })

  it('exchanges it for an internal token, which is a bearer token and bound to nothing', async () => {
    const { token, keys } = await logIn()
    expect(gateway.serverMetadata().dpop_signing_alg_values_supported).toContain('ES256')
    const parameters = { subject_token: token, subject_token_type: ACCESS_TOKEN, audience: 'reports' }
    const answer = await genericGrantRequest(gateway, EXCHANGE, parameters, {
      DPoP: getDPoPHandle(gateway, keys),
    })
    expect(answer.token_type).toBe('bearer')
    expect(decodeJwt(answer.access_token)).not.toHaveProperty('cnf')
    expect((await system.consumer('/secure', bearer(answer.access_token))).status).toBe(200)
  })

  it('goes on with the token of a refresh', async () => {
    const { refreshToken, keys, atAuth0 } = await logIn()
    const refreshed = await refreshTokenGrant(auth0, refreshToken, undefined, { DPoP: atAuth0 })
    const DPoP = getDPoPHandle(gateway, keys)
    const { access_token: token } = refreshed
    const response = await fetchProtectedResource(gateway, token, route, 'GET', null, undefined, { DPoP })
    expect(response.status).toBe(200)
  })
})

describe('whoever has the token alone', () => {
  it('gets nowhere: neither as a bearer, nor with a key of their own', async () => {
    const { token } = await logIn()
    expect((await system.gateway('/api/secure', bearer(token))).status).toBe(401)
    const parameters = { subject_token: token, subject_token_type: ACCESS_TOKEN, audience: 'reports' }
    expect((await system.exchange(parameters)).status).toBe(400)
    const DPoP = getDPoPHandle(gateway, await randomDPoPKeyPair())
    await expect(
      fetchProtectedResource(gateway, token, route, 'GET', null, undefined, { DPoP }),
    ).rejects.toMatchObject({ status: 401 })
    await expect(genericGrantRequest(gateway, EXCHANGE, parameters, { DPoP })).rejects.toMatchObject({
      error: 'invalid_dpop_proof',
    })
  })
})
