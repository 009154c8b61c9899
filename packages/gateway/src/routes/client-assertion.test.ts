/** `private_key_jwt` at the exchange (RFC 7523 §2.2, §3; OpenID Connect Core §9). */
import { type CryptoKey, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  catchLogs,
  expectError,
  type FakeAuth0,
  fakeAuth0,
  gatewayEnv,
  memoryKv,
  newSlot,
  plain,
} from '../testing/fixtures.ts'
import { app } from '../testing/test-gateway.ts'

const BASE_URL = 'https://gateway.test'
const ENDPOINT = `${BASE_URL}/oauth/token`
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const ALGORITHMS = ['EdDSA', 'ES256', 'PS256', 'RS256'] as const
const SECRET = 'canary-secret'

interface Key {
  readonly alg: string
  readonly privateKey: CryptoKey
  readonly jwk: Record<string, unknown>
}

let auth0: FakeAuth0
let env: Record<string, unknown>
let kv: ReturnType<typeof memoryKv>
let slot: string
/** A client of each algorithm, named by it; and one with a secret alone. */
const keys = new Map<string, Key>()
let secretHash: string
const logs = catchLogs()

async function newKey(alg: string, kid?: string): Promise<Key> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  return { alg, privateKey, jwk: plain({ ...(await exportJWK(publicKey)), kid }) }
}

function keyOf(client: string): Key {
  const key = keys.get(client)
  if (!key) throw new Error(`no key of ${client}`)
  return key
}

beforeAll(async () => {
  auth0 = await fakeAuth0()
  slot = await newSlot('slot-a')
  for (const alg of ALGORITHMS) keys.set(alg, await newKey(alg))
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(SECRET)))
  secretHash = Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('')
})
beforeEach(() => {
  vi.spyOn(globalThis, 'fetch').mockImplementation(auth0.fetch)
  kv = memoryKv()
  env = gatewayEnv({
    JWT_PRIVATE_JWK_NAME: 'SLOT_A',
    SLOT_A: slot,
    BASE_URL,
    CLIENTS: {
      ...Object.fromEntries(
        [...keys].map(([client, { jwk }]) => [client, { audiences: ['reports'], keys: [jwk] }]),
      ),
      secretive: { audiences: ['reports'] },
    },
    EXCHANGE_CLIENTS: { secretive: secretHash, RS256: secretHash.replace(/^./, 'f') },
  })
})

const now = (): number => Math.floor(Date.now() / 1000)

interface Change {
  /** Members given replace the good ones; one that is `undefined` is left out. */
  readonly claims?: Readonly<Record<string, unknown>>
  readonly header?: Readonly<Record<string, unknown>>
  readonly key?: Key
}

/** A good assertion of a client, changed as given. */
async function sign(
  client: string,
  { claims = {}, header = {}, key = keyOf(client) }: Change = {},
): Promise<string> {
  const good = {
    iss: client,
    sub: client,
    aud: ENDPOINT,
    exp: now() + 60,
    iat: now(),
    jti: crypto.randomUUID(),
  }
  return new SignJWT(plain({ ...good, ...claims }))
    .setProtectedHeader({ alg: key.alg, ...header })
    .sign(key.privateKey, { crit: { unknown: true } })
}

async function exchange(
  more: Readonly<Record<string, string>>,
  on = env,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const body = new URLSearchParams({
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    subject_token: await auth0.token(),
    audience: 'reports',
    ...more,
  })
  return app.request(ENDPOINT, { method: 'POST', headers, body }, on)
}

const asserting = (assertion: string): Record<string, string> => ({
  client_assertion_type: ASSERTION_TYPE,
  client_assertion: assertion,
})

describe('a client that signs', () => {
  it.each(ALGORITHMS)('with %s is authenticated', async (alg) => {
    expect((await exchange(asserting(await sign(alg)))).status).toBe(200)
  })

  it.each<[string, Change]>([
    ['for the address of the endpoint', {}],
    ['for the issuer', { claims: { aud: 'https://gateway.internal' } }],
    ['for a list of one', { claims: { aud: [ENDPOINT] } }],
    ['for five minutes', { claims: { exp: now() + 290 } }],
    ['with a clock that is behind', { claims: { iat: now() - 110, exp: now() - 50 } }],
    ['with a clock that is ahead', { claims: { iat: now() + 50, nbf: now() + 50, exp: now() + 110 } }],
    ['without iat', { claims: { iat: undefined } }],
    ['with a typ', { header: { typ: 'JWT' } }],
    ['with the typ of its kind', { header: { typ: 'client-authentication+jwt' } }],
    ['with a kid, which one key does not need', { header: { kid: 'any' } }],
  ])('%s is authenticated', async (_, change) => {
    expect((await exchange(asserting(await sign('EdDSA', change)))).status).toBe(200)
  })

  it('may say its id beside it', async () => {
    const parameters = { ...asserting(await sign('EdDSA')), client_id: 'EdDSA' }
    expect((await exchange(parameters)).status).toBe(200)
  })

  it('rotates its keys: of several the kid says which', async () => {
    const [older, newer] = [await newKey('ES256', 'older'), await newKey('EdDSA', 'newer')]
    const both = [older.jwk, newer.jwk]
    const on = { ...env, CLIENTS: { batch: { audiences: ['reports'], keys: both } } }
    for (const key of [older, newer]) {
      const good = await sign('batch', { key, header: { kid: key.jwk.kid } })
      expect((await exchange(asserting(good), on)).status).toBe(200)
      const other = key === older ? newer : older
      for (const header of [{}, { kid: other.jwk.kid }, { kid: 'unknown' }]) {
        const bad = await sign('batch', { key, header })
        await expectError(await exchange(asserting(bad), on), 401, 'invalid_client')
      }
    }
  })

  it('revokes as it exchanges', async () => {
    const on = { ...env, JWT_DENYLIST_NAME: 'DENYLIST', DENYLIST: kv }
    const revoke = async (assertion: string): Promise<Response> => {
      const body = new URLSearchParams({ token: 'x', ...asserting(assertion) })
      return app.request(`${BASE_URL}/oauth/revoke`, { method: 'POST', body }, on)
    }
    expect((await revoke(await sign('EdDSA'))).status).toBe(200)
    await expectError(await revoke(await sign('EdDSA', { key: keyOf('RS256') })), 401, 'invalid_client')
  })

  it('exchanges for its own audiences alone', async () => {
    const parameters = { ...asserting(await sign('EdDSA')), audience: 'archive' }
    await expectError(await exchange(parameters), 400, 'invalid_target')
  })

  it('by an algorithm that its key names goes by no other', async () => {
    const { jwk } = keyOf('RS256')
    const on = { ...env, CLIENTS: { RS256: { audiences: ['reports'], keys: [{ ...jwk, alg: 'PS256' }] } } }
    await expectError(await exchange(asserting(await sign('RS256')), on), 401, 'invalid_client')
  })
})

/** A JWS that says what it likes and is signed by nobody. */
function unsigned(header: object, payload: object | string, signature = ''): string {
  const encode = (part: object | string): string =>
    btoa(typeof part === 'string' ? part : JSON.stringify(part))
      .replaceAll('+', '-')
      .replaceAll('/', '_')
      .replaceAll('=', '')
  return `${encode(header)}.${encode(payload)}.${signature}`
}

const claimsOf = (client: string): object => ({
  iss: client,
  sub: client,
  aud: ENDPOINT,
  exp: now() + 60,
  jti: crypto.randomUUID(),
})

/** Signs with the public key as though it were a secret (RFC 8725 §2.1). */
async function confused(): Promise<string> {
  const header = { alg: 'HS256' }
  const secret = await crypto.subtle.importKey(
    'raw',
    new TextEncoder().encode(JSON.stringify(keyOf('RS256').jwk)),
    { name: 'HMAC', hash: 'SHA-256' },
    true,
    ['sign'],
  )
  return new SignJWT(claimsOf('RS256') as JWTPayload).setProtectedHeader(header).sign(secret)
}

/** Signs with a key of its own, and says so in the header (RFC 7515 §4.1.3). */
async function brought(): Promise<string> {
  const key = await newKey('EdDSA')
  return sign('EdDSA', { key, header: { jwk: key.jwk } })
}

describe('what is no authentication: all are told the same', () => {
  const changed = (claims: Readonly<Record<string, unknown>>) => () => sign('EdDSA', { claims })
  const headed = (header: Readonly<Record<string, unknown>>) => () => sign('EdDSA', { header })
  const attacks: [what: string, assertion: () => string | Promise<string>, reason: RegExp][] = [
    ['no JWT at all', () => 'nonsense', /no JWT/],
    ['one beyond 8 KiB', () => sign('EdDSA', { claims: { pad: 'x'.repeat(8192) } }), /no JWT/],
    ['alg none', () => unsigned({ alg: 'none' }, claimsOf('EdDSA')), /unsupported_alg/],
    ['HMAC with the public key', confused, /unsupported_alg/],
    ['no signature', () => unsigned({ alg: 'EdDSA' }, claimsOf('EdDSA')), /bad_signature/],
    ['a payload that is no object', () => unsigned({ alg: 'EdDSA' }, '[]'), /no JWT/],
    ['the key of another client', () => sign('EdDSA', { key: keyOf('RS256') }), /unsupported_alg/],
    ['a key of nobody', async () => sign('EdDSA', { key: await newKey('EdDSA') }), /bad_signature/],
    ['a key that it brings with it', brought, /bad_signature/],
    ['extensions that must be understood', headed({ crit: ['unknown'], unknown: true }), /no JWT/],
    ['an unknown client', () => sign('unknown', { key: keyOf('EdDSA') }), /an unknown client/],
    ['an inherited name', () => sign('constructor', { key: keyOf('EdDSA') }), /an unknown client/],
    ['a client that has a secret alone', () => sign('secretive', { key: keyOf('EdDSA') }), /without keys/],
    [
      'another client’s name, with one’s own key',
      () => sign('ES256', { key: keyOf('EdDSA') }),
      /unsupported_alg/,
    ],
    ['sub of another client', changed({ sub: 'ES256' }), /unsupported_alg/],
    ['no sub', changed({ sub: undefined }), /an unknown client/],
    ['sub that is no text', changed({ sub: ['EdDSA'] }), /an unknown client/],
    ['no iss', changed({ iss: undefined }), /iss is not sub/],
    ['another iss', changed({ iss: 'ES256' }), /iss is not sub/],
    ['no aud', changed({ aud: undefined }), /aud is not this gateway alone/],
    ['aud of another server', changed({ aud: 'https://other.test/oauth/token' }), /aud is not/],
    ['aud with one more slash', changed({ aud: `${ENDPOINT}/` }), /aud is not/],
    ['aud that is the site alone', changed({ aud: BASE_URL }), /aud is not/],
    ['aud in another case', changed({ aud: ENDPOINT.toUpperCase() }), /aud is not/],
    ['aud for another server too', changed({ aud: [ENDPOINT, 'https://other.test'] }), /aud is not/],
    ['aud twice', changed({ aud: [ENDPOINT, ENDPOINT] }), /aud is not/],
    ['no aud in the list', changed({ aud: [] }), /aud is not/],
    ['aud within a list', changed({ aud: [[ENDPOINT]] }), /aud is not/],
    ['no exp', changed({ exp: undefined }), /no exp/],
    ['exp that is text', changed({ exp: String(now() + 60) }), /no exp/],
    ['exp that has passed', changed({ exp: now() - 61 }), /expired/],
    ['exp over five minutes ahead', changed({ exp: now() + 310 }), /300 s ahead/],
    ['exp in milliseconds', changed({ exp: Date.now() }), /300 s ahead/],
    ['nbf in the future', changed({ nbf: now() + 70 }), /in the future/],
    ['iat in the future', changed({ iat: now() + 70 }), /in the future/],
    ['iat that is text', changed({ iat: 'now' }), /in the future/],
    ['no jti', changed({ jti: undefined }), /no jti/],
    ['an empty jti', changed({ jti: '' }), /no jti/],
    ['a jti that is a number', changed({ jti: 1 }), /no jti/],
    ['a jti beyond its length', changed({ jti: 'x'.repeat(257) }), /no jti/],
    ['a DPoP proof of the client', headed({ typ: 'dpop+jwt' }), /another typ/],
    ['an access token that the client signed', headed({ typ: 'at+jwt' }), /another typ/],
    ['typ that is no text', headed({ typ: 7 }), /no JWT/],
  ]
  it.each(attacks)('%s', async (_, assertion, reason) => {
    const response = await exchange(asserting(await assertion()))
    expect(await expectError(response, 401, 'invalid_client')).toBe('Client authentication failed')
    expect(logs.text()).toMatch(reason)
    // A hash may hold the letters that a token begins with, and no dot.
    expect(logs.text()).not.toMatch(/eyJ[\w-]+\./)
  })

  it('an Auth0 token, which has its own issuer', async () => {
    await expectError(await exchange(asserting(await auth0.token({ sub: 'EdDSA' }))), 401, 'invalid_client')
  })

  it('a client_id that does not agree (RFC 7521 §4.2)', async () => {
    const parameters = { ...asserting(await sign('EdDSA')), client_id: 'ES256' }
    await expectError(await exchange(parameters), 401, 'invalid_client')
  })

  it('another type of assertion, SAML for one', async () => {
    const parameters = {
      client_assertion: await sign('EdDSA'),
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer',
    }
    await expectError(await exchange(parameters), 401, 'invalid_client')
  })

  it('where the exchange is public: a bad one is never taken for none', async () => {
    const on = { ...env, EXCHANGE_PUBLIC: true }
    expect((await exchange({}, on)).status).toBe(200)
    await expectError(await exchange(asserting('nonsense'), on), 401, 'invalid_client')
  })

  it('where no client signs', async () => {
    const on = { ...env, CLIENTS: { secretive: { audiences: ['reports'] } } }
    await expectError(await exchange(asserting(await sign('EdDSA')), on), 401, 'invalid_client')
  })
})

it('an unknown client costs the check of a signature too: its absence takes as long', async () => {
  const verify = vi.spyOn(crypto.subtle, 'verify')
  await exchange(asserting(await sign('EdDSA', { key: await newKey('EdDSA') })))
  const known = verify.mock.calls.length
  verify.mockClear()
  await exchange(asserting(await sign('unknown', { key: await newKey('EdDSA') })))
  expect(known).toBe(1)
  expect(verify).toHaveBeenCalledTimes(known)
})

describe('400 invalid_request', () => {
  it.each<[string, () => Record<string, string> | Promise<Record<string, string>>, Record<string, string>]>([
    [
      'an assertion and a secret',
      async () => ({ ...asserting(await sign('RS256')), client_id: 'RS256', client_secret: SECRET }),
      {},
    ],
    [
      'an assertion and HTTP Basic',
      async () => asserting(await sign('RS256')),
      { Authorization: 'Basic eA==' },
    ],
    [
      'a type of assertion and a secret',
      () => ({ client_assertion_type: ASSERTION_TYPE, client_secret: SECRET }),
      {},
    ],
  ])('for two ways at once: %s', async (_, parameters, headers) => {
    const response = await exchange(await parameters(), env, headers)
    expect(await expectError(response, 400, 'invalid_request')).toBe('The client authenticates in two ways')
  })

  it('for half of one (RFC 7521 §4.2)', async () => {
    const alone = await exchange({ client_assertion: await sign('EdDSA') })
    expect(await expectError(alone, 400, 'invalid_request')).toContain('client_assertion_type is missing')
    const type = await exchange({ client_assertion_type: ASSERTION_TYPE })
    expect(await expectError(type, 400, 'invalid_request')).toContain('client_assertion is missing')
  })
})

describe('an assertion counts once', () => {
  it('in one isolate, whichever route it comes to, and with or without a deny-list', async () => {
    for (const more of [{}, { JWT_DENYLIST_NAME: 'DENYLIST', DENYLIST: kv }]) {
      const on = { ...env, ...more }
      const assertion = await sign('EdDSA')
      expect((await exchange(asserting(assertion), on)).status).toBe(200)
      await expectError(await exchange(asserting(assertion), on), 401, 'invalid_client')
      expect(logs.text()).toContain('used before')
    }
  })

  it('when it comes twice at the same time', async () => {
    const assertion = await sign('EdDSA')
    const statuses = await Promise.all(
      [1, 2, 3].map(async () => (await exchange(asserting(assertion))).status),
    )
    expect(statuses.sort()).toEqual([200, 401, 401])
  })

  it('by its jti: signed anew it is the same', async () => {
    const jti = crypto.randomUUID()
    expect((await exchange(asserting(await sign('EdDSA', { claims: { jti } })))).status).toBe(200)
    const again = await sign('EdDSA', { claims: { jti, exp: now() + 120 } })
    await expectError(await exchange(asserting(again)), 401, 'invalid_client')
    // A jti is unique for its issuer (RFC 7519 §4.1.7).
    expect((await exchange(asserting(await sign('ES256', { claims: { jti } })))).status).toBe(200)
  })

  it('in other isolates too, by the deny-list', async () => {
    const denylist = { JWT_DENYLIST_NAME: 'DENYLIST', DENYLIST: kv }
    const assertion = await sign('EdDSA')
    // Another object of bindings is another gateway, with a memory of its own.
    const [here, there] = [
      { ...env, ...denylist },
      { ...env, ...denylist, GATEWAY_NAME: 'there' },
    ]
    expect((await exchange(asserting(assertion), here)).status).toBe(200)
    await vi.waitFor(() => expect(kv.entries.size).toBe(1))
    expect([...kv.entries.keys()].join()).toMatch(/^rev:[\w-]{43}:jti:[\w-]{43}$/)
    await expectError(await exchange(asserting(assertion), there), 401, 'invalid_client')
  })

  it('whose use cannot be looked up is 503', async () => {
    kv.get = () => Promise.reject(new Error('canary'))
    const on = { ...env, JWT_DENYLIST_NAME: 'DENYLIST', DENYLIST: kv }
    await expectError(await exchange(asserting(await sign('EdDSA')), on), 503, 'temporarily_unavailable')
  })

  it('whose use cannot be written down is served, and reported', async () => {
    kv.put = () => Promise.reject(new Error('canary'))
    const on = { ...env, JWT_DENYLIST_NAME: 'DENYLIST', DENYLIST: kv }
    expect((await exchange(asserting(await sign('EdDSA')), on)).status).toBe(200)
    await vi.waitFor(() => expect(logs.text()).toContain('assertion_use_not_recorded'))
    expect(logs.text()).not.toContain('canary')
  })

  it('and one that is rejected leaves no trace', async () => {
    const jti = crypto.randomUUID()
    const bad = await sign('EdDSA', { claims: { jti }, key: await newKey('EdDSA') })
    await expectError(await exchange(asserting(bad)), 401, 'invalid_client')
    expect((await exchange(asserting(await sign('EdDSA', { claims: { jti } })))).status).toBe(200)
  })
})
