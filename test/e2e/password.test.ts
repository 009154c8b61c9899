import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { demoClients, demoUsers, REALM } from 'sealgate/internal'
import { bearer, exchangeOf, startSystem, type System } from '../support/system.ts'

let system: System

beforeAll(async () => {
  const { clientId, clientSecret } = demoClients.backoffice
  system = await startSystem({
    gatewayVars: { AUTH0_CLIENT_ID: clientId, AUTH0_CONNECTION: REALM },
    gatewaySecrets: { AUTH0_CLIENT_SECRET: clientSecret },
  })
})
afterAll(() => system.close())
afterEach(() => system.tenant.control.reset())

const { alice } = demoUsers

async function login(body: object): Promise<Response> {
  const headers = { 'Content-Type': 'application/json', 'X-Real-IP': '198.51.100.7' }
  return system.gateway('/oauth/token', { method: 'POST', headers, body: JSON.stringify(body) })
}

describe('the password realm, at the mock IdP', () => {
  it('gives Auth0’s tokens, which the gateway then accepts', async () => {
    const response = await login({ username: alice.email, password: alice.password })
    expect(response.status).toBe(200)
    const tokens = (await response.json()) as {
      access_token: string
      refresh_token: string
      id_token: string
    }
    expect(tokens).toMatchObject({ token_type: 'Bearer' })
    expect(tokens.refresh_token).toBeTypeOf('string')
    expect((await system.exchange(exchangeOf(tokens.access_token))).status).toBe(200)
    expect((await system.gateway('/api/reports', bearer(tokens.access_token))).status).toBe(200)
  })

  it('tells Auth0 the address of the caller as Cloudflare saw it, whatever the caller says', async () => {
    await login({ username: alice.email, password: alice.password })
    expect(system.tenant.control.forwardedFor().at(-1)).toMatchObject({
      header: '127.0.0.1',
      ip: '127.0.0.1',
    })
  })

  it.each([
    ['a wrong password', { username: alice.email, password: 'wrong' }, 403, 'invalid_grant'],
    ['a user who needs a second factor', demoUsers.mfa, 403, 'mfa_required'],
    ['a blocked user', demoUsers.mallory, 401, 'unauthorized'],
  ])('passes Auth0’s own words on for %s', async (_, who, status, error) => {
    const username = 'email' in who ? who.email : who.username
    const response = await login({ username, password: who.password })
    expect(response.status).toBe(status)
    expect(response.headers.get('X-Error-Source')).toBe('auth0')
    const body = (await response.json()) as { error: string; source?: string }
    expect(body.error).toBe(error)
    expect(body.source).toBeUndefined()
  })

  it('passes on that somebody tried too often, and until when', async () => {
    let response = await login({ username: 'nobody@example.test', password: 'x' })
    for (let attempt = 0; attempt < 20 && response.status !== 429; attempt++) {
      response = await login({ username: 'nobody@example.test', password: 'x' })
    }
    expect(response.status).toBe(429)
    expect(response.headers.get('X-RateLimit-Remaining')).toBe('0')
    expect(Number(response.headers.get('Retry-After'))).toBeGreaterThan(0)
  })

  it.each([
    ['is down', () => system.tenant.control.down(503, '/oauth/token'), 502],
    ['answers with a page', () => system.tenant.control.html(200, '/oauth/token'), 502],
    // The development server answers for a connection that broke.
    ['hangs up', () => system.tenant.control.hangUp('/oauth/token'), 502],
    ['is too slow', () => system.tenant.control.slow(8000, '/oauth/token'), 503],
  ])('says that it is Auth0 that %s', async (_, fault, status) => {
    fault()
    const response = await login({ username: alice.email, password: alice.password })
    expect(response.status).toBe(status)
    expect(response.headers.get('Retry-After')).toBe('5')
    expect(await response.json()).toMatchObject({ error: 'auth0_unavailable', source: 'auth0' })
  })
})
