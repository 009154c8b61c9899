import { countCryptoCalls } from '../../../../test/support/crypto-calls.ts'
import { createKit } from './create-kit.ts'
import { importJWK, jwtVerify, SignJWT } from 'jose'
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Auth } from '../claims/types.ts'
import { ClaimsError, ConfigError, KeysUnavailableError, type TokenReason } from '../errors.ts'
import { issueInternal } from './issuer.ts'
import type { Kit } from './kit.ts'
import type { KitConfig } from '../config/from-options.ts'
import { generateSecret, policy, type Revocation } from '../index.ts'
import { thumbprintOf } from '../jose/thumbprint.ts'
import { createTestIssuer, rawToken, type TestIssuer } from '../testing/test-issuer.ts'

const NOW = 1_800_000_000
const ISSUER = 'https://issuer.test'
let time = NOW
const now = () => time

/** A private JWK as kit-keygen prints it. */
async function privateJwk(kid: string, nbf = 0): Promise<Record<string, unknown>> {
  const pair = await crypto.subtle.generateKey({ name: 'Ed25519' }, true, ['sign', 'verify'])
  if (!('privateKey' in pair)) throw new Error('no pair')
  const { x, d } = (await crypto.subtle.exportKey('jwk', pair.privateKey)) as { x?: string; d?: string }
  return { kty: 'OKP', crv: 'Ed25519', x, kid, alg: 'EdDSA', use: 'sig', d, nbf }
}

let jwk: Record<string, unknown>
let secret: string
let eddsa: Kit
let hs512: Kit

function kitOf(config: Partial<KitConfig> = {}): Kit {
  return createKit({
    issuer: ISSUER,
    audience: 'reports',
    sign: { privateJwk: jwk },
    now,
    onEvent: () => undefined,
    ...config,
  })
}

beforeAll(async () => {
  jwk = await privateJwk('key-1')
  secret = generateSecret()
})
beforeEach(() => {
  time = NOW
  eddsa = kitOf()
  hs512 = kitOf({ sign: { secret } })
})

const header = { alg: 'EdDSA', typ: 'JWT', kid: 'key-1' }
const claims = { iss: ISSUER, aud: 'reports', sub: 'user-1', iat: NOW, exp: NOW + 300 }

/** A token signed by jose with our key: whatever is in it, its signature is good. */
async function signed(own: object = {}, ownHeader: object = {}): Promise<string> {
  const { d, x } = jwk
  const key = await importJWK({ kty: 'OKP', crv: 'Ed25519', x: String(x), d: String(d) }, 'EdDSA')
  return new SignJWT({ ...claims, ...own }).setProtectedHeader({ ...header, ...ownHeader }).sign(key)
}

describe('signing', () => {
  it('makes tokens that jose verifies, in both modes', async () => {
    const { kty, crv, x } = jwk
    const publicKey = await importJWK({ kty: String(kty), crv: String(crv), x: String(x) } as never, 'EdDSA')
    const options = { issuer: ISSUER, audience: 'reports', currentDate: new Date(NOW * 1000) }
    const one = await jwtVerify(await eddsa.sign({ sub: 'user-1', permissions: ['a'] }), publicKey, options)
    expect(one.protectedHeader).toEqual(header)
    expect(one.payload).toMatchObject({ ...claims, exp: NOW + 900, permissions: ['a'] })
    const bytes = Uint8Array.from(atob(secret.replaceAll('-', '+').replaceAll('_', '/')), (c) =>
      c.charCodeAt(0),
    )
    const two = await jwtVerify(await hs512.sign({ sub: 'user-1' }), bytes, options)
    expect(two.protectedHeader).toEqual({ alg: 'HS512', typ: 'JWT' })
  })

  const mistakes: [what: string, claims: object, options?: object][] = [
    ['no subject', {}],
    ['an empty subject', { sub: '' }],
    ['iss among the claims', { sub: 'a', iss: 'b' }],
    ['exp among the claims', { sub: 'a', exp: 1 }],
    ['act, which the kit sets', { sub: 'a', act: { sub: 'b' } }],
    ['kind, which the kit sets', { sub: 'a', kind: 'user' }],
    ['a date', { sub: 'a', at: new Date(0) }],
    ['NaN', { sub: 'a', n: Number.NaN }],
    ['a function', { sub: 'a', f: () => 1 }],
    ['a lifetime that is too long', { sub: 'a' }, { ttlSeconds: 3601 }],
    ['a lifetime of nothing', { sub: 'a' }, { ttlSeconds: 0 }],
    ['two audiences', { sub: 'a' }, { aud: ['b', 'c'] }],
    ['a token that is too large', { sub: 'a', filler: 'x'.repeat(8192) }],
  ]
  it.each(mistakes)('rejects %s', async (_, own, options) => {
    await expect(eddsa.sign(own as { sub: string }, options)).rejects.toThrow(ClaimsError)
  })

  it('needs a key of its own', async () => {
    const issuer = await createTestIssuer({ now })
    const consumer = createKit({ issuer: ISSUER, audience: 'a', verify: { jwksService: issuer.binding } })
    await expect(consumer.sign({ sub: 'a' })).rejects.toThrow(
      /^this kit has no key to sign with: set JWT_PRIVATE_JWK_NAME \(EdDSA\) or JWT_SECRET_NAME \(HS512\)/,
    )
    await expect(consumer.sign({ sub: 'a' })).rejects.toBeInstanceOf(ConfigError)
    expect(await consumer.jwks()).toEqual({ keys: [] })
    expect(await hs512.jwks()).toEqual({ keys: [] })
  })

  it('is called createToken, too', async () => {
    const token = await eddsa.createToken({ sub: 'a' }, { ttlSeconds: 60 })
    expect(await eddsa.verify(token)).toMatchObject({ sub: 'a', exp: NOW + 60 })
  })

  it('needs an audience when several are configured', async () => {
    const kit = kitOf({ audience: ['a', 'b'] })
    await expect(kit.sign({ sub: 'x' })).rejects.toThrow(/option aud/)
    expect(await kit.verify(await kit.sign({ sub: 'x' }, { aud: 'b' }))).toMatchObject({ aud: 'b' })
  })
})

describe('verifying', () => {
  const rejections: [reason: TokenReason, what: string, token: () => Promise<string> | string][] = [
    ['malformed', 'two segments', () => 'a.b'],
    ['malformed', 'four segments', async () => `${await signed()}.x`],
    ['malformed', 'padding', async () => `${await signed()}=`],
    ['malformed', 'a space before it', async () => ` ${await signed()}`],
    ['malformed', 'letters beyond ASCII', async () => (await signed()).replace('.', '.é')],
    ['malformed', 'a header that is no object', () => rawToken([], claims)],
    ['too_large', 'more than 8 KiB', () => 'a'.repeat(8193)],
    ['unsupported_alg', 'alg none', () => rawToken({ ...header, alg: 'none' }, claims, new Uint8Array(0))],
    ['unsupported_alg', 'alg noNE', () => rawToken({ ...header, alg: 'noNE' }, claims)],
    ['unsupported_alg', 'HS512 where EdDSA is configured', () => hs512.sign({ sub: 'user-1' })],
    ['unsupported_alg', 'RS256', () => rawToken({ ...header, alg: 'RS256' }, claims)],
    ['unsupported_crit', 'crit', () => rawToken({ ...header, crit: ['exp'] }, claims)],
    ['unsupported_crit', 'b64', () => rawToken({ ...header, b64: false }, claims)],
    ['wrong_type', 'another typ', () => signed({}, { typ: 'at+jwt' })],
    ['missing_kid', 'no kid', () => signed({}, { kid: undefined })],
    ['malformed', 'a kid of 257 characters', () => signed({}, { kid: 'k'.repeat(257) })],
    ['unknown_kid', 'an unknown kid', () => signed({}, { kid: 'key-2' })],
    ['bad_signature', 'a signature of zeros', () => rawToken(header, claims)],
    ['bad_signature', 'a signature that is too short', () => rawToken(header, claims, new Uint8Array(63))],
    ['missing_claim', 'no sub', () => signed({ sub: undefined })],
    ['missing_claim', 'no exp', () => signed({ exp: undefined })],
    ['missing_claim', 'no iat', () => signed({ iat: undefined })],
    ['invalid_claim', 'an empty sub', () => signed({ sub: '' })],
    ['invalid_claim', 'exp before iat', () => signed({ exp: NOW - 1 })],
    ['invalid_claim', 'a kind that is none', () => signed({ kind: 'robot' })],
    ['too_old', 'a lifetime of more than an hour', () => signed({ exp: NOW + 3601 })],
    ['issued_in_future', 'iat beyond the leeway', () => signed({ iat: NOW + 91 })],
    ['expired', 'exp past the leeway', () => signed({ iat: NOW - 900, exp: NOW - 90 })],
    ['not_yet_valid', 'nbf beyond the leeway', () => signed({ nbf: NOW + 91 })],
    ['wrong_issuer', 'an issuer with a slash more', () => signed({ iss: `${ISSUER}/` })],
    ['wrong_audience', 'a part of the audience', () => signed({ aud: 'report' })],
    ['wrong_audience', 'a list that lacks it', () => signed({ aud: ['a', 'b'] })],
    ['request_mismatch', 'bound to a request', () => signed({ req: 'hash' })],
  ]
  it.each(rejections)('rejects as %s: %s', async (reason, _, token) => {
    const text = await token()
    expect(await eddsa.safeVerify(text)).toMatchObject({ ok: false, reason })
    expect(await eddsa.verify(text)).toBeNull()
    const decision = await eddsa.authorize(text)
    expect(decision).toMatchObject({ granted: false, status: 401, error: 'invalid_token', reason })
    expect(JSON.stringify(decision)).not.toContain(text.slice(0, 60))
  })

  it('accepts at the very edge of the leeway', async () => {
    for (const own of [{ iat: NOW + 90 }, { iat: NOW - 900, exp: NOW - 89 }, { nbf: NOW + 90 }]) {
      expect((await eddsa.safeVerify(await signed(own))).ok).toBe(true)
    }
  })

  it('never reads jwk, jku, x5u or x5c', async () => {
    const { kty, crv, x } = await privateJwk('key-1')
    const token = await signed(
      {},
      { jwk: { kty, crv, x }, jku: 'https://evil.example', x5c: ['AAAA'], x5u: 'https://evil.example' },
    )
    expect((await eddsa.safeVerify(token)).ok).toBe(true)
  })

  it('rejects HS512 keyed with the public key', async () => {
    const bytes = new TextEncoder().encode(String(jwk.x).padEnd(64, '='))
    const token = await new SignJWT(claims).setProtectedHeader({ alg: 'HS512', kid: 'key-1' }).sign(bytes)
    expect(await eddsa.safeVerify(token)).toMatchObject({ reason: 'unsupported_alg' })
  })

  it('rejects a token with any one character changed', async () => {
    const token = await signed()
    for (let index = 0; index < token.length; index += 3) {
      const changed = token[index] === 'A' ? 'B' : 'A'
      const text = token.slice(0, index) + changed + token.slice(index + 1)
      expect(await eddsa.verify(text)).toBeNull()
    }
  })

  it('rejects options that would let everything through', async () => {
    await expect(eddsa.verify(await signed(), { leewaySeconds: Number.NaN })).rejects.toThrow(ConfigError)
    await expect(eddsa.verify(await signed(), { aud: [] })).rejects.toThrow(ConfigError)
  })

  it('accepts what is no text for malformed', async () => {
    for (const odd of [undefined, 7, {}, null]) {
      expect(await eddsa.safeVerify(odd as string)).toMatchObject({
        reason: 'malformed',
        detail: 'the token is not a string',
      })
    }
  })
})

describe('decisions', () => {
  const request = (authorization?: string) =>
    new Request(
      'https://reports.test/',
      authorization === undefined ? {} : { headers: { Authorization: authorization } },
    )

  it('read the one bearer token of a request', async () => {
    const token = await signed()
    for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
      expect((await eddsa.authorize(request(`${scheme} ${token}`))).granted).toBe(true)
    }
  })

  it('challenge a caller without credentials barely, and one with two or a broken one with 400', async () => {
    expect(await eddsa.authorize(request())).toMatchObject({
      status: 401,
      challenge: 'Bearer',
      reason: 'no_credentials',
      detail: 'the request has no bearer token',
    })
    for (const broken of ['Bearer', 'Bearer a b', 'Bearer a, Bearer b']) {
      expect(await eddsa.authorize(request(broken))).toMatchObject({
        status: 400,
        error: 'invalid_request',
        reason: 'malformed_credentials',
        detail: 'the Authorization header is not one bearer token',
      })
    }
  })

  it('judge a token once, though it is denied at once', async () => {
    const clock = vi.fn(now)
    const kit = kitOf({ now: clock })
    const token = await signed()
    await kit.verify(token)
    time = NOW + 600
    const judged = async (judge: () => Promise<unknown>): Promise<number> => {
      clock.mockClear()
      await judge()
      return clock.mock.calls.length
    }
    const verifying = await judged(() => kit.safeVerify(token))
    expect(verifying).toBeGreaterThan(0)
    expect(await judged(() => kit.authorize(request(`Bearer ${token}`)))).toBe(verifying)
  })

  it('are the same without rules and with null, as code in plain JavaScript may say it', async () => {
    const token = await signed()
    for (const rules of [undefined, null]) {
      expect(await eddsa.checkAuth(token, rules as undefined)).toMatchObject({ sub: 'user-1' })
      expect((await eddsa.authorize(token, rules as undefined)).granted).toBe(true)
    }
  })

  it('say which rules failed, with 403', async () => {
    const decision = await eddsa.authorize(await signed(), policy().needAll('read:reports'))
    expect(decision).toMatchObject({
      status: 403,
      error: 'insufficient_scope',
      reason: 'insufficient_rights',
      detail: 'the policy does not grant this',
      failed: ['has the permission read:reports'],
    })
  })

  it('let an anonymous caller pass only where the policy says so', async () => {
    const token = await signed({ kind: 'anonymous' })
    expect(await eddsa.authorize(token)).toMatchObject({
      status: 401,
      reason: 'anonymous',
      detail: 'the caller is anonymous and the policy does not allow that',
    })
    expect(await eddsa.checkAuth(token, policy().needAll('a'))).toBeNull()
    expect((await eddsa.authorize(token, policy().allowAnonymous())).granted).toBe(true)
  })

  it('go to onDecision', async () => {
    const seen: unknown[] = []
    const onDecision = (decision: unknown) => void seen.push(decision)
    const decision = await eddsa.authorize(await signed(), undefined, { onDecision })
    expect(seen).toEqual([decision])
  })

  it('wait for a schema that is asynchronous', async () => {
    const rules = eddsa.policy().claims<{ tid: string }>({
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: (value) =>
          Promise.resolve(
            (value as { tid?: unknown }).tid === 'acme' ? { value: { tid: 'ACME' } } : { issues: [] },
          ),
      },
    })
    expect(await eddsa.authorize(await signed({ tid: 'acme' }), rules)).toMatchObject({
      granted: true,
      auth: { claims: { tid: 'ACME' } },
    })
    expect(await eddsa.authorize(await signed({ tid: 'other' }), rules)).toMatchObject({ status: 403 })
  })

  it('take the policy’s own audience', async () => {
    const token = await signed({ aud: 'other' })
    expect(await eddsa.checkAuth(token)).toBeNull()
    expect(await eddsa.checkAuth(token, policy().base({ aud: 'other' }))).not.toBeNull()
  })

  it('are a ConfigError for what is no policy', async () => {
    await expect(eddsa.authorize(await signed(), {} as never)).rejects.toThrow(ConfigError)
  })
})

describe('keys that cannot be had', () => {
  let issuer: TestIssuer
  beforeEach(async () => {
    issuer = await createTestIssuer({ now })
    issuer.break()
  })
  const consumer = () =>
    createKit({
      issuer: ISSUER,
      audience: 'test-service',
      verify: { jwksService: issuer.binding },
      now,
      onEvent: () => undefined,
    })

  it('are 503 in a decision, and thrown elsewhere', async () => {
    const kit = consumer()
    const token = await issuer.token()
    expect(await kit.authorize(token)).toMatchObject({
      granted: false,
      status: 503,
      reason: 'keys_unavailable',
    })
    await expect(kit.verify(token)).rejects.toMatchObject({ code: 'ERR_KEYS_UNAVAILABLE' })
    await expect(kit.safeVerify(token)).rejects.toMatchObject({ code: 'ERR_KEYS_UNAVAILABLE' })
    await expect(kit.checkAuth(token)).rejects.toMatchObject({ status: 503 })
  })

  it('are not requested on account of a token that could never pass', async () => {
    const kit = consumer()
    for (const text of [
      'nonsense',
      rawToken({ alg: 'none' }, {}),
      'a'.repeat(9000),
      rawToken({ alg: 'EdDSA' }, {}),
    ]) {
      expect(await kit.verify(text)).toBeNull()
    }
    expect(issuer.binding.fetches).toBe(0)
  })

  it('do not end a token that was verified before, while the set may serve', async () => {
    issuer.mend()
    const kit = consumer()
    const token = await issuer.token({}, { ttlSeconds: 3000 })
    expect((await kit.authorize(token)).granted).toBe(true)
    issuer.break()
    time = NOW + 1199
    expect((await kit.authorize(token)).granted).toBe(true)
    time = NOW + 1300
    expect(await kit.authorize(token)).toMatchObject({ status: 503 })
  })

  it('withdrawn, end the tokens that they signed, cached or not', async () => {
    issuer.mend()
    const kit = consumer()
    const token = await issuer.token({}, { ttlSeconds: 3000 })
    expect((await kit.authorize(token)).granted).toBe(true)
    await issuer.rotate({ withdraw: true })
    time = NOW + 301
    expect(await kit.authorize(token)).toMatchObject({ status: 401, reason: 'unknown_kid' })
  })
})

describe('the verified-token cache', () => {
  it('checks the clock at every hit', async () => {
    const token = await signed()
    expect(await eddsa.verify(token)).not.toBeNull()
    time = NOW + 390
    expect(await eddsa.safeVerify(token)).toMatchObject({ reason: 'expired' })
  })

  it('asks the key source at every hit, so that hits alone keep the JWKS fresh', async () => {
    const issuer = await createTestIssuer({ now })
    const verify = { jwksService: issuer.binding }
    const consumer = createKit({ issuer: ISSUER, audience: 'test-service', verify, now })
    const token = await issuer.token({}, { ttlSeconds: 3000 })
    for (const [seconds, fetches] of [
      [0, 1],
      [200, 1],
      [301, 2],
      [602, 3],
    ] as const) {
      time = NOW + seconds
      expect(await consumer.verify(token)).not.toBeNull()
      expect(issuer.binding.fetches).toBe(fetches)
    }
  })

  it('runs this call’s own options and policy at every hit', async () => {
    const token = await signed()
    await eddsa.verify(token)
    expect(await eddsa.safeVerify(token, { aud: 'other' })).toMatchObject({ reason: 'wrong_audience' })
    expect(await eddsa.checkAuth(token, policy().needAll('x'))).toBeNull()
    expect(await eddsa.safeVerify(token, { typ: 'at+jwt' })).toMatchObject({ reason: 'wrong_type' })
  })

  it('makes no crypto call for a token that it has seen, and one each when it is off', async () => {
    const off = kitOf({ tokenCacheEntries: 0 })
    // A slot's pair is checked once, when it is loaded.
    await Promise.all([
      eddsa.verify(await eddsa.sign({ sub: 'a' })),
      off.verify(await off.sign({ sub: 'a' })),
    ])
    const token = await signed()
    const calls = countCryptoCalls()
    for (let round = 0; round < 5; round++) await eddsa.verify(token)
    expect(calls().verify).toBe(1)
    for (let round = 0; round < 5; round++) await off.verify(token)
    expect(calls().verify).toBe(6)
    vi.restoreAllMocks()
  })

  it('cannot be changed through what it gives', async () => {
    const token = await signed({ permissions: ['a'], deep: { list: [1] } })
    const first = await eddsa.verify(token)
    expect(() => (first?.permissions as string[]).push('b')).toThrow(TypeError)
    expect(() => Object.assign(first?.deep as object, { more: 1 })).toThrow(TypeError)
    expect(await eddsa.verify(token)).toMatchObject({ permissions: ['a'] })
  })
})

describe('pins', () => {
  it('reject a denied key, and any that is not allowed, on every key source', async () => {
    const token = await signed()
    const publicJwk = { kty: 'OKP', crv: 'Ed25519', x: jwk.x, kid: 'key-1' }
    const answer = () => Promise.resolve(Response.json({ keys: [publicJwk] }))
    const sources: Pick<KitConfig, 'verify' | 'fetch'>[] = [
      { verify: { publicJwk } },
      { verify: { jwksService: { fetch: answer } } },
      { verify: { jwksUrl: 'https://keys.test/jwks.json' }, fetch: answer },
    ]
    const other = 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k'
    const thumbprint = await thumbprintOf(String(jwk.x))
    for (const source of sources) {
      const kitWith = (pins: Partial<KitConfig>) =>
        createKit({ issuer: ISSUER, audience: 'reports', ...source, now, onEvent: () => undefined, ...pins })
      expect(await kitWith({ allowedThumbprints: [thumbprint] }).verify(token)).not.toBeNull()
      for (const pins of [{ allowedThumbprints: [other] }, { deniedThumbprints: [thumbprint] }]) {
        expect(await kitWith(pins).safeVerify(token)).toMatchObject({ reason: 'denied_key' })
      }
    }
  })
})

describe('a description', () => {
  it.each<[source: string, config: () => Pick<KitConfig, 'sign' | 'verify'>]>([
    ['own', () => ({ sign: { privateJwk: jwk } })],
    ['secret', () => ({ sign: { secret } })],
    ['url', () => ({ verify: { jwksUrl: 'https://keys.test/jwks.json' } })],
    ['service', () => ({ verify: { jwksService: { fetch: () => Promise.resolve(Response.error()) } } })],
    ['inline', () => ({ verify: { publicJwk: { kty: 'OKP', crv: 'Ed25519', x: jwk.x, kid: 'key-1' } } })],
  ])(
    'says that its keys come from the source %s, and what the kit signs with, if anything',
    async (source, config) => {
      const keys = config()
      const kit = createKit({ issuer: ISSUER, audience: 'reports', ...keys, now })
      const mode = source === 'secret' ? 'HS512' : 'EdDSA'
      const described = await kit.describe()
      expect(described).toMatchObject({ issuer: ISSUER, audiences: ['reports'], verify: { source, mode } })
      expect(described.sign?.mode).toBe(keys.sign ? mode : undefined)
    },
  )

  it('names what is wrong with a signing key, before anything was signed', async () => {
    const { d } = await privateJwk('key-1')
    const { sign } = await kitOf({ sign: { privateJwk: { ...jwk, d } } }).describe()
    expect(sign?.slots).toMatchObject([
      {
        kid: 'key-1',
        state: 'skipped',
        problem: expect.stringMatching(/^its halves do not belong/) as string,
      },
    ])
  })
})

describe('rotation by slots', () => {
  it('signs with the key that became active last, and rejects nothing meanwhile', async () => {
    const next = await privateJwk('key-2', NOW + 600)
    const kit = kitOf({ sign: { privateJwk: [jwk, JSON.stringify({ publicJwk: {}, privateJwk: next })] } })
    const kidOf = (token: string) => (JSON.parse(atob(token.split('.')[0] ?? '')) as { kid: string }).kid
    const before = await kit.sign({ sub: 'a' })
    expect(kidOf(before)).toBe('key-1')
    expect((await kit.jwks()).keys.map(({ kid }) => kid)).toEqual(['key-1', 'key-2'])
    time = NOW + 600
    const after = await kit.sign({ sub: 'a' })
    expect(kidOf(after)).toBe('key-2')
    expect([await kit.verify(before), await kit.verify(after)]).not.toContain(null)
    expect(JSON.stringify([await kit.jwks(), await kit.describe()])).not.toContain(String(next.d))
  })

  it('for HS512: the first secret signs, all verify', async () => {
    const newer = generateSecret()
    const both = kitOf({ sign: { secret: [newer, secret] } })
    expect(await both.verify(await hs512.sign({ sub: 'a' }))).not.toBeNull()
    expect(await hs512.verify(await both.sign({ sub: 'a' }))).toBeNull()
  })
})

describe('request-bound tokens', () => {
  const make = (init: RequestInit = {}, url = 'https://reports.test/a?b=c') =>
    new Request(url, { method: 'POST', body: 'body', ...init })

  it('pass with the very request, and with no other', async () => {
    const token = await eddsa.sign({ sub: 'a' }, { request: make() })
    expect((await eddsa.authorize(token, undefined, { request: make() })).granted).toBe(true)
    const others = [make({ body: 'other' }), make({ method: 'PUT' }), make({}, 'https://reports.test/a?b=d')]
    for (const request of others) {
      expect(await eddsa.authorize(token, undefined, { request })).toMatchObject({
        reason: 'request_mismatch',
      })
    }
    expect(await eddsa.safeVerify(token)).toMatchObject({ reason: 'wrong_type' })
    expect(await eddsa.safeVerify(await signed(), { request: make() })).toMatchObject({
      reason: 'wrong_type',
    })
  })

  it('leave the body to be read', async () => {
    const request = make()
    await eddsa.sign({ sub: 'a' }, { request })
    expect(await request.text()).toBe('body')
  })
})

describe('delegation', () => {
  async function caller(kit: Kit, own: object = {}): Promise<Auth> {
    const token = await issueInternal(kit, {
      claims: {
        sub: 'user-1',
        kind: 'user',
        permissions: ['a', 'b'],
        roles: ['r'],
        auth_iat: NOW - 60,
        ...own,
      },
      aud: 'reports',
      expiresAt: NOW + 300,
    })
    const auth = await kit.checkAuth(token)
    if (!auth) throw new Error('rejected')
    return auth
  }

  it('keeps the subject, adds the actor, narrows rights and lifetime', async () => {
    const token = await eddsa.delegate(await caller(eddsa), {
      aud: 'billing',
      permissions: ['a'],
      ttlSeconds: 900,
    })
    expect(await eddsa.verify(token, { aud: 'billing' })).toMatchObject({
      sub: 'user-1',
      kind: 'user',
      permissions: ['a'],
      roles: [],
      act: { iss: ISSUER, sub: 'reports' },
      auth_iat: NOW - 60,
      exp: NOW + 300,
    })
  })

  it('delegates what the token says, whatever a schema made of it', async () => {
    const token = await eddsa.sign({ sub: 'user-1', permissions: ['a'] })
    const wider = policy().claims({
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: () => ({ value: { permissions: ['a', 'admin'], roles: ['root'], email: 'eve@example' } }),
      },
    })
    const auth = await eddsa.checkAuth(token, wider)
    if (!auth) throw new Error('rejected')
    await expect(eddsa.delegate(auth, { aud: 'x', permissions: ['admin'] })).rejects.toThrow(ClaimsError)
    await expect(eddsa.delegate(auth, { aud: 'x', roles: ['root'] })).rejects.toThrow(ClaimsError)
    const claims = await eddsa.verify(await eddsa.delegate(auth, { aud: 'x' }), { aud: 'x' })
    expect(claims).toMatchObject({ permissions: ['a'] })
    expect(claims).not.toHaveProperty('email')
  })

  it('returns the rights that are requested, all permissions and no roles by default', async () => {
    const auth = await caller(eddsa)
    const byDefault = await eddsa.delegate(auth, { aud: 'billing' })
    expect(await eddsa.verify(byDefault, { aud: 'billing' })).toMatchObject({
      permissions: ['a', 'b'],
      roles: [],
    })
    const asked = await eddsa.delegate(auth, {
      aud: 'billing',
      permissions: [],
      roles: ['r'],
      ttlSeconds: 60,
    })
    expect(await eddsa.verify(asked, { aud: 'billing' })).toMatchObject({
      permissions: [],
      roles: ['r'],
      exp: NOW + 60,
    })
  })

  it('puts the new actor outermost, over those before', async () => {
    const first = { iss: ISSUER, sub: 'gateway' }
    const token = await eddsa.delegate(await caller(eddsa, { act: first }), { aud: 'billing' })
    expect(await eddsa.verify(token, { aud: 'billing' })).toMatchObject({
      act: { iss: ISSUER, sub: 'reports', act: first },
    })
  })

  it('rejects any widening, and a chain of more than five', async () => {
    const auth = await caller(eddsa)
    await expect(eddsa.delegate(auth, { aud: 'x', permissions: ['c'] })).rejects.toThrow(ClaimsError)
    await expect(eddsa.delegate(auth, { aud: 'x', roles: ['admin'] })).rejects.toThrow(ClaimsError)
    const deep = [1, 2, 3, 4, 5].reduce<object | undefined>(
      (act, n) => ({ sub: `s${n}`, ...(act && { act }) }),
      undefined,
    )
    await expect(eddsa.delegate(await caller(eddsa, { act: deep }), { aud: 'x' })).rejects.toThrow(
      /chain of actors/,
    )
  })

  it('takes the caller as a schema made it', async () => {
    const rules = policy().claims({
      '~standard': { version: 1, vendor: 'test', validate: () => ({ value: { tid: 'acme' } }) },
    })
    const auth = await eddsa.checkAuth(await signed(), rules)
    if (!auth) throw new Error('rejected')
    const token = await eddsa.delegate(auth, { aud: 'billing' })
    expect(await eddsa.verify(token, { aud: 'billing' })).toMatchObject({ sub: 'user-1' })
  })

  it('accepts only what this very kit verified', async () => {
    const auth = await caller(kitOf())
    await expect(eddsa.delegate(auth, { aud: 'x' })).rejects.toThrow(ClaimsError)
    await expect(eddsa.delegate(auth, { aud: 'x' })).rejects.toThrow(
      'delegate accepts the auth of a caller that this very kit verified',
    )
    await expect(eddsa.delegate({ ...(await caller(eddsa)) }, { aud: 'x' })).rejects.toThrow(ClaimsError)
  })

  it('asks the gateway when there is no key, and says what is missing when there is neither', async () => {
    const issuer = await createTestIssuer({ now })
    const config = { issuer: ISSUER, audience: 'test-service', verify: { jwksService: issuer.binding }, now }
    let answer: unknown = { ok: true, token: 'issued' }
    const exchangeService = { delegate: () => Promise.resolve(answer) }
    const kit = createKit({ ...config, exchangeService })
    const auth = await kit.checkAuth(await issuer.token())
    if (!auth) throw new Error('rejected')
    expect(await kit.delegate(auth, { aud: 'x' })).toBe('issued')
    answer = { ok: false, code: 'invalid_scope', status: 400 }
    await expect(kit.delegate(auth, { aud: 'x' })).rejects.toThrow(ClaimsError)
    answer = { ok: false, code: 'temporarily_unavailable', status: 503, retryAfter: 7 }
    await expect(kit.delegate(auth, { aud: 'x' })).rejects.toMatchObject({
      status: 503,
      retryAfterSeconds: 7,
    })
    answer = { ok: false, code: 'unauthorized_client', status: 403 }
    await expect(kit.delegate(auth, { aud: 'x' })).rejects.toThrow(
      /"entrypoint": "Exchange" and props.service/,
    )
    answer = Promise.reject(new Error('the binding is gone'))
    await expect(kit.delegate(auth, { aud: 'x' })).rejects.toMatchObject({ code: 'ERR_KEYS_UNAVAILABLE' })
    const alone = createKit(config)
    const other = await alone.checkAuth(await issuer.token())
    if (!other) throw new Error('rejected')
    await expect(alone.delegate(other, { aud: 'x' })).rejects.toThrow(/JWT_EXCHANGE_SERVICE_NAME/)
  })

  it('tells the gateway which request is served meanwhile, and names it in the response of an error', async () => {
    const issuer = await createTestIssuer({ now })
    const config = { issuer: ISSUER, audience: 'test-service', verify: { jwksService: issuer.binding }, now }
    const calls: unknown[][] = []
    let answer: unknown = { ok: true, token: 'issued' }
    const exchangeService = {
      delegate(...call: unknown[]) {
        calls.push(call)
        return Promise.resolve(answer)
      },
    }
    const kit = createKit({ ...config, exchangeService })
    const auth = await kit.checkAuth(await issuer.token())
    if (!auth) throw new Error('rejected')
    const incoming = new Request('https://a.test', { headers: { 'X-Request-Id': 'a1b2c3d4' } })
    expect(await kit.delegate(auth, { aud: 'x', incoming })).toBe('issued')
    expect(calls[0]?.slice(1)).toStrictEqual([
      { audience: 'x' },
      {
        'X-Request-Id': 'a1b2c3d4',
        traceparent: expect.stringMatching(/^00-[\da-f]{32}-[\da-f]{16}-01$/) as string,
      },
    ])
    answer = { ok: false, code: 'temporarily_unavailable', status: 503, retryAfter: 7 }
    const error: unknown = await kit.delegate(auth, { aud: 'x', incoming }).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(KeysUnavailableError)
    expect(error).toMatchObject({ retryAfterSeconds: 7, requestId: 'a1b2c3d4' })
  })
})

describe('approve', () => {
  const act = { aud: 'billing', tool: 'transfer', args: { amount: 120 } }

  it('has the gateway sign the yes of a caller that this kit verified, or of a token', async () => {
    const issuer = await createTestIssuer({ now })
    const config = { issuer: ISSUER, audience: 'test-service', verify: { jwksService: issuer.binding }, now }
    const calls: unknown[][] = []
    const exchangeService = {
      delegate: () => Promise.reject(new Error('not this')),
      approve(...call: unknown[]) {
        calls.push(call)
        return Promise.resolve({ ok: true, token: 'issued' })
      },
    }
    const kit = createKit({ ...config, exchangeService })
    const token = await issuer.token()
    const auth = await kit.checkAuth(token)
    if (!auth) throw new Error('rejected')
    const incoming = new Request('https://a.test', { headers: { 'X-Request-Id': 'a1b2c3d4' } })
    expect(await kit.approve(auth, { ...act, incoming })).toBe('issued')
    expect(await kit.approve('of.a.connection', act)).toBe('issued')
    const sent = { audience: 'billing', tool: 'transfer', args: { amount: 120 } }
    expect(calls).toMatchObject([
      [token, sent, { 'X-Request-Id': 'a1b2c3d4' }],
      ['of.a.connection', sent, undefined],
    ])
    await expect(kit.approve({ ...auth }, act)).rejects.toThrow(
      'approve accepts the auth of a caller that this very kit verified',
    )
  })

  it('needs the gateway: a key of its own proves no yes', async () => {
    const eddsa = createKit({ issuer: ISSUER, audience: 'test-service', sign: { secret: 'A'.repeat(86) } })
    await expect(eddsa.approve('a.b.c', act)).rejects.toThrow(/JWT_EXCHANGE_SERVICE_NAME/)
  })
})

describe('revocation', () => {
  function memory() {
    const entries = new Map<string, { value: string; ttl: number }>()
    const store = {
      reads: 0,
      asked: [] as string[],
      isDown: false,
      entries,
      get: (keys: string[]) => {
        store.reads++
        store.asked = keys
        if (store.isDown) return Promise.reject(new Error('KV is down'))
        return Promise.resolve(
          new Map(keys.map((key) => [key, JSON.parse(entries.get(key)?.value ?? 'null') as unknown])),
        )
      },
      put: (key: string, value: string, { expirationTtl }: { expirationTtl: number }) => {
        entries.set(key, { value, ttl: expirationTtl })
        return Promise.resolve()
      },
    }
    return store
  }

  it.each<[what: string, revocation: () => Promise<Revocation>, endsWhatComesLater: boolean]>([
    ['a token', () => Promise.resolve({ jti: 'id-1' }), false],
    ['a subject up to now', () => Promise.resolve({ sub: 'user-1' }), false],
    ['a key', async () => ({ thumbprint: await thumbprintOf(String(jwk.x)) }), true],
  ])('ends %s, within 30 seconds of a cached verdict', async (_, revocation, endsWhatComesLater) => {
    const denylist = memory()
    const [admin, reader] = [kitOf({ denylist }), kitOf({ denylist })]
    const token = await eddsa.sign({ sub: 'user-1', jti: 'id-1' }, { ttlSeconds: 3600 })
    expect(await reader.verify(token)).not.toBeNull()
    await admin.revoke(await revocation())
    expect(await admin.safeVerify(token)).toMatchObject({ reason: 'revoked' })
    expect(await reader.verify(token)).not.toBeNull()
    time = NOW + 31
    expect(await reader.safeVerify(token)).toMatchObject({ reason: 'revoked' })
    const later = await eddsa.sign({ sub: 'user-1' })
    expect(await reader.verify(later)).toEqual(endsWhatComesLater ? null : expect.anything())
  })

  it('reads once for the three values, and remembers for 30 seconds', async () => {
    const denylist = memory()
    const kit = kitOf({ denylist })
    const token = await signed({ jti: 'id-1' })
    for (let round = 0; round < 10; round++) await kit.verify(token)
    expect(denylist.reads).toBe(1)
    expect(denylist.asked.map((key) => key.split(':')[2])).toEqual(['sub', 'jti', 'thumbprint'])
  })

  it('writes keys that hold no name, and lifetimes that outlive the tokens', async () => {
    const denylist = memory()
    await kitOf({ denylist }).revoke({ jti: 'id-1' })
    const [[key, { value, ttl }] = ['', { value: '', ttl: 0 }]] = denylist.entries
    expect(key).toMatch(/^rev:[\w-]{43}:jti:[\w-]{43}$/)
    expect(JSON.parse(value)).toEqual({ before: NOW })
    expect(ttl).toBe(31 * 86_400)
  })

  it('that cannot be read rejects with 503, or is passed over where that is configured', async () => {
    const denylist = memory()
    denylist.isDown = true
    expect(await kitOf({ denylist }).authorize(await signed())).toMatchObject({
      status: 503,
      reason: 'revocation_unavailable',
    })
    expect((await kitOf({ denylist, denylistOnError: 'open' }).authorize(await signed())).granted).toBe(true)
  })

  it('needs a binding, and one thing to revoke', async () => {
    await expect(eddsa.revoke({ jti: 'x' })).rejects.toThrow(/JWT_DENYLIST_NAME/)
    await expect(kitOf({ denylist: memory() }).revoke({ jti: 'a', sub: 'b' })).rejects.toThrow(ClaimsError)
  })
})
