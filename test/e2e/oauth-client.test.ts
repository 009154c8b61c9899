import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  type ClientAuth,
  ClientSecretPost,
  type Configuration,
  customFetch,
  discovery,
  genericGrantRequest,
  modifyAssertion,
  None,
  PrivateKeyJwt,
  randomPKCECodeVerifier,
  randomState,
  refreshTokenGrant,
  tokenRevocation,
} from 'openid-client'
import { createHash } from 'node:crypto'
import { type CryptoKey, decodeJwt, exportJWK, generateKeyPair } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoClients, demoUsers, FormBrowser } from 'sealgate/internal'
import { ACCESS_TOKEN, bearer, EXCHANGE, startSystem, type System } from '../support/system.ts'

/** The gateway's issuer here is its own address, so that a client can discover it. */
const BASE_URL = 'https://sealgate-gateway-dev.test'
const SECRET = 'a-secret-of-the-batch-client'

let system: System

/** Of a client that has no secret: it signs. */
let privateKey: CryptoKey

beforeAll(async () => {
  const pair = await generateKeyPair('ES256', { extractable: true })
  const { publicKey } = pair
  privateKey = pair.privateKey
  system = await startSystem({
    gatewayVars: {
      JWT_ISS: BASE_URL,
      BASE_URL,
      CLIENTS: JSON.stringify({
        batch: { audiences: ['reports'] },
        signer: { audiences: ['reports'], keys: [await exportJWK(publicKey)] },
      }),
    },
    gatewaySecrets: {
      EXCHANGE_CLIENTS: JSON.stringify({ batch: createHash('sha256').update(SECRET).digest('hex') }),
    },
    consumerVars: { JWT_ISS: BASE_URL },
  })
})
afterAll(() => system.close())

/** An OAuth client library that knows nothing of Sealgate: all it gets is the issuer and its own credentials. */
async function client(secret = SECRET): ReturnType<typeof discovery> {
  return discover('batch', ClientSecretPost(secret))
}

async function discover(clientId: string, authentication: ClientAuth): ReturnType<typeof discovery> {
  return discovery(new URL(BASE_URL), clientId, undefined, authentication, {
    algorithm: 'oauth2',
    [customFetch]: (url, init) => system.gateway(new URL(url).pathname, init as RequestInit),
  })
}

/** The same library as a browser application of Auth0's: public, with PKCE. */
async function auth0Client(): Promise<Configuration> {
  return discovery(new URL(system.tenant.issuer), demoClients.spa.clientId, undefined, None(), {
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- the mock IdP is on loopback
    execute: [allowInsecureRequests],
  })
}

async function logIn(auth0: Configuration): ReturnType<typeof authorizationCodeGrant> {
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
  return authorizationCodeGrant(auth0, callback, { pkceCodeVerifier: verifier, expectedState: state })
}

describe('an OAuth client library', () => {
  it('discovers the gateway, exchanges, uses and revokes, without special cases', async () => {
    const config = await client()
    const answer = await genericGrantRequest(config, EXCHANGE, {
      subject_token: await system.login(demoUsers.alice),
      subject_token_type: ACCESS_TOKEN,
      audience: 'reports',
      scope: 'read:reports',
    })
    expect(answer).toMatchObject({
      token_type: 'bearer',
      scope: 'read:reports',
      issued_token_type: ACCESS_TOKEN,
    })
    expect(decodeJwt(answer.access_token)).toMatchObject({ aud: 'reports', permissions: ['read:reports'] })
    expect((await system.consumer('/secure', bearer(answer.access_token))).status).toBe(200)

    await tokenRevocation(config, answer.access_token)
    expect(await system.gatewayKv()).toEqual([expect.stringMatching(/^rev:[\w-]{43}:jti:[\w-]{43}$/)])
  })

  it('signs instead of sending a secret, and what it signed counts once (RFC 7523)', async () => {
    const config = await discover('signer', PrivateKeyJwt(privateKey))
    const server = config.serverMetadata()
    expect(server.token_endpoint_auth_methods_supported).toContain('private_key_jwt')
    expect(server.token_endpoint_auth_signing_alg_values_supported).toContain('ES256')
    const parameters = {
      subject_token: await system.login(demoUsers.alice),
      subject_token_type: ACCESS_TOKEN,
      audience: 'reports',
    }
    const answers = [
      await genericGrantRequest(config, EXCHANGE, parameters),
      await genericGrantRequest(config, EXCHANGE, parameters),
    ]
    for (const answer of answers) {
      expect((await system.consumer('/secure', bearer(answer.access_token))).status).toBe(200)
    }
    const jti = 'always-the-same'
    const replaying = await discover(
      'signer',
      PrivateKeyJwt(privateKey, {
        [modifyAssertion]: (_, claims) => {
          claims.jti = jti
        },
      }),
    )
    await genericGrantRequest(replaying, EXCHANGE, parameters)
    await expect(genericGrantRequest(replaying, EXCHANGE, parameters)).rejects.toMatchObject({ status: 401 })
  })

  it('logs in and refreshes at Auth0, and exchanges what it gets each time', async () => {
    const auth0 = await auth0Client()
    const tokens = await logIn(auth0)
    const refreshed = await refreshTokenGrant(auth0, tokens.refresh_token ?? '')
    expect(refreshed.access_token).not.toBe(tokens.access_token)

    const config = await client()
    for (const { access_token: subject } of [tokens, refreshed]) {
      const answer = await genericGrantRequest(config, EXCHANGE, {
        subject_token: subject,
        subject_token_type: ACCESS_TOKEN,
        audience: 'reports',
      })
      expect(decodeJwt(answer.access_token)).toMatchObject({ sub: demoUsers.alice.sub, aud: 'reports' })
      expect(
        answer.refresh_token,
        'an internal token ends; nothing renews it (RFC 8693 §2.2.1)',
      ).toBeUndefined()
    }
    await expect(refreshTokenGrant(config, refreshed.refresh_token ?? '')).rejects.toMatchObject({
      error: 'unsupported_grant_type',
      status: 400,
    })
  })

  it('understands what the gateway rejects', async () => {
    const parameters = {
      subject_token: await system.login(demoUsers.alice),
      subject_token_type: ACCESS_TOKEN,
      audience: 'reports',
    }
    await expect(
      genericGrantRequest(await client(), EXCHANGE, { ...parameters, scope: 'manage:users' }),
    ).rejects.toMatchObject({ error: 'invalid_scope', status: 400 })
    await expect(genericGrantRequest(await client('wrong'), EXCHANGE, parameters)).rejects.toMatchObject({
      code: 'OAUTH_WWW_AUTHENTICATE_CHALLENGE',
      status: 401,
    })
    await expect(
      genericGrantRequest(await client(), EXCHANGE, { ...parameters, subject_token: 'nonsense' }),
    ).rejects.toMatchObject({ error: 'invalid_request', status: 400 })
  })
})
