import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  auth0,
  cloudflareAccess,
  createExternalVerifier,
  entra,
  type ExternalAlg,
  externalVerifier,
  type ExternalVerifierConfig,
  google,
  type JwksStore,
  okta,
  verifyCompact,
} from './external.ts'

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

  it.each(ALGORITHMS.filter((alg) => alg !== 'RS256'))('refuses %s where RS256 is pinned', async (alg) => {
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

  const refusals: [what: string, reason: string, token: () => Promise<string>][] = [
    ['another issuer', 'wrong_issuer', () => rs256.token({ iss: 'https://tenant.example' })],
    ['another audience', 'wrong_audience', () => rs256.token({ aud: ['other', 'api2'] })],
    ['an expired token', 'expired', () => rs256.token({ iat: NOW - 900, exp: NOW - 90 })],
    ['a token from the future', 'issued_in_future', () => rs256.token({ iat: NOW + 91, exp: NOW + 300 })],
    ['a token that is early', 'not_yet_valid', () => rs256.token({ nbf: NOW + 91 })],
    ['a token without exp', 'missing_claim', () => rs256.token({ exp: undefined })],
    ['an empty subject', 'invalid_claim', () => rs256.token({ sub: '' })],
    ['another typ', 'wrong_type', () => rs256.token({}, { typ: 'logout+jwt' })],
    ['an unknown kid', 'unknown_kid', () => rs256.token({}, { kid: 'other' })],
    ['no kid', 'missing_kid', () => rs256.token({}, { kid: undefined })],
    ['crit', 'unsupported_crit', () => rs256.token({}, { crit: ['b64'], b64: true })],
    ['a forged signature', 'bad_signature', async () => (await signer('RS256')).token()],
    ['padding', 'malformed', async () => `${await rs256.token()}=`],
    ['a token that is too large', 'too_large', () => rs256.token({ filler: 'x'.repeat(8192) })],
  ]
  it.each(refusals)('refuses %s as %s', async (_, reason, token) => {
    const verifier = verifierOf(served(rs256.jwk))
    expect(await verifier.safeVerify(await token())).toMatchObject({ ok: false, reason })
  })

  it('takes at+jwt in any spelling of the media type', async () => {
    const verifier = verifierOf(served(rs256.jwk))
    for (const typ of ['at+jwt', 'AT+JWT', 'application/at+jwt', undefined]) {
      expect((await verifier.safeVerify(await rs256.token({}, { typ }))).ok).toBe(true)
    }
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

  it('refuses a configuration that would accept anything', () => {
    const server = served()
    const broken: [problem: string, options: Partial<Record<keyof ExternalVerifierConfig, unknown>>][] = [
      ['algorithms', { algorithms: [] }],
      ['HS256', { algorithms: ['HS256'] }],
      ['none', { algorithms: ['none'] }],
      ['issuer', { issuer: '' }],
      ['audience', { audience: [] }],
      ['audience', { audience: '' }],
      ['jwksUri', { jwksUri: 'http://tenant.example/jwks' }],
      ['leewaySeconds', { leewaySeconds: Number.NaN }],
    ]
    for (const [problem, options] of broken) {
      expect(() => verifierOf(server, options as Partial<ExternalVerifierConfig>)).toThrow(problem)
    }
  })
})

describe('the second tier in KV', () => {
  function memory() {
    const entries = new Map<string, string>()
    const store: JwksStore = {
      get: (key) => Promise.resolve(JSON.parse(entries.get(key) ?? 'null')),
      put: (key, value) => {
        entries.set(key, value)
        return Promise.resolve()
      },
    }
    return { entries, store }
  }

  it('serves an isolate that starts while the issuer is down', async () => {
    const { store } = memory()
    const server = served(rs256.jwk)
    await verifierOf(server, { jwksStore: store }).verify(await rs256.token())
    server.isDown = true
    const cold = verifierOf(server, { jwksStore: store, now: () => NOW + 600 })
    expect((await cold.safeVerify(await rs256.token({ exp: NOW + 900 }))).ok).toBe(true)
    expect(cold.describe()).toMatchObject({ state: 'stale', ageSeconds: 600 })
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
    const [key = ''] = entries.keys()
    server.isDown = true
    const odd = [
      { fetchedAt: NOW + 60, issuer: ISSUER, keys: [rs256.jwk] },
      { fetchedAt: 'now', issuer: ISSUER, keys: [rs256.jwk] },
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
    expect(() => externalVerifier({ ...env, [name]: '' })).toThrow(`${name} is not set`)
  })

  it('refuses algorithms that are none of the table', () => {
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

  it('refuses without saying more than the reason', async () => {
    const other = await signer('RS256', { kid: 'other' })
    const token = await rs256.token()
    await expect(
      verifyCompact(token, { keys: [other.jwk] }, { algorithms: ['RS256'] }),
    ).rejects.toMatchObject({
      reason: 'unknown_kid',
    })
    await expect(verifyCompact(token, { ...other.jwk }, { algorithms: ['RS256'] })).rejects.toMatchObject({
      reason: 'bad_signature',
    })
    await expect(verifyCompact(token, { ...rs256.jwk }, { algorithms: ['ES256'] })).rejects.toMatchObject({
      reason: 'unsupported_alg',
    })
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
    expect(google().issuer).toBe('https://accounts.google.com')
    const tenant = '00000000-0000-4000-8000-000000000000'
    expect(entra(tenant)).toEqual({
      issuer: `https://login.microsoftonline.com/${tenant}/v2.0`,
      jwksUri: `https://login.microsoftonline.com/${tenant}/discovery/v2.0/keys`,
    })
    expect(cloudflareAccess('team')).toEqual({
      issuer: 'https://team.cloudflareaccess.com',
      jwksUri: 'https://team.cloudflareaccess.com/cdn-cgi/access/certs',
    })
  })

  it('refuse what is no host, and tenants that are no tenant', () => {
    for (const host of [
      'https://tenant.example',
      'tenant',
      'tenant.example/path',
      'a.example@b.example',
      '',
    ]) {
      expect(() => auth0(host)).toThrow('host name')
    }
    expect(() => entra('common')).toThrow('GUID')
  })
})
