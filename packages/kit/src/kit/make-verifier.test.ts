import { beforeAll, describe, expect, it, vi } from 'vitest'
import { ClaimsError, ConfigError } from '../errors.ts'
import { createKit, type Jwk, makeKit, type Kit } from '../index.ts'
import { generateSecret } from '../keys/hmac-secrets.ts'
import type { EventLine } from '../log/line-types.ts'
import { createTestIssuer, type TestIssuer } from '../testing/test-issuer.ts'
import type * as Loaded from '../verify.ts'
import {
  boundRequests,
  createVerifier,
  denylist,
  makeVerifier,
  needAll,
  policy,
  publicKeys,
  rolesAny,
  sharedSecrets,
  type VerifierConfig,
} from '../verify.ts'

const ISSUER = 'https://issuer.test'
const secret = generateSecret()
const SHARED = { JWT_ISS: ISSUER, JWT_AUD: 'reports', JWT_SECRET: secret }
let issuer: TestIssuer
let signer: Kit

beforeAll(async () => {
  issuer = await createTestIssuer()
  signer = createKit({ issuer: ISSUER, audience: 'reports', sign: { secret } })
})

/** A KV namespace in memory. */
function memory(): {
  get: (keys: string[]) => Promise<Map<string, unknown>>
  put: (key: string, value: string) => Promise<void>
} {
  const entries = new Map<string, unknown>()
  return {
    get: (keys) => Promise.resolve(new Map(keys.map((key) => [key, entries.get(key) ?? null]))),
    put: (key, value) => {
      entries.set(key, JSON.parse(value))
      return Promise.resolve()
    },
  }
}

describe('makeVerifier', () => {
  it('verifies what the issuer of its environment signs, and nothing else', async () => {
    const verifier = makeVerifier(issuer.env)
    const token = await issuer.token({ sub: 'ada', permissions: ['read'] })
    expect((await verifier.verify(token))?.sub).toBe('ada')
    expect(await verifier.safeVerify(await issuer.forged())).toMatchObject({ reason: 'bad_signature' })
    expect((await verifier.checkAuth(token, needAll('read')))?.sub).toBe('ada')
    expect(await verifier.checkAuth(token, [needAll('read'), rolesAny('admin')])).toBeNull()
    const request = new Request('https://reports.test/', { headers: { Authorization: `Bearer ${token}` } })
    const decisions: unknown[] = []
    const onDecision = (decision: unknown): void => void decisions.push(decision)
    const decision = await verifier.authorize(request, policy().needAll('write'), { onDecision })
    expect(decision).toMatchObject({ status: 403, failed: ['has the permission write'] })
    expect(decisions).toEqual([decision])
  })

  it('describes its source and its keys, and has nothing that signs', async () => {
    const verifier = makeVerifier({ ...issuer.env, JWT_AUD: 'described' })
    await verifier.verify(await issuer.token())
    expect(await verifier.describe()).toMatchObject({
      issuer: ISSUER,
      audiences: ['described'],
      verify: { mode: 'EdDSA', source: 'service', kids: ['test-key-1'], state: 'fresh' },
    })
    expect(['sign', 'delegate', 'revoke', 'jwks'].filter((name) => name in verifier)).toEqual([])
  })

  it('is found again by the environment object, by its values, and by what options hold', () => {
    const onEvent = (): undefined => undefined
    const parts = [boundRequests]
    const verifier = makeVerifier(issuer.env, { onEvent, parts })
    expect(makeVerifier(issuer.env, { onEvent, parts: [boundRequests] })).toBe(verifier)
    expect(makeVerifier({ ...issuer.env }, { onEvent, parts: [...parts] })).toBe(verifier)
    expect(makeVerifier(issuer.env, { onEvent, parts, sinks: [] })).toBe(verifier)
    expect(makeVerifier(issuer.env, { parts: [] })).toBe(makeVerifier(issuer.env))
    const others = [
      makeVerifier(issuer.env),
      makeVerifier(issuer.env, { onEvent }),
      makeVerifier(issuer.env, { onEvent, parts: [boundRequests, denylist] }),
      makeVerifier(issuer.env, { onEvent: () => undefined, parts }),
      makeVerifier({ ...issuer.env, JWT_LEEWAY: '7' }, { onEvent, parts }),
      makeVerifier(issuer.env, { onEvent, parts, now: () => 1 }),
      makeVerifier(issuer.env, { onEvent, parts, sinks: [() => undefined] }),
      makeVerifier(issuer.env, { onEvent, parts, fetch: () => Promise.resolve(new Response()) }),
    ]
    expect(new Set([verifier, ...others]).size).toBe(1 + others.length)
    expect(makeVerifier(issuer.env)).not.toBe(makeKit(issuer.env))
  })

  it('is another one for another setting that a part reads', () => {
    const env = { ...issuer.env, JWT_DENYLIST_NAME: 'LIST', LIST: memory() }
    const options = { parts: [denylist] }
    const closed = makeVerifier(env, options)
    expect(makeVerifier({ ...env, JWT_DENYLIST_ON_ERROR: 'open' }, options)).not.toBe(closed)
    expect(() => makeVerifier({ ...env, JWT_DENYLIST_ON_ERROR: 'ajar' }, options)).toThrow(
      'JWT_DENYLIST_ON_ERROR must be closed or open',
    )
  })

  it('reports a variable that is probably misspelt', () => {
    const events: EventLine[] = []
    makeVerifier({ ...issuer.env, JWT_DENYLST_NAME: 'LIST' }, { onEvent: (event) => events.push(event) })
    expect(events).toMatchObject([{ event: 'unknown_variable', name: 'JWT_DENYLST_NAME' }])
  })

  it('looks at no variable to sign with', async () => {
    const env = {
      ...issuer.env,
      JWT_PRIVATE_JWK: 'x',
      JWT_TTL_SECONDS: '-1',
      JWT_EXCHANGE_SERVICE_NAME: 'NO',
    }
    expect(await makeVerifier(env).verify(await issuer.token())).not.toBeNull()
  })

  it.each<[what: string, env: object, problem: RegExp]>([
    ['no environment', undefined as unknown as object, /^there is no environment: makeVerifier\(env\)/],
    [
      'no source of keys',
      { JWT_ISS: 'a', JWT_AUD: 'b' },
      /^no key to verify with: set one of JWT_SECRET_NAME/,
    ],
    [
      'only a key to sign with',
      { JWT_ISS: 'a', JWT_AUD: 'b', JWT_PRIVATE_JWK: '{}' },
      /^no key to verify with/,
    ],
    ['two sources', { ...SHARED, JWT_JWKS_URL: 'https://a.test' }, /a verifier accepts one algorithm/],
    ['no issuer', { ...SHARED, JWT_ISS: '' }, /^JWT_ISS is not set/],
    [
      'pins of a secret',
      { ...SHARED, JWT_ALLOWED_THUMBPRINTS: 'A'.repeat(43) },
      /^JWT_ALLOWED_THUMBPRINTS pins/,
    ],
  ])('is a ConfigError with %s', (_, env, problem) => {
    expect(() => makeVerifier(env)).toThrow(ConfigError)
    expect(() => makeVerifier(env)).toThrow(problem)
  })
})

describe('createVerifier', () => {
  const base: VerifierConfig = { issuer: ISSUER, audience: 'reports', verify: { secret } }

  it('has JWKS built in, of a service and of a URL', async () => {
    const own = await createTestIssuer({ audience: 'reports' })
    const token = await own.token()
    const { binding } = own
    expect(await createVerifier({ ...base, verify: { jwksService: binding } }).verify(token)).not.toBeNull()
    const jwksUrl = 'https://gateway.test/jwks'
    const verifier = createVerifier({
      ...base,
      verify: { jwksUrl },
      fetch: (url) => (url === jwksUrl ? binding.fetch(url) : Promise.reject(new Error('another URL'))),
    })
    expect(await verifier.verify(token)).not.toBeNull()
  })

  it('takes secrets and public keys with their parts, and says which without', async () => {
    const token = await signer.sign({ sub: 'ada' })
    expect(await createVerifier({ ...base, parts: [sharedSecrets] }).verify(token)).not.toBeNull()
    expect(() => createVerifier(base)).toThrow(
      "verify.secret needs the part sharedSecrets: import { sharedSecrets } from '@sealgate/kit/verify', and give { parts: [sharedSecrets] }",
    )
    const publicJwk = {
      kty: 'OKP',
      crv: 'Ed25519',
      x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
      kid: 'key-1',
    }
    const inline = { ...base, verify: { publicJwk } }
    const { verify } = await createVerifier({ ...inline, parts: [publicKeys] }).describe()
    expect(verify).toEqual({ mode: 'EdDSA', source: 'inline', kids: ['key-1'] })
    expect(() => createVerifier(inline)).toThrow(/^verify.publicJwk needs the part publicKeys: import/)
  })

  it.each<[what: string, config: object, problem: RegExp]>([
    [
      'no source of keys',
      { verify: undefined },
      /^no key to verify with: set one of verify.secret, verify.publicJwk/,
    ],
    [
      'two sources',
      { verify: { secret, jwksUrl: 'https://a.test' } },
      /^verify.secret \(HS512\) and verify.jwksUrl/,
    ],
    ['no audience', { audience: [] }, /^audience is not set/],
    ['a time out of range', { jwksCache: { ttlSeconds: 0 } }, /^jwksCache.ttlSeconds must be a whole number/],
    ['pins of a secret', { allowedThumbprints: ['A'.repeat(43)] }, /^allowedThumbprints pins public keys/],
    ['a deny-list without its part', { denylist: memory() }, /^denylist needs the part denylist: import/],
  ])('is a ConfigError with %s', (_, config, problem) => {
    const make = () => createVerifier({ ...base, parts: [sharedSecrets], ...config })
    expect(make).toThrow(ConfigError)
    expect(make).toThrow(problem)
  })
})

describe('the part denylist', () => {
  const env = (list: object): object => ({ ...SHARED, JWT_DENYLIST_NAME: 'LIST', LIST: list })

  it('is required once the environment names a deny-list', () => {
    const make = () => makeVerifier(env(memory()))
    expect(make).toThrow(ConfigError)
    expect(make).toThrow(
      "JWT_DENYLIST_NAME needs the part denylist: import { denylist } from '@sealgate/kit/verify', and give { parts: [denylist] }",
    )
  })

  it('rejects what a kit revoked, and denies while the list cannot be read', async () => {
    const list = memory()
    const kit = createKit({ issuer: ISSUER, audience: 'reports', sign: { secret }, denylist: list })
    const token = await kit.sign({ sub: 'ada', jti: 'id-1' })
    await kit.revoke({ jti: 'id-1' })
    const verifier = makeVerifier(env(list), { parts: [denylist] })
    expect(await verifier.safeVerify(token)).toMatchObject({ ok: false, reason: 'revoked' })
    expect(await verifier.safeVerify(await kit.sign({ sub: 'bob' }))).toMatchObject({ ok: true })
    const down = env({ ...memory(), get: () => Promise.reject(new Error('down')) })
    const broken = makeVerifier(down, { parts: [denylist], onEvent: () => undefined })
    expect(await broken.authorize(token)).toMatchObject({ status: 503, reason: 'revocation_unavailable' })
  })

  it('rests where no list is named', async () => {
    const verifier = makeVerifier(SHARED, { parts: [denylist] })
    expect(await verifier.verify(await signer.sign({ sub: 'ada' }))).not.toBeNull()
  })
})

describe('the part boundRequests', () => {
  const requestTo = (path: string): Request => new Request(`https://reports.test${path}`)

  it('is what accepts a bound token: without it one is denied, whatever its typ', async () => {
    const bound = await signer.sign({ sub: 'ada' }, { request: requestTo('/a') })
    const disguised = await signer.sign({ sub: 'ada' }, { request: requestTo('/a'), typ: 'JWT' })
    const plain = makeVerifier(SHARED)
    expect(await plain.safeVerify(bound)).toMatchObject({ reason: 'wrong_type' })
    expect(await plain.safeVerify(bound, { typ: 'req+jwt' })).toMatchObject({ reason: 'request_mismatch' })
    expect(await plain.safeVerify(disguised)).toMatchObject({
      reason: 'request_mismatch',
      detail: 'it is bound to a request',
    })
    // Twice: the second time it is a token seen before.
    expect(await plain.safeVerify(disguised)).toMatchObject({ reason: 'request_mismatch' })
    const verifier = makeVerifier(SHARED, { parts: [boundRequests] })
    const verified = await verifier.safeVerify(bound, { request: requestTo('/a') })
    expect(verified).toMatchObject({ ok: true })
    const other = await verifier.authorize(bound, undefined, { request: requestTo('/b') })
    expect(other).toMatchObject({ reason: 'request_mismatch' })
  })

  it('is required where code asks for a binding, good token or not', async () => {
    const verifier = makeVerifier(SHARED)
    const request = requestTo('/a')
    for (const token of [await signer.sign({ sub: 'ada' }, { request }), 'x.y.z']) {
      const call = verifier.safeVerify(token, { request })
      await expect(call).rejects.toThrow(ConfigError)
      await expect(verifier.authorize(token, undefined, { request })).rejects.toThrow(
        "bound requests needs the part boundRequests: import { boundRequests } from '@sealgate/kit/verify'",
      )
    }
  })

  it('throws a ClaimsError for a body that was read before, as a kit does', async () => {
    const request = new Request('https://reports.test/a', { method: 'POST', body: 'x' })
    const token = await signer.sign({ sub: 'ada' }, { request })
    await request.text()
    const verifier = makeVerifier(SHARED, { parts: [boundRequests] })
    await expect(verifier.safeVerify(token, { request })).rejects.toThrow(ClaimsError)
  })
})

describe('the thumbprint of a key', () => {
  it.each<[what: string, more: object, hashes: number]>([
    ['is not computed where nobody looks at it', {}, 0],
    ['is computed for allowed keys', { allowedThumbprints: ['A'.repeat(43)] }, 1],
    ['is computed for denied keys', { deniedThumbprints: ['A'.repeat(43)] }, 1],
    // The rest are the names on the deny-list: the issuer, the subject, the thumbprint, two hashes each.
    ['is computed for a deny-list', { denylist: memory(), parts: [denylist] }, 7],
  ])('%s', async (_, more, hashes) => {
    const own = await createTestIssuer({ audience: 'reports' })
    const token = await own.token()
    const set: unknown = await (await own.binding.fetch('')).json()
    const jwksService = { fetch: () => Promise.resolve(Response.json(set)) }
    const verifier = createVerifier({
      ...{ issuer: ISSUER, audience: 'reports', verify: { jwksService } },
      ...more,
    })
    const digest = vi.spyOn(crypto.subtle, 'digest')
    await verifier.safeVerify(token)
    const { length } = digest.mock.calls
    digest.mockRestore()
    expect(length).toBe(hashes)
  })
})

describe('a part of modules that were just loaded', () => {
  const GIVEN = { issuer: ISSUER, audience: 'reports', onEvent: () => undefined }

  it.each<[part: string, make: (loaded: typeof Loaded) => Promise<unknown>]>([
    [
      'sharedSecrets reads secrets',
      async ({ createVerifier: create, sharedSecrets: part }) =>
        create({ ...GIVEN, verify: { secret }, parts: [part] }).verify(await signer.sign({ sub: 'ada' })),
    ],
    [
      'publicKeys reads public keys',
      async ({ createVerifier: create, publicKeys: part }) => {
        const own = await createTestIssuer({ audience: 'reports' })
        const { keys } = await (await own.binding.fetch('')).json<{ keys: [Jwk] }>()
        const verify = { publicJwk: keys[0] }
        return create({ ...GIVEN, issuer: own.env.JWT_ISS, verify, parts: [part] }).verify(await own.token())
      },
    ],
    [
      'boundRequests accepts a bound token',
      async ({ makeVerifier: make, boundRequests: part }) => {
        const request = (): Request => new Request('https://reports.test/a')
        const token = await signer.sign({ sub: 'ada' }, { request: request() })
        return make(SHARED, { parts: [part] }).verify(token, { request: request() })
      },
    ],
    [
      'denylist looks at the list',
      async ({ makeVerifier: make, denylist: part }) => {
        const env = { ...SHARED, JWT_DENYLIST_NAME: 'LIST', LIST: memory() }
        return make(env, { parts: [part] }).verify(await signer.sign({ sub: 'ada' }))
      },
    ],
  ])('%s', async (_, make) => {
    vi.resetModules()
    expect(await make(await import('../verify.ts'))).toMatchObject({ aud: 'reports' })
  })

  it('decides for a guard as authorize does, at once for a token that was seen before', async () => {
    vi.resetModules()
    const { createVerifier: create, sharedSecrets: part } = await import('../verify.ts')
    const { decide } = await import('./verifier.ts')
    const { NO_RULES } = await import('../policy/parts.ts')
    const verifier = create({ ...GIVEN, verify: { secret }, parts: [part] })
    const token = await signer.sign({ sub: 'ada' })
    const decision = await verifier.authorize(token)
    expect(decision).toMatchObject({ granted: true, auth: { sub: 'ada' } })
    expect(decide(verifier, token, NO_RULES)).toEqual(decision)
    expect(await decide(verifier, null, NO_RULES)).toMatchObject({ reason: 'no_credentials' })
  })

  it('denylist denies by what is listed, and by default while the list cannot be read', async () => {
    vi.resetModules()
    const { createVerifier: create, denylist: part, sharedSecrets: secrets } = await import('../verify.ts')
    const config = { ...GIVEN, verify: { secret }, parts: [part, secrets] }
    const list = memory()
    await createKit({ ...GIVEN, sign: { secret }, denylist: list }).revoke({ sub: 'ada' })
    const token = await signer.sign({ sub: 'ada' })
    expect(await create({ ...config, denylist: list }).safeVerify(token)).toMatchObject({ reason: 'revoked' })
    const down = { ...memory(), get: () => Promise.reject(new Error('down')) }
    await expect(create({ ...config, denylist: down }).verify(token)).rejects.toMatchObject({
      code: 'ERR_REVOCATION_UNAVAILABLE',
    })
    const open = create({ ...config, denylist: down, denylistOnError: 'open' })
    expect(await open.verify(token)).toMatchObject({ sub: 'ada' })
  })
})
