import { CompactSign, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { EventLine } from '../log/line-types.ts'
import {
  auth0,
  cloudflareAccess,
  ConfigError,
  createExternalVerifier,
  entra,
  type ExternalAlg,
  externalVerifier,
  type ExternalVerifierConfig,
  google,
  type JwksStore,
  okta,
  verifyCompact,
} from '../external.ts'

const ISSUER = 'https://tenant.example/'
const JWKS_URI = 'https://tenant.example/.well-known/jwks.json'
const NOW = 1_800_000_000
const ALGORITHMS: readonly ExternalAlg[] = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
]

interface Signer {
  readonly alg: ExternalAlg
  readonly jwk: JWK
  token(claims?: object, header?: object): Promise<string>
  /** A token over any payload. */
  over(payload: Uint8Array): Promise<string>
}

async function signer(
  alg: ExternalAlg,
  options: { kid?: string; modulusLength?: number } = {},
): Promise<Signer> {
  const { kid = alg, modulusLength } = options
  const pair = await generateKeyPair(alg, { extractable: true, ...(modulusLength && { modulusLength }) })
  // Runtimes give all members of a JWK, most of them undefined.
  const jwk = JSON.parse(JSON.stringify(await exportJWK(pair.publicKey))) as JWK
  return {
    alg,
    jwk: { ...jwk, kid, alg, use: 'sig' },
    token: (claims = {}, header = {}) =>
      new SignJWT({ iss: ISSUER, aud: 'api', sub: 'auth0|1', iat: NOW, exp: NOW + 300, ...claims })
        .setProtectedHeader({ alg, kid, typ: 'JWT', ...header })
        .sign(pair.privateKey),
    over: (payload) =>
      new CompactSign(payload).setProtectedHeader({ alg, kid, typ: 'JWT' }).sign(pair.privateKey),
  }
}

/** A server of JWK Sets: what it answers can be changed. */
function served(...keys: readonly object[]) {
  const server = {
    keys: [...keys],
    isDown: false,
    fetches: 0,
    fetch: () => {
      server.fetches++
      return Promise.resolve(
        server.isDown ? new Response('down', { status: 500 }) : Response.json({ keys: server.keys }),
      )
    },
  }
  return server
}

function verifierOf(server: ReturnType<typeof served>, options: Partial<ExternalVerifierConfig> = {}) {
  return createExternalVerifier({
    issuer: ISSUER,
    audience: 'api',
    jwksUri: JWKS_URI,
    algorithms: ['RS256'],
    now: () => NOW,
    fetch: server.fetch,
    onEvent: () => undefined,
    ...options,
  })
}

let rs256: Signer

beforeAll(async () => {
  rs256 = await signer('RS256')
})

describe('createExternalVerifier', () => {
  it.each(ALGORITHMS)('verifies %s when it is pinned', async (alg) => {
    const one = await signer(alg)
    const verifier = verifierOf(served(one.jwk), { algorithms: [alg] })
    expect(await verifier.safeVerify(await one.token())).toMatchObject({
      ok: true,
      claims: { sub: 'auth0|1' },
    })
  })

  it.each(ALGORITHMS.filter((alg) => alg !== 'RS256'))('rejects %s where RS256 is pinned', async (alg) => {
    const one = await signer(alg)
    const verifier = verifierOf(served(one.jwk, rs256.jwk))
    expect(await verifier.safeVerify(await one.token())).toMatchObject({
      ok: false,
      reason: 'unsupported_alg',
    })
  })

  it('does not fetch keys for a token whose algorithm is not pinned', async () => {
    const server = served(rs256.jwk)
    const one = await signer('ES256')
    await verifierOf(server).safeVerify(await one.token())
    expect(server.fetches).toBe(0)
  })

  it('gives null for a bad token, and throws for keys that cannot be had', async () => {
    const server = served(rs256.jwk)
    expect(await verifierOf(server).verify('nonsense')).toBeNull()
    server.isDown = true
    await expect(verifierOf(server).verify(await rs256.token())).rejects.toMatchObject({
      code: 'ERR_KEYS_UNAVAILABLE',
      status: 503,
    })
  })

  const utf8 = new TextEncoder()
  const rejections: [what: string, reason: string, token: () => Promise<string>, detail?: string][] = [
    ['another issuer', 'wrong_issuer', () => rs256.token({ iss: 'https://tenant.example' })],
    ['another audience', 'wrong_audience', () => rs256.token({ aud: ['other', 'api2'] })],
    ['an expired token', 'expired', () => rs256.token({ iat: NOW - 900, exp: NOW - 90 })],
    ['a token from the future', 'issued_in_future', () => rs256.token({ iat: NOW + 91, exp: NOW + 300 })],
    ['a token that is early', 'not_yet_valid', () => rs256.token({ nbf: NOW + 91 })],
    ['a token without exp', 'missing_claim', () => rs256.token({ exp: undefined })],
    ['an empty subject', 'invalid_claim', () => rs256.token({ sub: '' })],
    ['another typ', 'wrong_type', () => rs256.token({}, { typ: 'logout+jwt' }), 'the header has another typ'],
    ['an unknown kid', 'unknown_kid', () => rs256.token({}, { kid: 'other' })],
    ['no kid', 'missing_kid', () => rs256.token({}, { kid: undefined })],
    ['crit', 'unsupported_crit', () => rs256.token({}, { crit: ['b64'], b64: true })],
    [
      'another algorithm',
      'unsupported_alg',
      async () => (await signer('PS256')).token(),
      'only RS256, ES256 is accepted',
    ],
    [
      'a forged signature',
      'bad_signature',
      async () => (await signer('RS256')).token(),
      'the signature does not match',
    ],
    [
      'an array of claims',
      'malformed',
      () => rs256.over(utf8.encode('[]')),
      'the payload is not a JSON object in UTF-8',
    ],
    [
      'bytes that are no text',
      'malformed',
      () => rs256.over(Uint8Array.of(0x7b, 0xff, 0x7d)),
      'the payload is not a JSON object in UTF-8',
    ],
    ['padding', 'malformed', async () => `${await rs256.token()}=`],
    ['what is no text', 'malformed', () => Promise.resolve(7 as never), 'the token is not a string'],
    ['a token that is too large', 'too_large', () => rs256.token({ filler: 'x'.repeat(8192) })],
  ]
  it.each(rejections)('rejects %s as %s', async (_, reason, token, detail = expect.any(String) as string) => {
    const verifier = verifierOf(served(rs256.jwk), { algorithms: ['RS256', 'ES256'] })
    expect(await verifier.safeVerify(await token())).toEqual({ ok: false, reason, detail })
  })

  it('accepts at+jwt in any spelling of the media type', async () => {
    const verifier = verifierOf(served(rs256.jwk))
    for (const typ of ['at+jwt', 'AT+JWT', 'application/at+jwt', undefined]) {
      expect((await verifier.safeVerify(await rs256.token({}, { typ }))).ok).toBe(true)
    }
  })

  it.each<[typ: string, own: string[] | undefined, isTaken: boolean]>([
    ['application/JWT', undefined, true],
    ['application/at+jwt/x', ['at+jwt/x'], false],
    ['text/application/jwt', ['text/jwt'], false],
    ['id+jwt', ['application/ID+jwt'], true],
    ['JWT', ['id+jwt'], false],
  ])('accepts typ %s where it accepts %j: %s', async (typ, own, isTaken) => {
    const verifier = verifierOf(served(rs256.jwk), own && { typ: own })
    expect((await verifier.safeVerify(await rs256.token({}, { typ }))).ok).toBe(isTaken)
  })

  it.each([
    [undefined, 89, true],
    [undefined, 90, false],
    [0, -1, true],
    [0, 0, false],
    [300, 299, true],
    [300, 300, false],
  ])('with a leeway of %s takes a token that ended %d seconds ago: %s', async (leeway, ago, isTaken) => {
    const verifier = verifierOf(served(rs256.jwk), leeway === undefined ? {} : { leewaySeconds: leeway })
    const token = await rs256.token({ iat: NOW - 900, exp: NOW - ago })
    expect((await verifier.safeVerify(token)).ok).toBe(isTaken)
  })

  it('takes a token for any of its audiences', async () => {
    const verifier = verifierOf(served(rs256.jwk), { audience: ['web', 'api'] })
    expect((await verifier.safeVerify(await rs256.token({ aud: 'web' }))).ok).toBe(true)
    expect((await verifier.safeVerify(await rs256.token({ aud: 'app' }))).ok).toBe(false)
  })

  it('describes its keys', async () => {
    const verifier = verifierOf(served(rs256.jwk))
    await verifier.verify(await rs256.token())
    expect(verifier.describe()).toMatchObject({ source: 'url', state: 'fresh', ageSeconds: 0 })
  })

  it('accepts a token that lives a day, as those of identity providers do', async () => {
    const verifier = verifierOf(served(rs256.jwk))
    expect((await verifier.safeVerify(await rs256.token({ exp: NOW + 86_400 }))).ok).toBe(true)
  })

  it('does not use keys that are weak, shared, private, or for something else', async () => {
    const { jwk } = rs256
    const unusable: [problem: string, jwk: object][] = [
      ['2048 bits', { ...jwk, n: (jwk.n ?? '').slice(0, 172) }],
      ['odd number', { ...jwk, e: 'AQ' }],
      ['odd number', { ...jwk, e: 'BA' }],
      ['private or a shared key', { kty: 'oct', k: 'c2VjcmV0', kid: 'RS256' }],
      ['private or a shared key', { ...jwk, d: 'AQAB' }],
      ['use', { ...jwk, use: 'enc' }],
      ['key_ops', { ...jwk, key_ops: ['sign'] }],
      ['alg', { ...jwk, alg: 'ES256' }],
      ['kty', { kty: 'XYZ', kid: 'RS256' }],
      ['canonical', { ...jwk, n: `${jwk.n ?? ''}=` }],
    ]
    for (const [problem, weak] of unusable) {
      const verifier = verifierOf(served(weak))
      const verifying = verifier.safeVerify(await rs256.token())
      await expect(verifying).rejects.toThrow(problem)
    }
  })

  it('uses a key for the one algorithm that its JWK names', async () => {
    const one = await signer('RS256')
    const verifier = verifierOf(served({ ...one.jwk, alg: 'PS256' }), { algorithms: ['RS256', 'PS256'] })
    expect(await verifier.safeVerify(await one.token())).toMatchObject({ reason: 'unsupported_alg' })
  })

  it('leaves out what its algorithms exclude before it judges which keys can be told apart', async () => {
    const [one, other] = await Promise.all([signer('RS256'), signer('PS256', { kid: 'RS256' })])
    const third = (await signer('PS256', { kid: 'RS256' })).jwk
    const verdict = async (algorithms: readonly ExternalAlg[]) =>
      (await verifierOf(served(other.jwk, one.jwk, third), { algorithms }).safeVerify(await one.token())).ok
    expect([await verdict(['RS256']), await verdict(['RS256', 'PS256'])]).toEqual([true, true])
    const unnamed = served({ ...one.jwk, alg: undefined }, other.jwk)
    expect(await verifierOf(unnamed).safeVerify(await one.token())).toMatchObject({ ok: true })
    const both = verifierOf(unnamed, { algorithms: ['RS256', 'PS256'] })
    await expect(both.safeVerify(await one.token())).rejects.toThrow('several keys have this kid')
  })

  it('rejects a configuration that would accept anything', () => {
    const server = served()
    const name = 'must be a non-empty string'
    const list = 'algorithms must list what the issuer signs with, for example RS256'
    const url = 'jwksUri must be an https URL without credentials (http only on loopback)'
    const broken: [problem: string, options: Partial<Record<keyof ExternalVerifierConfig, unknown>>][] = [
      [list, { algorithms: [] }],
      [list, { algorithms: 'RS256' }],
      [list, { algorithms: undefined }],
      [list, { algorithms: ['RS256', 7] }],
      [`${list}; not HS256`, { algorithms: ['HS256'] }],
      [`${list}; not none`, { algorithms: ['RS256', 'none'] }],
      [`issuer ${name}`, { issuer: '' }],
      [`issuer ${name}`, { issuer: new URL(ISSUER) }],
      ['audience names nobody: give at least one', { audience: [] }],
      [`audience ${name}`, { audience: '' }],
      [`audience ${name}`, { audience: ['api', ''] }],
      ['typ must list media types, for example at+jwt', { typ: 'at+jwt' }],
      ['typ must list media types, for example at+jwt', { typ: [] }],
      [`typ ${name}`, { typ: ['at+jwt', 7] }],
      [url, { jwksUri: 'http://tenant.example/jwks' }],
      [url, { jwksUri: new URL(JWKS_URI) }],
      ['leewaySeconds must be a whole number from 0 to 300', { leewaySeconds: Number.NaN }],
      ['leewaySeconds must be a whole number from 0 to 300', { leewaySeconds: -1 }],
      ['leewaySeconds must be a whole number from 0 to 300', { leewaySeconds: 301 }],
      ['tokenCacheEntries must be a whole number from 0 to 100000', { tokenCacheEntries: -1 }],
      ['tokenCacheEntries must be a whole number from 0 to 100000', { tokenCacheEntries: 100_001 }],
      ['jwksCache.ttlSeconds must be a whole number from 1 to 86400', { jwksCache: { ttlSeconds: 0.5 } }],
      ['jwksCache.ttlSeconds must be a whole number from 1 to 86400', { jwksCache: { ttlSeconds: 86_401 } }],
      [
        'jwksCache.maxStaleSeconds must be a whole number from 0 to 86400',
        { jwksCache: { maxStaleSeconds: -1 } },
      ],
      [
        'jwksCache.maxStaleSeconds must be a whole number from 0 to 86400',
        { jwksCache: { maxStaleSeconds: 86_401 } },
      ],
      [
        'jwksCache.cooldownSeconds must be a whole number from 1 to 3600',
        { jwksCache: { cooldownSeconds: 0.5 } },
      ],
      [
        'jwksCache.cooldownSeconds must be a whole number from 1 to 3600',
        { jwksCache: { cooldownSeconds: 3601 } },
      ],
    ]
    for (const [problem, options] of broken) {
      const make = () => verifierOf(server, options as Partial<ExternalVerifierConfig>)
      expect(make).toThrow(new ConfigError(problem))
    }
  })
})

describe('the JWKS cache', () => {
  it('is fresh for 5 minutes, stale for 15, and asked about unknown keys every 30 seconds', async () => {
    await ages({}, { fresh: 300, stale: 900, cooldown: 30 })
  })

  it('keeps the times that it is given', async () => {
    const jwksCache = { ttlSeconds: 60, maxStaleSeconds: 10, cooldownSeconds: 5 }
    await ages({ jwksCache }, { fresh: 60, stale: 10, cooldown: 5 })
  })

  async function ages(
    options: Partial<ExternalVerifierConfig>,
    { fresh, stale, cooldown }: { fresh: number; stale: number; cooldown: number },
  ): Promise<void> {
    let time = NOW
    const server = served(rs256.jwk)
    const verifier = verifierOf(server, { ...options, now: () => time })
    const verify = async (kid = 'RS256') =>
      verifier.safeVerify(await rs256.token({ iat: NOW, exp: NOW + 86_400 }, { kid }))
    const asked = async (kid: string) => {
      const { fetches } = server
      await verify(kid)
      return server.fetches - fetches
    }
    await verify()
    time += 1
    expect(await asked('first')).toBe(1)
    time += cooldown - 1
    expect(await asked('second')).toBe(0)
    time += 2
    expect(await asked('third')).toBe(1)
    const since = time
    server.isDown = true
    time = since + fresh - 1
    expect((await verify()).ok).toBe(true)
    expect(verifier.describe().state).toBe('fresh')
    time = since + fresh + 1
    expect((await verify()).ok).toBe(true)
    expect(verifier.describe().state).toBe('stale')
    time = since + fresh + stale - 1
    expect((await verify()).ok).toBe(true)
    time = since + fresh + stale + 1
    await expect(verify()).rejects.toMatchObject({ status: 503 })
  }
})

describe('a token seen before', () => {
  let time: number
  let server: ReturnType<typeof served>
  let token: string
  const verifierNow = (options: Partial<ExternalVerifierConfig> = {}) =>
    verifierOf(server, { now: () => time, ...options })
  /** Signatures that were checked while this ran. */
  const signatures = async (work: () => Promise<unknown>): Promise<number> => {
    const verify = vi.spyOn(crypto.subtle, 'verify')
    await work()
    return verify.mock.calls.length
  }

  beforeEach(async () => {
    time = NOW
    server = served(rs256.jwk)
    token = await rs256.token()
  })
  afterEach(() => {
    vi.restoreAllMocks()
  })

  it('takes no second signature, and the same claims come out', async () => {
    const verifier = verifierNow()
    const first = await verifier.safeVerify(token)
    const checked = await signatures(async () => {
      for (let again = 0; again < 5; again++) {
        // A request brings a string of its own.
        expect(await verifier.safeVerify(`${token.slice(0, 9)}${token.slice(9)}`)).toEqual(first)
      }
    })
    expect(checked).toBe(0)
  })

  it('takes one each time with tokenCacheEntries: 0', async () => {
    const verifier = verifierNow({ tokenCacheEntries: 0 })
    expect(await signatures(async () => [await verifier.verify(token), await verifier.verify(token)])).toBe(2)
  })

  it('is known by all of it: another signature, payload or header is another token', async () => {
    const verifier = verifierNow()
    await verifier.verify(token)
    const other = await rs256.token({ sub: 'auth0|2' })
    const [[header, payload, signature], [, payload2, signature2]] = [token.split('.'), other.split('.')]
    const header2 = btoa('{"alg":"RS256","kid":"RS256","typ":"JWT","x":1}').replaceAll('=', '')
    for (const mixed of [
      [header, payload, signature2],
      [header, payload2, signature],
      [header2, payload, signature],
    ]) {
      expect(await verifier.safeVerify(mixed.join('.'))).toMatchObject({ reason: 'bad_signature' })
    }
  })

  it('is not kept when its signature is bad', async () => {
    const verifier = verifierNow()
    const forged = await (await signer('RS256')).token()
    const checked = await signatures(async () => {
      for (let again = 0; again < 3; again++) expect(await verifier.verify(forged)).toBeNull()
    })
    expect(checked).toBe(3)
  })

  it('ends at its exp', async () => {
    const verifier = verifierNow({ leewaySeconds: 0 })
    time = NOW + 299
    expect(await verifier.verify(token)).not.toBeNull()
    time = NOW + 300
    expect(await verifier.safeVerify(token)).toMatchObject({ reason: 'expired' })
  })

  it('is not valid before its nbf, whatever was looked at earlier', async () => {
    const early = await rs256.token({ nbf: NOW + 10 })
    const verifier = verifierNow({ leewaySeconds: 0 })
    expect(await verifier.safeVerify(early)).toMatchObject({ reason: 'not_yet_valid' })
    time = NOW + 10
    expect(await verifier.verify(early)).not.toBeNull()
  })

  it('ends with its key: withdrawn, or another one under the same kid', async () => {
    const lasting = await rs256.token({ exp: NOW + 3600 })
    for (const [keys, reason] of [
      [[(await signer('RS256', { kid: 'next' })).jwk], 'unknown_kid'],
      [[(await signer('RS256')).jwk], 'bad_signature'],
    ] as const) {
      time = NOW
      server = served(rs256.jwk)
      const verifier = verifierNow()
      expect(await verifier.verify(lasting)).not.toBeNull()
      server.keys = [...keys]
      time = NOW + 301
      // It may be the old set once, while the new one is fetched.
      await verifier.safeVerify(lasting)
      await vi.waitFor(async () => expect(await verifier.safeVerify(lasting)).toMatchObject({ reason }))
    }
  })

  it('outlives a fetch of the same keys', async () => {
    const lasting = await rs256.token({ exp: NOW + 3600 })
    const verifier = verifierNow()
    await verifier.verify(lasting)
    server.keys = [(await signer('RS256', { kid: 'next' })).jwk, { ...rs256.jwk }]
    time = NOW + 301
    await verifier.verify(lasting)
    await vi.waitFor(() => expect(server.fetches).toBe(2))
    expect(await signatures(() => verifier.verify(lasting))).toBe(0)
  })

  it('gets no verdict once the keys are too old', async () => {
    const lasting = await rs256.token({ exp: NOW + 3600 })
    const verifier = verifierNow()
    await verifier.verify(lasting)
    server.isDown = true
    time = NOW + 300 + 900 + 1
    await expect(verifier.verify(lasting)).rejects.toMatchObject({ status: 503 })
  })

  it('has claims that nobody can change for the next one', async () => {
    const verifier = verifierNow()
    const rich = await rs256.token({ permissions: ['read'] })
    const result = await verifier.safeVerify(rich)
    if (!result.ok) throw new Error(result.detail)
    const permissions = result.claims.permissions as string[]
    expect(() => permissions.push('write')).toThrow(TypeError)
    expect(() => Object.assign(result.claims, { sub: 'root' })).toThrow(TypeError)
    expect(() => Object.assign(result.header.members, { kid: 'x' })).toThrow(TypeError)
  })
})

describe('a verifier of which only what it must have is set', () => {
  afterEach(() => {
    vi.restoreAllMocks()
  })

  it('goes by the clock, the fetch and the console of the runtime', async () => {
    const now = Math.floor(Date.now() / 1000)
    const fetched = vi.spyOn(globalThis, 'fetch').mockResolvedValue(new Response('down', { status: 500 }))
    const error = vi.spyOn(console, 'error').mockReturnValue()
    const make = () =>
      createExternalVerifier({ issuer: ISSUER, audience: 'api', jwksUri: JWKS_URI, algorithms: ['RS256'] })
    const token = await rs256.token({ iat: now, exp: now + 300 })
    await expect(make().verify(token)).rejects.toMatchObject({ status: 503 })
    expect(error.mock.calls).toMatchObject([[{ schema: 1, event: 'jwks_failed' }]])
    fetched.mockImplementation(() => Promise.resolve(Response.json({ keys: [rs256.jwk] })))
    expect(await make().verify(token)).toMatchObject({ sub: 'auth0|1' })
    expect(fetched.mock.calls[0]?.[0]).toBe(JWKS_URI)
    const old = await rs256.token({ iat: now - 600, exp: now - 300 })
    expect(await make().safeVerify(old)).toMatchObject({ reason: 'expired' })
  })

  it('sends its events to onEvent, and none to the console where that is off', async () => {
    const error = vi.spyOn(console, 'error').mockReturnValue()
    const events: EventLine[] = []
    const server = served()
    server.isDown = true
    const verifier = verifierOf(server, { onEvent: (event) => void events.push(event), logLevel: 'off' })
    await expect(verifier.verify(await rs256.token())).rejects.toMatchObject({ status: 503 })
    expect(events).toMatchObject([{ event: 'jwks_failed', level: 'error' }])
    expect(error).not.toHaveBeenCalled()
  })
})

describe('the second tier in KV', () => {
  function memory() {
    const entries = new Map<string, string>()
    const options: unknown[] = []
    const store: JwksStore = {
      get: (key, option) => {
        options.push(option)
        return Promise.resolve(JSON.parse(entries.get(key) ?? 'null'))
      },
      put: (key, value, option) => {
        options.push(option)
        entries.set(key, value)
        return Promise.resolve()
      },
    }
    return { entries, options, store }
  }

  it('serves an isolate that starts while the issuer is down', async () => {
    const { store, entries } = memory()
    const server = served(rs256.jwk)
    await verifierOf(server, { jwksStore: store }).verify(await rs256.token())
    await vi.waitFor(() => expect(entries.size).toBe(1))
    server.isDown = true
    const cold = verifierOf(server, { jwksStore: store, now: () => NOW + 600 })
    expect((await cold.safeVerify(await rs256.token({ exp: NOW + 900 }))).ok).toBe(true)
    expect(cold.describe()).toMatchObject({ state: 'stale', ageSeconds: 600 })
  })

  it('keeps a set under the hash of its URL for as long as it may serve', async () => {
    const { store, entries, options } = memory()
    const server = served(rs256.jwk)
    await verifierOf(server, { jwksStore: store }).verify(await rs256.token())
    // printf https://tenant.example/.well-known/jwks.json | openssl dgst -sha256 -binary | basenc --base64url
    const key = 'jwks:S7cGvhYHBh6kOKh1HANyEoJcCUEFIGIyEc91TGF84HQ'
    // Nobody waits for the write but the runtime.
    await vi.waitFor(() =>
      expect([...entries]).toEqual([
        [key, JSON.stringify({ fetchedAt: NOW, issuer: ISSUER, keys: [rs256.jwk] })],
      ]),
    )
    server.isDown = true
    await verifierOf(server, { jwksStore: store }).verify(await rs256.token())
    expect(options).toEqual([{ expirationTtl: 1200 }, { type: 'json' }])
  })

  it.each([
    [{ ttlSeconds: 1, maxStaleSeconds: 0 }, 60],
    [{ ttlSeconds: 61, maxStaleSeconds: 9 }, 70],
  ])('keeps a set for a whole number of seconds, at least 60: %j', async (jwksCache, expirationTtl) => {
    const { store, options } = memory()
    await verifierOf(served(rs256.jwk), { jwksStore: store, jwksCache }).verify(await rs256.token())
    await vi.waitFor(() => expect(options).toEqual([{ expirationTtl }]))
  })

  it('does not matter when it cannot be written, or is slow', async () => {
    let end = (): void => undefined
    const slow = new Promise<void>((resolve) => (end = resolve))
    for (const put of [() => Promise.reject(new Error('KV is down')), () => slow]) {
      const verifier = verifierOf(served(rs256.jwk), { jwksStore: { ...memory().store, put } })
      expect((await verifier.safeVerify(await rs256.token())).ok).toBe(true)
    }
    end()
  })

  it('counts age from the fetch, whoever made it', async () => {
    const { store } = memory()
    const server = served(rs256.jwk)
    await verifierOf(server, { jwksStore: store }).verify(await rs256.token())
    server.isDown = true
    const late = verifierOf(server, { jwksStore: store, now: () => NOW + 1200 })
    await expect(late.verify(await rs256.token({ exp: NOW + 9000 }))).rejects.toMatchObject({
      code: 'ERR_KEYS_UNAVAILABLE',
    })
  })

  it('is not read while fetches go well, and never believed when it is odd', async () => {
    const { store, entries } = memory()
    const server = served(rs256.jwk)
    await verifierOf(server, { jwksStore: store }).verify(await rs256.token())
    // On Node nobody waits for the write.
    await vi.waitFor(() => expect(entries.size).toBe(1))
    const [key = ''] = entries.keys()
    server.isDown = true
    const odd = [
      { fetchedAt: NOW + 60, issuer: ISSUER, keys: [rs256.jwk] },
      { fetchedAt: String(NOW), issuer: ISSUER, keys: [rs256.jwk] },
      { fetchedAt: null, issuer: ISSUER, keys: [rs256.jwk] },
      { fetchedAt: NOW, issuer: 'https://other.example/', keys: [rs256.jwk] },
      { fetchedAt: NOW, issuer: ISSUER, keys: 'none' },
      { fetchedAt: NOW, issuer: ISSUER, keys: [{ ...rs256.jwk, d: 'AQAB' }] },
      null,
    ]
    for (const entry of odd) {
      entries.set(key, JSON.stringify(entry))
      const verifier = verifierOf(server, { jwksStore: store })
      await expect(verifier.verify(await rs256.token())).rejects.toMatchObject({
        code: 'ERR_KEYS_UNAVAILABLE',
      })
    }
  })
})

describe('externalVerifier', () => {
  const env = { AUTH_ISSUER: ISSUER, AUTH_AUDIENCE: 'api,other', AUTH_JWKS_URL: JWKS_URI }

  it('is the same for the same values, under whatever object carries them, as text or as lists', () => {
    const verifier = externalVerifier(env)
    expect(externalVerifier(new Proxy({ ...env }, {}))).toBe(verifier)
    const lists = { ...env, AUTH_AUDIENCE: ['api', 'other'], AUTH_ALGORITHMS: ['RS256'] }
    expect(externalVerifier(lists)).toBe(verifier)
    expect(externalVerifier({ ...env, AUTH_AUDIENCE: 'api' })).not.toBe(verifier)
    expect(externalVerifier({ ...env, AUTH_ALGORITHMS: 'RS256,ES256' })).not.toBe(verifier)
  })

  it('is kept for the last 16 environments alone', () => {
    const first = externalVerifier({ ...env, AUTH_AUDIENCE: 'first' })
    for (let count = 0; count < 15; count++) externalVerifier({ ...env, AUTH_AUDIENCE: `api-${count}` })
    expect(externalVerifier({ ...env, AUTH_AUDIENCE: 'first' })).toBe(first)
    externalVerifier({ ...env, AUTH_AUDIENCE: 'one more' })
    expect(externalVerifier({ ...env, AUTH_AUDIENCE: 'first' })).not.toBe(first)
  })

  it.each(['AUTH_ISSUER', 'AUTH_AUDIENCE', 'AUTH_JWKS_URL'])('names %s when it is missing', (name) => {
    for (const value of ['', undefined, 7]) {
      expect(() => externalVerifier({ ...env, [name]: value })).toThrow(
        `${name} is not set: external tokens need AUTH_ISSUER, AUTH_AUDIENCE and AUTH_JWKS_URL`,
      )
    }
  })

  it('takes RS256 for the algorithms of an environment that names none, and for no other value', () => {
    const verifier = externalVerifier(env)
    expect(externalVerifier({ ...env, AUTH_ALGORITHMS: '' })).toBe(verifier)
    expect(externalVerifier({ ...env, AUTH_ALGORITHMS: undefined })).toBe(verifier)
    expect(() => externalVerifier({ ...env, AUTH_ALGORITHMS: 7 })).toThrow('AUTH_ALGORITHMS')
  })

  it('rejects algorithms that are none of the table', () => {
    expect(() => externalVerifier({ ...env, AUTH_ALGORITHMS: 'RS256,HS256' })).toThrow('HS256')
  })
})

describe('verifyCompact', () => {
  it('gives header and payload for a JWK, and for a set by kid', async () => {
    const token = await rs256.token()
    const other = await signer('RS256', { kid: 'other' })
    for (const jwks of [rs256.jwk, { keys: [other.jwk, rs256.jwk] }]) {
      const { header, payload } = await verifyCompact(token, { ...jwks }, { algorithms: ['RS256'] })
      expect(header.kid).toBe('RS256')
      expect(JSON.parse(new TextDecoder().decode(payload))).toMatchObject({ sub: 'auth0|1' })
    }
  })

  it('rejects without saying more than the reason', async () => {
    const other = await signer('RS256', { kid: 'other' })
    const token = await rs256.token()
    const rejection = async (jwks: object, alg: ExternalAlg = 'RS256', signed = token) => {
      const verifying = verifyCompact(signed, { ...jwks }, { algorithms: [alg] })
      return verifying.catch((error: unknown) => error)
    }
    expect(await rejection({ keys: [other.jwk] })).toMatchObject({
      reason: 'unknown_kid',
      detail: 'no key has this kid',
    })
    expect(
      await rejection({ keys: [rs256.jwk] }, 'RS256', await rs256.token({}, { kid: undefined })),
    ).toMatchObject({ reason: 'missing_kid', detail: 'the header has no kid' })
    expect(await rejection(other.jwk)).toMatchObject({
      reason: 'bad_signature',
      detail: 'the signature does not match',
    })
    expect(await rejection(rs256.jwk, 'ES256')).toMatchObject({
      reason: 'unsupported_alg',
      detail: 'only ES256 is accepted',
    })
    expect(await rejection({ ...rs256.jwk, alg: 'PS256' })).toMatchObject({
      reason: 'unsupported_alg',
      detail: 'the key is for another alg',
    })
  })

  it('verifies nothing with a key whose point is not on its curve', async () => {
    const one = await signer('ES256')
    const { jwk } = one
    const beside = { ...jwk, y: `${jwk.y?.startsWith('A') ? 'B' : 'A'}${jwk.y?.slice(1) ?? ''}` }
    await expect(verifyCompact(await one.token(), beside, { algorithms: ['ES256'] })).rejects.toMatchObject({
      reason: 'bad_signature',
    })
  })

  it('uses neither of two different keys under one kid, unless only one of them is for an algorithm that counts', async () => {
    const other = await signer('RS256')
    const signed = await rs256.token()
    const verify = (keys: readonly object[], ...algorithms: ExternalAlg[]) =>
      verifyCompact(signed, { keys }, { algorithms })
    await expect(verify([other.jwk, rs256.jwk], 'RS256')).rejects.toMatchObject({
      reason: 'unknown_kid',
      detail: 'several keys have this kid',
    })
    const beside = { ...other.jwk, alg: 'PS256' }
    for (const keys of [
      [beside, { ...other.jwk, alg: 'PS256', use: 'sig' }, rs256.jwk],
      [rs256.jwk, beside],
    ]) {
      await expect(verify(keys, 'RS256')).resolves.toBeDefined()
      await expect(verify(keys, 'RS256', 'PS256')).resolves.toBeDefined()
    }
    const unnamed = { ...rs256.jwk, alg: undefined }
    await expect(verify([unnamed, beside], 'RS256')).resolves.toBeDefined()
    await expect(verify([unnamed, beside], 'RS256', 'PS256')).rejects.toMatchObject({ reason: 'unknown_kid' })
  })

  it('accepts no key that is not usable, alone or among others', async () => {
    const weak = { ...rs256.jwk, e: 'AQ' }
    for (const jwks of [weak, { keys: [rs256.jwk, weak] }]) {
      const verifying = verifyCompact(await rs256.token(), { ...jwks }, { algorithms: ['RS256'] })
      await expect(verifying).rejects.toThrow(ConfigError)
      await expect(verifying).rejects.toThrow(
        'the key is not usable: its exponent is not an odd number of at least 3',
      )
    }
  })
})

describe('presets', () => {
  it('fill in URLs and nothing else', () => {
    expect(auth0('Tenant.us.auth0.com')).toEqual({
      issuer: 'https://tenant.us.auth0.com/',
      jwksUri: 'https://tenant.us.auth0.com/.well-known/jwks.json',
    })
    expect(okta('example.okta.com')).toEqual({
      issuer: 'https://example.okta.com/oauth2/default',
      jwksUri: 'https://example.okta.com/oauth2/default/v1/keys',
    })
    expect(okta('id.example', 'a b').issuer).toBe('https://id.example/oauth2/a%20b')
    expect(google()).toEqual({
      issuer: 'https://accounts.google.com',
      jwksUri: 'https://www.googleapis.com/oauth2/v3/certs',
    })
    const tenant = '0000000a-0000-4000-8000-00000000000f'
    expect(entra(tenant.toUpperCase())).toEqual({
      issuer: `https://login.microsoftonline.com/${tenant}/v2.0`,
      jwksUri: `https://login.microsoftonline.com/${tenant}/discovery/v2.0/keys`,
    })
    expect(cloudflareAccess('team')).toEqual({
      issuer: 'https://team.cloudflareaccess.com',
      jwksUri: 'https://team.cloudflareaccess.com/cdn-cgi/access/certs',
    })
  })

  it('reject what is no host, and tenants that are no tenant', () => {
    for (const host of [
      'https://tenant.example',
      'tenant',
      'tenant.example/path',
      'a.example@b.example',
      '-a.example',
      'a-.example',
      'a.example-',
      'a..example',
      'a.example.',
      ' a.example',
      'a.example\n',
      '',
    ]) {
      expect(() => auth0(host)).toThrow('a host name alone is expected, for example tenant.us.auth0.com')
    }
    const tenant = '0000000a-0000-4000-8000-00000000000f'
    for (const one of ['common', `x${tenant}`, `${tenant}0`, tenant.replaceAll('-', '')]) {
      expect(() => entra(one)).toThrow('entra accepts the GUID of one tenant')
    }
  })

  it('take hosts whose labels have one letter', () => {
    expect(auth0('a.b.c').issuer).toBe('https://a.b.c/')
  })
})
