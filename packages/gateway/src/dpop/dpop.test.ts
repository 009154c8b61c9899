/** RFC 9449 at routes and at the exchange, clause by clause: each attack is one case, with the reason that the log has. */
import { decodeJwt, generateKeyPair } from 'jose'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type DpopClient, dpopClient, type ProofChanges } from '../testing/dpop-client.ts'
import {
  catchLogs,
  expectError,
  type FakeAuth0,
  fakeAuth0,
  gatewayEnv,
  newSlot,
  recordingService,
} from '../testing/fixtures.ts'
import { createApp } from '../app.ts'
import { gatewaysOf } from '../gateway.ts'
import { definition } from '../testing/test-gateway.ts'

const ORIGIN = 'https://app.test'
const URL_OF = `${ORIGIN}/api/x`
const EXCHANGE = `${ORIGIN}/oauth/token`
const ALGS = 'ES256 ES384 EdDSA Ed25519 PS256 RS256'
const service = recordingService()
const logs = catchLogs()

let auth0: FakeAuth0
let client: DpopClient
let thief: DpopClient
let env: Record<string, unknown>
/** Seconds by which the gateway’s clock is ahead. */
let ahead = 0

const app = createApp(
  gatewaysOf(definition, {
    now: () => Date.now() / 1000 + ahead,
    fetch: (input, init) => auth0.fetch(input, init),
  }),
)

beforeAll(async () => {
  auth0 = await fakeAuth0()
  client = await dpopClient()
  thief = await dpopClient()
  env = gatewayEnv({
    BASE_URL: ORIGIN,
    JWT_PRIVATE_JWK_NAME: 'SLOT_A',
    SLOT_A: await newSlot('slot-a'),
    CONSUMER: service,
    DPOP_NONCE: 'false',
  })
})
beforeEach(() => {
  ahead = 0
  service.received.length = 0
  service.answer = () => Response.json({ from: 'consumer' })
})

const boundToken = (cnf: unknown = { jkt: client.jkt }): Promise<string> => auth0.token({ cnf })

/** A request as a client sends it, with a proof that is changed as given. */
async function call(
  {
    token,
    changed = {},
    by = client,
    nonce,
    url = URL_OF,
    headers = {},
  }: {
    readonly token?: string
    readonly changed?: ProofChanges
    readonly by?: DpopClient
    readonly nonce?: string
    readonly url?: string
    readonly headers?: Readonly<Record<string, string>>
  } = {},
  on = env,
): Promise<Response> {
  const sent = token ?? (await boundToken())
  const proof = await by.proof({ url: URL_OF, token: sent, nonce }, changed)
  return app.request(url, { headers: { Authorization: `DPoP ${sent}`, DPoP: proof, ...headers } }, on)
}

async function exchange(
  token: string,
  {
    changed = {},
    by = client,
    headers,
    actor,
  }: {
    readonly changed?: ProofChanges
    readonly by?: DpopClient
    readonly headers?: Readonly<Record<string, string>>
    readonly actor?: string
  } = {},
  on = env,
): Promise<Response> {
  const proof = await by.proof({ method: 'POST', url: EXCHANGE, token }, changed)
  const body = new URLSearchParams({
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token: token,
    subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    audience: 'reports',
    ...(actor !== undefined && {
      ...{ actor_token: actor, actor_token_type: 'urn:ietf:params:oauth:token-type:access_token' },
    }),
  })
  return app.request(EXCHANGE, { method: 'POST', body, headers: headers ?? { DPoP: proof } }, on)
}

/** Rejected on a route: the challenge names DPoP, its algorithms and the error. Returns the detail of the log. */
async function reasonOf(response: Response, error = 'invalid_dpop_proof'): Promise<unknown> {
  await expectError(response, 401, error)
  expect(response.headers.get('WWW-Authenticate')).toBe(`DPoP error="${error}", algs="${ALGS}"`)
  expect(service.received).toEqual([])
  const [line] = await logs.of(response)
  return (line as { detail?: unknown }).detail
}

describe('a bound token on a route (§7.1)', () => {
  it('counts with a proof of its key; the service gets an internal token that is a bearer token', async () => {
    expect((await call()).status).toBe(200)
    const { headers } = service.only()
    expect(headers.get('Authorization')).toMatch(/^Bearer /)
    expect(headers.has('DPoP')).toBe(false)
    expect(decodeJwt(service.token())).not.toHaveProperty('cnf')
  })

  it.each(['dpop', 'DPOP', 'DPoP'])('counts by the scheme %s: its case does not matter', async (scheme) => {
    const token = await boundToken()
    const headers = { Authorization: `${scheme} ${token}` }
    expect((await call({ token, headers })).status).toBe(200)
  })

  it.each(['ES256', 'ES384', 'EdDSA', 'Ed25519', 'PS256', 'RS256'])('counts by a key for %s', async (alg) => {
    const by = await dpopClient(alg)
    expect((await call({ by, token: await boundToken({ jkt: by.jkt }) })).status).toBe(200)
  })

  it('sent as Bearer is rejected, with a proof and without (§7.2)', async () => {
    const token = await boundToken()
    const Authorization = `Bearer ${token}`
    expect(await reasonOf(await call({ token, headers: { Authorization } }), 'invalid_token')).toBe(
      'proof_missing',
    )
    const bare = await app.request(URL_OF, { headers: { Authorization } }, env)
    expect(await reasonOf(bare, 'invalid_token')).toBe('proof_missing')
  })

  it('sent as a subprotocol of a WebSocket is rejected: nothing proves the key there', async () => {
    const headers = {
      Upgrade: 'websocket',
      Connection: 'Upgrade',
      'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Protocol': `sealgate, sealgate.bearer.${await boundToken()}`,
    }
    const response = await app.request(URL_OF, { headers }, env)
    expect(await reasonOf(response, 'invalid_token')).toBe('proof_missing')
  })

  it('without a proof is rejected', async () => {
    const headers = { Authorization: `DPoP ${await boundToken()}` }
    expect(await reasonOf(await app.request(URL_OF, { headers }, env))).toBe('proof_missing')
  })

  it('that was stolen is rejected with a proof of the thief’s key', async () => {
    expect(await reasonOf(await call({ by: thief }), 'invalid_token')).toBe('proof_of_another_key')
  })

  it.each([
    ['a certificate', { 'x5t#S256': 'x' }],
    ['a certificate too', { jkt: 'JKT', 'x5t#S256': 'x' }],
    ['a key that is no thumbprint', { jkt: 7 }],
    ['nothing', {}],
    ['text', 'JKT'],
  ])('bound to %s is rejected, proof or not', async (_, cnf) => {
    const given: unknown = JSON.parse(JSON.stringify(cnf).replace('JKT', client.jkt))
    expect(await reasonOf(await call({ token: await boundToken(given) }), 'invalid_token')).toBe(
      'sender_constrained',
    )
  })

  it('that is bound to no key is rejected by the scheme DPoP', async () => {
    expect(await reasonOf(await call({ token: await auth0.token() }), 'invalid_token')).toBe('not_bound')
  })

  it('that has expired is rejected, whatever its proof', async () => {
    const token = await auth0.token({ cnf: { jkt: client.jkt }, iat: 1000, exp: 2000 })
    expect(await reasonOf(await call({ token }), 'invalid_token')).toBe('expired')
  })

  it.each([
    ['two tokens', (token: string) => `DPoP ${token}, DPoP ${token}`],
    ['a bearer token behind it', (token: string) => `DPoP ${token}, Bearer ${token}`],
    ['nothing', () => 'DPoP'],
    ['two spaces within', (token: string) => `DPoP ${token} ${token}`],
  ])('as %s is malformed', async (_, authorization) => {
    const token = await boundToken()
    const response = await call({ token, headers: { Authorization: authorization(token) } })
    await expectError(response, 400, 'invalid_request')
    expect(service.received).toEqual([])
  })
})

describe('a proof (§4.3)', () => {
  const now = (): number => Math.floor(Date.now() / 1000)
  const changes: readonly [what: string, changed: () => ProofChanges, reason: string][] = [
    ['no typ', () => ({ header: { typ: undefined } }), 'proof_wrong_type'],
    ['the typ of a JWT', () => ({ header: { typ: 'JWT' } }), 'proof_wrong_type'],
    ['no key', () => ({ header: { jwk: undefined } }), 'proof_bad_key'],
    ['its private key', () => ({ header: { jwk: client.privateJwk } }), 'proof_bad_key'],
    ['a key set for a key', () => ({ header: { jwk: { keys: [client.publicJwk] } } }), 'proof_bad_key'],
    [
      'a key with a key set in it',
      () => ({ header: { jwk: { ...client.publicJwk, keys: [thief.publicJwk] } } }),
      'proof_bad_key',
    ],
    ['a shared key', () => ({ header: { jwk: { kty: 'oct', k: 'AAAA' } } }), 'proof_bad_key'],
    [
      'a key for encryption',
      () => ({ header: { jwk: { ...client.publicJwk, use: 'enc' } } }),
      'proof_bad_key',
    ],
    ['the key of another', () => ({ header: { jwk: thief.publicJwk } }), 'proof_bad_signature'],
    [
      'a shared secret',
      () => ({ header: { alg: 'HS256' }, key: new Uint8Array(32) }),
      'proof_unsupported_alg',
    ],
    ['crit', () => ({ header: { crit: ['unknown'], unknown: 1 } }), 'proof_unsupported_crit'],
    ['no jti', () => ({ claims: { jti: undefined } }), 'proof_no_jti'],
    ['an empty jti', () => ({ claims: { jti: '' } }), 'proof_no_jti'],
    ['a jti of 257 characters', () => ({ claims: { jti: 'j'.repeat(257) } }), 'proof_no_jti'],
    ['no htm', () => ({ claims: { htm: undefined } }), 'proof_another_method'],
    ['another method', () => ({ claims: { htm: 'POST' } }), 'proof_another_method'],
    ['the method in lower case', () => ({ claims: { htm: 'get' } }), 'proof_another_method'],
    ['no htu', () => ({ claims: { htu: undefined } }), 'proof_another_uri'],
    ['another path', () => ({ claims: { htu: `${ORIGIN}/api/y` } }), 'proof_another_uri'],
    ['another host', () => ({ claims: { htu: 'https://evil.test/api/x' } }), 'proof_another_uri'],
    ['another scheme', () => ({ claims: { htu: 'http://app.test/api/x' } }), 'proof_another_uri'],
    ['another port', () => ({ claims: { htu: 'https://app.test:8443/api/x' } }), 'proof_another_uri'],
    ['a closing slash', () => ({ claims: { htu: `${URL_OF}/` } }), 'proof_another_uri'],
    ['a path alone', () => ({ claims: { htu: '/api/x' } }), 'proof_another_uri'],
    ['a user in its address', () => ({ claims: { htu: 'https://a@app.test/api/x' } }), 'proof_another_uri'],
    ['no iat', () => ({ claims: { iat: undefined } }), 'proof_no_iat'],
    ['an iat of over a minute ago', () => ({ claims: { iat: now() - 62 } }), 'proof_another_time'],
    ['an iat of over a minute ahead', () => ({ claims: { iat: now() + 63 } }), 'proof_another_time'],
    ['no ath', () => ({ claims: { ath: undefined } }), 'proof_another_token'],
    ['the hash of another token', () => ({ claims: { ath: 'x'.repeat(43) } }), 'proof_another_token'],
  ]

  it.each(changes)('with %s is rejected', async (_, changed, reason) => {
    expect(await reasonOf(await call({ changed: changed() }))).toBe(reason)
  })

  it('of another kind of JWT is rejected: an access token is none', async () => {
    const token = await boundToken()
    expect(await reasonOf(await call({ token, headers: { DPoP: token } }))).toBe('proof_wrong_type')
  })

  it.each([
    [1024, 171],
    [8200, 1367],
  ])('of an RSA key of %i bits is rejected', async (_, length) => {
    const { privateKey } = await generateKeyPair('RS256')
    const jwk = { kty: 'RSA', e: 'AQAB', n: `v${'A'.repeat(length - 1)}` }
    const changed = { header: { alg: 'RS256', jwk }, key: privateKey }
    expect(await reasonOf(await call({ changed }))).toBe('proof_bad_key')
  })

  it('of two headers is rejected', async () => {
    const token = await boundToken()
    const headers = new Headers({ Authorization: `DPoP ${token}` })
    for (let count = 0; count < 2; count++) headers.append('DPoP', await client.proof({ url: URL_OF, token }))
    expect(await reasonOf(await app.request(URL_OF, { headers }, env))).toBe('proof_malformed')
  })

  it.each([
    ['upper case and the usual port', 'HTTPS://APP.test:443/api/x'],
    ['a query and a fragment', `${URL_OF}?a=b#c`],
    ['dot segments', `${ORIGIN}/api/./y/../x`],
    ['an unreserved character encoded', `${ORIGIN}/api/%78`],
  ])('counts with an address of %s: it is the same (RFC 3986 §6.2)', async (_, htu) => {
    expect((await call({ changed: { claims: { htu } } })).status).toBe(200)
  })

  it('counts for any query of its address', async () => {
    expect((await call({ url: `${URL_OF}?page=2` })).status).toBe(200)
  })

  it('names the public address, whatever host the request came by', async () => {
    expect((await call({ url: 'https://gateway.workers.test/api/x' })).status).toBe(200)
    const htu = 'https://gateway.workers.test/api/x'
    service.received.length = 0
    expect(await reasonOf(await call({ url: htu, changed: { claims: { htu } } }))).toBe('proof_another_uri')
  })

  it('counts once (§11.1)', async () => {
    const token = await boundToken()
    const DPoP = await client.proof({ url: URL_OF, token })
    expect((await call({ token, headers: { DPoP } })).status).toBe(200)
    service.received.length = 0
    expect(await reasonOf(await call({ token, headers: { DPoP } }))).toBe('proof_used')
  })

  it('that was used for one token of a key is used for all of them', async () => {
    const changed = { claims: { jti: 'the-same' } }
    expect((await call({ changed })).status).toBe(200)
    service.received.length = 0
    expect(await reasonOf(await call({ changed }))).toBe('proof_used')
  })

  it('is not remembered for a token that is not bound to its key: nobody fills the memory with made-up keys', async () => {
    const changed = { claims: { jti: 'thrice' } }
    const stranger = await boundToken({ jkt: thief.jkt })
    expect(await reasonOf(await call({ token: stranger, changed }), 'invalid_token')).toBe(
      'proof_of_another_key',
    )
    expect((await call({ changed })).status).toBe(200)
  })
})

describe('a nonce (§8, §9)', () => {
  const withNonce = (): Record<string, unknown> => ({ ...env, DPOP_NONCE: '' })

  /** A nonce of this gateway, as a client gets one. */
  async function nonceOf(on: Record<string, unknown>): Promise<string> {
    const response = await call({}, on)
    expect(await reasonOf(response, 'use_dpop_nonce')).toBe('no nonce')
    expect(response.headers.get('Cache-Control')).toBe('no-store')
    return response.headers.get('DPoP-Nonce') ?? ''
  }

  it('is requested unless the configuration says otherwise, and then counts for many proofs', async () => {
    const on = withNonce()
    const nonce = await nonceOf(on)
    expect(nonce).toMatch(/^\d+\.[0-9a-f]{32}$/)
    for (let count = 0; count < 3; count++) {
      const response = await call({ nonce }, on)
      expect(response.status).toBe(200)
      expect(response.headers.has('DPoP-Nonce')).toBe(false)
    }
  })

  it('is renewed before it ends: a response brings the next', async () => {
    const on = withNonce()
    const nonce = await nonceOf(on)
    ahead = 200
    const iat = Math.floor(Date.now() / 1000) + ahead
    const response = await call({ nonce, changed: { claims: { iat } } }, on)
    expect(response.status).toBe(200)
    expect(response.headers.get('Cache-Control')).toBe('no-store')
    const next = response.headers.get('DPoP-Nonce') ?? ''
    expect(next).not.toBe(nonce)
    expect((await call({ nonce: next, changed: { claims: { iat } } }, on)).status).toBe(200)
  })

  it('that is over is rejected, and the next given', async () => {
    const on = withNonce()
    const nonce = await nonceOf(on)
    ahead = 301
    const changed = { claims: { iat: Math.floor(Date.now() / 1000) + ahead } }
    const response = await call({ nonce, changed }, on)
    expect(await reasonOf(response, 'use_dpop_nonce')).toBe('a nonce that is over')
    expect(response.headers.get('DPoP-Nonce')).toMatch(/^\d+\./)
  })

  it.each([
    ['of another gateway', (nonce: string) => nonce],
    ['with another time', (nonce: string) => nonce.replace(/^\d+/, (time) => String(Number(time) + 60))],
    ['of nothing', () => ''],
    ['made up', () => 'nonce'],
  ])('%s is rejected', async (_, change) => {
    const on = withNonce()
    const other = { ...withNonce(), LOG_HASH_KEY: 'another key of another gateway' }
    const nonce = change(await nonceOf(other))
    expect(await reasonOf(await call({ nonce }, on), 'use_dpop_nonce')).toBe('a nonce that is over')
  })

  it('of another isolate with the same key counts', async () => {
    const nonce = await nonceOf(withNonce())
    expect((await call({ nonce }, withNonce())).status).toBe(200)
  })

  it('that is no text is rejected', async () => {
    expect(await reasonOf(await call({ changed: { claims: { nonce: 7 } } }))).toBe('proof_malformed')
  })

  it('of a service does not reach the client', async () => {
    service.answer = () => new Response('x', { headers: { 'DPoP-Nonce': 'of-the-service' } })
    expect((await call()).headers.has('DPoP-Nonce')).toBe(false)
  })
})

describe('with DPOP=required', () => {
  const required = (): Record<string, unknown> => ({ ...env, DPOP: 'required' })

  it('a bound token counts, and one that is not bound does not', async () => {
    expect((await call({}, required())).status).toBe(200)
    service.received.length = 0
    const headers = { Authorization: `Bearer ${await auth0.token()}` }
    const response = await app.request(URL_OF, { headers }, required())
    expect(await reasonOf(response, 'invalid_token')).toBe('not_bound')
  })

  it('a caller without credentials is told the scheme', async () => {
    const response = await app.request(URL_OF, {}, required())
    await expectError(response, 401, 'unauthorized')
    expect(response.headers.get('WWW-Authenticate')).toBe(`DPoP algs="${ALGS}"`)
  })

  it('an exchange needs a proof', async () => {
    const response = await exchange(await auth0.token(), { headers: {} }, required())
    await expectError(response, 400, 'invalid_dpop_proof')
  })

  it('an exchange takes no token of an actor but one that is bound to the key of its proof', async () => {
    const AUDIENCES = { reports: { permissions: ['read:reports'], roles: [], actors: ['auth0|bot'] } }
    const on = { ...required(), AUDIENCES }
    const detailOf = async (actor: string): Promise<unknown> => {
      const response = await exchange(await boundToken(), { actor }, on)
      await expectError(response.clone(), 400, 'invalid_request')
      const [line] = await logs.of(response)
      return (line as { detail?: unknown }).detail
    }
    expect(await detailOf(await auth0.token({ sub: 'auth0|bot' }))).toBe('not_bound')
    const stolen = await auth0.token({ sub: 'auth0|bot', cnf: { jkt: thief.jkt } })
    expect(await detailOf(stolen)).toBe('proof_of_another_key')
    const own = await auth0.token({ sub: 'auth0|bot', cnf: { jkt: client.jkt } })
    expect((await exchange(await boundToken(), { actor: own }, on)).status).toBe(200)
  })

  it('without it, tokens that are not bound count as ever', async () => {
    const headers = { Authorization: `Bearer ${await auth0.token()}` }
    expect((await app.request(URL_OF, { headers }, env)).status).toBe(200)
  })
})

describe('an exchange (§5)', () => {
  async function detailOf(response: Response, error = 'invalid_dpop_proof'): Promise<unknown> {
    await expectError(response, 400, error)
    const [line] = await logs.of(response)
    return (line as { detail?: unknown }).detail
  }

  it('of a bound token with a proof of its key issues a bearer token', async () => {
    const response = await exchange(await boundToken())
    expect(response.status).toBe(200)
    const body = await response.json<{ access_token: string; token_type: string }>()
    expect(body.token_type).toBe('Bearer')
    expect(decodeJwt(body.access_token)).not.toHaveProperty('cnf')
  })

  it('of a bound token without a proof is rejected', async () => {
    expect(await detailOf(await exchange(await boundToken(), { headers: {} }))).toBe('proof_missing')
  })

  it('of a stolen token with a proof of the thief’s key is rejected', async () => {
    expect(await detailOf(await exchange(await boundToken(), { by: thief }))).toBe('proof_of_another_key')
  })

  it('of a token that is not bound, with a proof, is rejected: whoever sends one wants it to count', async () => {
    expect(await detailOf(await exchange(await auth0.token()))).toBe('not_bound')
  })

  it('does not take a proof for a route, nor a route one for it', async () => {
    const token = await boundToken()
    const ofRoute = { claims: { htm: 'GET', htu: URL_OF } }
    expect(await detailOf(await exchange(token, { changed: ofRoute }))).toBe('proof_another_method')
    const ofExchange = { claims: { htm: 'POST', htu: EXCHANGE } }
    expect(await reasonOf(await call({ changed: ofExchange }))).toBe('proof_another_method')
  })

  it('takes a proof without ath, as clients make it for a token endpoint, and none of another token', async () => {
    const token = await boundToken()
    expect((await exchange(token, { changed: { claims: { ath: undefined } } })).status).toBe(200)
    const changed = { claims: { ath: 'x'.repeat(43) } }
    expect(await detailOf(await exchange(token, { changed }))).toBe('proof_another_token')
  })

  it('takes a proof once', async () => {
    const changed = { claims: { jti: 'of-an-exchange' } }
    expect((await exchange(await boundToken(), { changed })).status).toBe(200)
    expect(await detailOf(await exchange(await boundToken(), { changed }))).toBe('proof_used')
  })

  it('requests a nonce with 400, and takes it', async () => {
    const on = { ...env, DPOP_NONCE: '' }
    const token = await boundToken()
    const response = await exchange(token, {}, on)
    expect(await detailOf(response, 'use_dpop_nonce')).toBe('no nonce')
    const nonce = response.headers.get('DPoP-Nonce')
    expect((await exchange(token, { changed: { claims: { nonce } } }, on)).status).toBe(200)
  })

  it('of a token bound to a certificate is rejected as a subject token', async () => {
    const response = await exchange(await boundToken({ 'x5t#S256': 'x' }), { headers: {} })
    expect(await detailOf(response, 'invalid_request')).toBe('sender_constrained')
  })
})

describe('a page of another origin', () => {
  it('may send a proof, and read the nonce', async () => {
    const on = { ...env, CORS_ORIGINS: 'https://page.test' }
    const Origin = 'https://page.test'
    const preflight = await app.request(
      URL_OF,
      { method: 'OPTIONS', headers: { Origin, 'Access-Control-Request-Method': 'GET' } },
      on,
    )
    expect(preflight.headers.get('Access-Control-Allow-Headers')?.split(', ')).toContain('dpop')
    const response = await call({ headers: { Origin } }, on)
    expect(response.headers.get('Access-Control-Expose-Headers')?.split(', ')).toContain('DPoP-Nonce')
  })
})
