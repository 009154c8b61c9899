import { customFetch, discovery, genericGrantRequest, tokenRevocation } from 'openid-client'
import { createHash } from 'node:crypto'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoUsers } from '../auth0/tenant.ts'
import { ACCESS_TOKEN, bearer, EXCHANGE, startSystem, type System } from './system.ts'

/** The gateway's issuer here is its own address, so that a client can discover it. */
const BASE_URL = 'https://sealgate-gateway-dev.test'
const SECRET = 'a-secret-of-the-batch-client'

let system: System

beforeAll(async () => {
  system = await startSystem({
    gatewayVars: { JWT_ISS: BASE_URL, BASE_URL },
    gatewaySecrets: {
      EXCHANGE_CLIENTS: JSON.stringify({ batch: createHash('sha256').update(SECRET).digest('hex') }),
    },
    consumerVars: { JWT_ISS: BASE_URL },
  })
})
afterAll(() => system.close())

/** An OAuth client library that knows nothing of Sealgate: all it gets is the issuer and its own credentials. */
async function client(secret = SECRET): ReturnType<typeof discovery> {
  return discovery(new URL(BASE_URL), 'batch', secret, undefined, {
    algorithm: 'oauth2',
    [customFetch]: (url, init) => system.gateway(new URL(url).pathname, init as RequestInit),
  })
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

  it('understands what the gateway refuses', async () => {
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
