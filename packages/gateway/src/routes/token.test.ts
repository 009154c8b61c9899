import { createKit } from '@sealgate/kit'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  API,
  AUDIENCES,
  catchLogs,
  CLIENT_IP,
  EMAIL,
  expectError,
  type FakeAuth0,
  fakeAuth0,
  gatewayEnv,
  INTERNAL_ISSUER,
  ISSUER,
  newSlot,
} from '../testing/fixtures.ts'
import { app } from '../testing/test-gateway.ts'

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const TYPE = 'urn:ietf:params:oauth:token-type:'

let auth0: FakeAuth0
let slot: string
let token: string
let env: Record<string, unknown>
const seen: string[] = []
const logs = catchLogs()

beforeAll(async () => {
  auth0 = await fakeAuth0()
  slot = await newSlot('slot-a')
  token = await auth0.token()
  seen.push(token)
})
beforeEach(() => {
  // A second that begins in the middle of a test would change what is compared.
  vi.useFakeTimers({ toFake: ['Date'] })
  auth0.respond()
  vi.spyOn(globalThis, 'fetch').mockImplementation(auth0.fetch)
  env = gatewayEnv({ JWT_PRIVATE_JWK_NAME: 'SLOT_A', SLOT_A: slot })
})
afterEach(() => {
  vi.useRealTimers()
  const text = logs.text()
  for (const secret of [...seen, EMAIL, CLIENT_IP, 'auth0|alice', 'hunter2'])
    expect(text).not.toContain(secret)
})

type Parameters = Readonly<Record<string, string | undefined>>

function form(changed: Parameters = {}): URLSearchParams {
  const all = {
    grant_type: EXCHANGE,
    subject_token: token,
    subject_token_type: `${TYPE}access_token`,
    audience: 'reports',
    ...changed,
  }
  return new URLSearchParams(
    Object.entries(all).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  )
}

async function post(body: BodyInit, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  const all = { 'CF-Connecting-IP': CLIENT_IP, ...headers }
  return app.request('https://gateway.test/oauth/token', { method: 'POST', body, headers: all }, env)
}

async function issued(changed: Parameters = {}): Promise<Record<string, unknown> & { access_token: string }> {
  const response = await post(form(changed))
  expect(response.status).toBe(200)
  const answer: Record<string, unknown> & { access_token: string } = await response.json()
  seen.push(answer.access_token)
  return answer
}

describe('200', () => {
  it('is an internal token for one service (RFC 8693 §2.2.1)', async () => {
    const response = await post(form())
    expect(response.status).toBe(200)
    expect(response.headers.get('Cache-Control')).toBe('no-store')
    expect(response.headers.get('Pragma')).toBe('no-cache')
    expect(response.headers.get('X-Request-Id')).toMatch(/^[0-9a-f-]{36}$/)
    expect(response.headers.get('X-Error-Source')).toBeNull()
    const { access_token: accessToken, ...answer } = await response.json<{ access_token: string }>()
    seen.push(accessToken)
    expect(answer).toEqual({
      issued_token_type: `${TYPE}access_token`,
      token_type: 'Bearer',
      expires_in: 900,
      scope: 'read:reports export:reports',
    })
    expect(decodeProtectedHeader(accessToken)).toEqual({ alg: 'EdDSA', typ: 'JWT', kid: 'slot-a' })
    const { iat = 0, exp, jti, auth_iat: authIat, ...claims } = decodeJwt(accessToken)
    expect(exp).toBe(iat + 900)
    expect(jti).toBeTruthy()
    expect(authIat, 'nobody said when alice logged in').toBe((decodeJwt(token).iat ?? 0) - 30 * 86_400)
    expect(claims).toEqual({
      iss: INTERNAL_ISSUER,
      aud: 'reports',
      sub: 'auth0|alice',
      kind: 'user',
      client_id: 'web',
      email: EMAIL,
      email_verified: true,
      act: { iss: INTERNAL_ISSUER, sub: 'gateway' },
      permissions: ['read:reports', 'export:reports'],
      roles: ['analyst'],
    })
  })

  it('is accepted by a service that has the published keys', async () => {
    const { access_token: accessToken } = await issued()
    const { keys } = await (
      await app.request('/.well-known/jwks.json', {}, { ...env, JWKS_PUBLIC: true })
    ).json<{
      keys: Record<string, unknown>[]
    }>()
    const service = createKit({
      issuer: INTERNAL_ISSUER,
      audience: 'reports',
      verify: { publicJwk: { keys } },
    })
    expect(await service.verify(accessToken)).toMatchObject({ sub: 'auth0|alice' })
    expect(await service.safeVerify(accessToken, { aud: 'archive' })).toMatchObject({
      reason: 'wrong_audience',
    })
  })

  it('has the scope that was requested, and then no roles', async () => {
    const answer = await issued({ scope: 'read:reports' })
    expect(answer.scope).toBe('read:reports')
    expect(decodeJwt(answer.access_token)).toMatchObject({ permissions: ['read:reports'], roles: [] })
  })

  it('has no scope when there are no rights', async () => {
    token = await auth0.token({ permissions: [] })
    const answer = await issued()
    token = await auth0.token()
    expect(answer).not.toHaveProperty('scope')
    expect(decodeJwt(answer.access_token).permissions).toEqual([])
  })

  it('ends no later than the subject token', async () => {
    const exp = Math.floor(Date.now() / 1000) + 60
    const answer = await issued({ subject_token: await auth0.token({ exp }) })
    expect(decodeJwt(answer.access_token).exp).toBe(exp)
    expect(answer.expires_in).toBeLessThanOrEqual(60)
  })

  it('says the type that was requested', async () => {
    const answer = await issued({ requested_token_type: `${TYPE}jwt`, subject_token_type: `${TYPE}jwt` })
    expect(answer.issued_token_type).toBe(`${TYPE}jwt`)
  })

  it('names the actor of an actor token outermost', async () => {
    const actor = await auth0.token({ sub: 'bot@clients', azp: 'm2m' })
    const answer = await issued({ actor_token: actor, actor_token_type: `${TYPE}access_token` })
    expect(decodeJwt(answer.access_token).act).toEqual({
      iss: ISSUER,
      sub: 'bot@clients',
      act: { iss: INTERNAL_ISSUER, sub: 'gateway' },
    })
  })

  it('is for the audience that lists the resource, however often it is named (RFC 8707 §2)', async () => {
    const resources = ['https://reports.test', 'https://reports.test/v2']
    env = { ...env, AUDIENCES: { ...AUDIENCES, reports: { ...AUDIENCES.reports, resources } } }
    for (const audience of [undefined, '', 'reports']) {
      const body = form({ audience })
      for (const resource of ['', ...resources]) body.append('resource', resource)
      const response = await post(body)
      expect(response.status).toBe(200)
      const { access_token: accessToken }: { access_token: string } = await response.json()
      seen.push(accessToken)
      expect(decodeJwt(accessToken).aud).toBe('reports')
    }
    const other = form({ audience: 'archive', resource: 'https://reports.test' })
    await expectError(await post(other), 400, 'invalid_target')
  })

  it('takes an empty parameter as absent, and passes over unknown ones (RFC 6749 §3.2)', async () => {
    expect((await issued({ scope: '', resource: '', unknown: 'x' })).scope).toBe(
      'read:reports export:reports',
    )
  })
})

describe('400 invalid_request', () => {
  it.each(['grant_type', 'subject_token', 'subject_token_type', 'audience'])('without %s', async (name) => {
    expect(await expectError(await post(form({ [name]: undefined })), 400, 'invalid_request')).toContain(name)
    await expectError(await post(form({ [name]: '' })), 400, 'invalid_request')
  })

  it.each(['grant_type', 'subject_token', 'audience', 'scope', 'client_id', 'unknown'])(
    'when %s is repeated',
    async (name) => {
      const repeated = form({ [name]: form().get(name) ?? 'x' })
      repeated.append(name, 'x')
      expect(await expectError(await post(repeated), 400, 'invalid_request')).toBe('A parameter is repeated')
    },
  )

  it.each(['id_token', 'refresh_token', 'saml2', ''])('when the subject is a %s', async (type) => {
    await expectError(await post(form({ subject_token_type: `${TYPE}${type}` })), 400, 'invalid_request')
  })

  it.each(['id_token', 'refresh_token'])('when a %s is requested', async (type) => {
    await expectError(await post(form({ requested_token_type: `${TYPE}${type}` })), 400, 'invalid_request')
  })

  it.each<[string, () => string | Promise<string>]>([
    ['no token at all', () => 'nonsense'],
    ['of another issuer', () => auth0.token({ iss: 'https://evil.test/' })],
    ['for another API', () => auth0.token({ aud: 'https://other.test' })],
    ['of a client that may not', () => auth0.token({ azp: 'foreign' })],
    ['over', () => auth0.token({ exp: 1000 })],
    ['an ID token', () => auth0.token({ nonce: 'n' })],
    ['of no known kind of subject', () => auth0.token({ sub: 'alice' })],
    ['one with a malformed chain of actors', () => auth0.token({ act: 'x' })],
  ])('when the subject token is %s: all are told the same', async (_, subject) => {
    const response = await post(form({ subject_token: await subject() }))
    expect(await expectError(response, 400, 'invalid_request')).toBe('The subject token is not acceptable')
  })

  it('when the subject token is an internal one: services use Exchange.delegate', async () => {
    const { access_token: internal } = await issued()
    await expectError(await post(form({ subject_token: internal })), 400, 'invalid_request')
  })

  it('when an actor token comes without its type, or a type without a token (RFC 8693 §2.1)', async () => {
    const alone = await post(form({ actor_token: token }))
    expect(await expectError(alone, 400, 'invalid_request')).toContain('actor_token_type')
    await expectError(await post(form({ actor_token_type: `${TYPE}jwt` })), 400, 'invalid_request')
  })

  it.each<[string, Record<string, unknown>, string]>([
    ['not acceptable', { aud: API, azp: 'foreign' }, 'The actor token is not acceptable'],
    ['of somebody who may not act', { sub: 'eve@clients' }, 'The actor may not act for this subject'],
  ])('when the actor token is %s', async (_, claims, description) => {
    const actor = { actor_token: await auth0.token(claims), actor_token_type: `${TYPE}access_token` }
    expect(await expectError(await post(form(actor)), 400, 'invalid_request')).toBe(description)
  })

  it('when the body is not UTF-8', async () => {
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' }
    await expectError(await post(new Uint8Array([0x61, 0x3d, 0xff]), headers), 400, 'invalid_request')
  })
})

describe('other rejections', () => {
  it('413 for a body beyond the limit, streamed or not', async () => {
    await expectError(await post(form({ unknown: 'x'.repeat(70_000) })), 413, 'invalid_request')
  })

  it.each(['unknown', 'Reports', '__proto__'])('400 invalid_target for the audience %s', async (audience) => {
    await expectError(await post(form({ audience })), 400, 'invalid_target')
  })

  it('400 invalid_target for a resource that no audience lists', async () => {
    await expectError(await post(form({ resource: 'https://reports.test' })), 400, 'invalid_target')
  })

  it.each(['delete:everything', 'read:reports delete:everything', 'nothing'])(
    '400 invalid_scope for the scope %s',
    async (scope) => {
      await expectError(await post(form({ scope })), 400, 'invalid_scope')
    },
  )

  it.each(['password', 'client_credentials', 'refresh_token', EXCHANGE.toUpperCase()])(
    '400 unsupported_grant_type for %s',
    async (grantType) => {
      await expectError(await post(form({ grant_type: grantType })), 400, 'unsupported_grant_type')
    },
  )

  it('404 for JSON: there is no password realm here', async () => {
    const json = JSON.stringify({ username: EMAIL, password: 'hunter2' })
    await expectError(await post(json, { 'Content-Type': 'application/json' }), 404, 'not_found')
  })

  it.each(['GET', 'PUT', 'OPTIONS'])('405 for %s', async (method) => {
    const response = await app.request('/oauth/token', { method }, env)
    expect(response.headers.get('Allow')).toBe('POST')
    await expectError(response, 405, 'method_not_allowed')
  })

  it('503, and that it was Auth0, when its keys cannot be had', async () => {
    auth0.respond(() => new Response('down', { status: 500 }))
    const response = await post(form())
    expect(response.headers.get('X-Error-Source')).toBe('auth0')
    expect(Number(response.headers.get('Retry-After'))).toBeGreaterThan(0)
    await expectError(response, 503, 'auth0_unavailable')
  })

  it('500 when a variable is missing: its name stands in the log alone', async () => {
    env = { ...env, AUTH0_AUDIENCE: '' }
    const response = await post(form())
    expect(await response.clone().text()).not.toContain('AUTH0_AUDIENCE')
    await expectError(response, 500, 'misconfigured')
    expect(logs.text()).toContain('AUTH0_AUDIENCE is required')
  })
})

describe('client authentication (RFC 6749 §2.3.1)', () => {
  const secret = 'hunter2: +%é'
  const basic = (id: string, password: string): Record<string, string> => {
    const text = [id, password].map((one) => new URLSearchParams({ one }).toString().slice(4)).join(':')
    return { Authorization: `Basic ${btoa(text)}` }
  }

  beforeEach(async () => {
    const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(secret)))
    const hex = Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('')
    env = {
      ...env,
      EXCHANGE_CLIENTS: { 'back office': hex },
      CLIENTS: { 'back office': { audiences: ['reports'] } },
    }
  })

  it('passes by HTTP Basic, form-encoded', async () => {
    expect((await post(form(), basic('back office', secret))).status).toBe(200)
  })

  it('passes by parameters', async () => {
    expect((await post(form({ client_id: 'back office', client_secret: secret }))).status).toBe(200)
  })

  it.each<[string, Parameters, Record<string, string>]>([
    ['none', {}, {}],
    ['an id alone', { client_id: 'back office' }, {}],
    ['a wrong secret', { client_id: 'back office', client_secret: 'wrong' }, {}],
    ['a secret without an id', { client_secret: secret }, {}],
    ['an unknown client', { client_id: 'unknown', client_secret: secret }, {}],
    ['an inherited name', { client_id: 'constructor', client_secret: secret }, {}],
    ['a wrong secret by Basic', {}, basic('back office', 'wrong')],
    ['Basic without a colon', {}, { Authorization: `Basic ${btoa('back office')}` }],
    ['Basic that is no base64', {}, { Authorization: 'Basic ???' }],
    ['Basic with half an encoding', {}, { Authorization: `Basic ${btoa('back%2:x')}` }],
    ['a bearer token', {}, { Authorization: 'Bearer x' }],
  ])('401 invalid_client for %s', async (_, parameters, headers) => {
    const response = await post(form(parameters), headers)
    expect(response.headers.get('WWW-Authenticate')).toMatch(/^Basic realm=/)
    await expectError(response, 401, 'invalid_client')
  })

  describe('is for the audiences of the client', () => {
    const as = (client: Record<string, unknown> | undefined, changed: Parameters = {}): Promise<Response> => {
      env = { ...env, CLIENTS: client && { 'back office': client } }
      return post(form(changed), basic('back office', secret))
    }

    it('and for no other: that one is not there (RFC 8693 §2.2.2)', async () => {
      expect((await as({ audiences: ['archive', 'reports'] })).status).toBe(200)
      const other = await as({ audiences: ['archive'] })
      const unknown = await as({ audiences: ['archive'] }, { audience: 'unknown' })
      expect(await expectError(other, 400, 'invalid_target')).toBe(
        await expectError(unknown, 400, 'invalid_target'),
      )
      expect(logs.text()).toContain('the client may not exchange for reports')
    })

    it('however the target is named', async () => {
      const resources = ['https://reports.test']
      env = { ...env, AUDIENCES: { ...AUDIENCES, reports: { ...AUDIENCES.reports, resources } } }
      const named = { audience: undefined, resource: 'https://reports.test' }
      expect((await as({ audiences: ['reports'] }, named)).status).toBe(200)
      await expectError(await as({ audiences: ['archive'] }, named), 400, 'invalid_target')
    })

    it('whatever kind of token is requested', async () => {
      const type = { requested_token_type: `${TYPE}txn_token`, scope: 'read:reports' }
      expect((await as({ audiences: ['reports'] }, type)).status).toBe(200)
      await expectError(await as({ audiences: ['archive'] }, type), 400, 'invalid_target')
    })

    it.each<[string, Record<string, unknown> | undefined]>([
      ['is not listed', undefined],
      ['has an empty list', { audiences: [] }],
    ])(
      'a client that %s may exchange for nothing, and the log says so once (RFC 6749 §5.2)',
      async (_, client) => {
        await expectError(await as(client), 400, 'unauthorized_client')
        expect(logs.text().split('client_without_audiences')).toHaveLength(2)
        expect(logs.text()).toContain('back office may exchange for nothing')
      },
    )
  })

  it('is checked before anything about the token is told', async () => {
    await expectError(await post(form({ subject_token: 'nonsense' })), 401, 'invalid_client')
  })

  it('rejects two ways at once', async () => {
    const both = await post(form({ client_secret: secret }), basic('back office', secret))
    await expectError(both, 400, 'invalid_request')
  })

  it('may be left out where that is allowed, but a wrong one is still rejected', async () => {
    env = { ...env, EXCHANGE_PUBLIC: true }
    expect((await post(form())).status).toBe(200)
    expect((await post(form({ client_id: 'spa' }))).status).toBe(200)
    await expectError(
      await post(form({ client_id: 'back office', client_secret: 'x' })),
      401,
      'invalid_client',
    )
    await expectError(await post(form(), { Authorization: 'Bearer x' }), 401, 'invalid_client')
  })

  it('cannot be left out in production unless that is said', async () => {
    env = { ...env, EXCHANGE_CLIENTS: undefined, CLIENTS: undefined, WORKER_ENV: 'production' }
    await expectError(await post(form()), 401, 'invalid_client')
  })
})

describe('HS512', () => {
  const newSecret = (): string => btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(66))))
  const urlSafe = (text: string): string => text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')

  it('signs with the one secret', async () => {
    const secret = urlSafe(newSecret())
    env = { ...gatewayEnv({ JWT_SECRET_NAME: 'SECRET', SECRET: secret }) }
    const { access_token: accessToken } = await issued()
    expect(decodeProtectedHeader(accessToken).alg).toBe('HS512')
    const service = createKit({ issuer: INTERNAL_ISSUER, audience: 'reports', verify: { secret } })
    expect(await service.verify(accessToken)).toMatchObject({ aud: 'reports' })
  })

  it('signs with the secret of the audience, which no other service has', async () => {
    const [reports, archive] = [urlSafe(newSecret()), urlSafe(newSecret())]
    env = gatewayEnv({
      JWT_SECRETS_BY_AUDIENCE: { reports: 'SECRET_R', archive: 'SECRET_A' },
      SECRET_R: reports,
      SECRET_A: archive,
    })
    const { access_token: accessToken } = await issued({ audience: 'archive' })
    const service = (secret: string): ReturnType<typeof createKit> =>
      createKit({ issuer: INTERNAL_ISSUER, audience: 'archive', verify: { secret } })
    expect(await service(archive).verify(accessToken)).toMatchObject({ aud: 'archive' })
    expect(await service(reports).safeVerify(accessToken)).toMatchObject({ reason: 'bad_signature' })
  })
})
