/**
 * The face `@sealgate/kit/verify` against the whole kit: hostile tokens, good ones and those of the vectors, in many
 * environments, come to the same decision, for the same reason, in the same words. On Node and on workerd.
 */
import { createKit, generateSecret, type Kit, makeKit, policy } from '@sealgate/kit'
import {
  anyOf,
  boundRequests,
  denylist,
  kind,
  makeVerifier,
  needAll,
  not,
  owner,
  rolesAny,
  type Rules,
  type Verifier,
  where,
} from '@sealgate/kit/verify'
import { beforeAll, describe, expect, inject, it } from 'vitest'
import { vectorFile, type Wycheproof } from '../conformance/vectors.ts'
import { controlsFor } from './controls.ts'
import { attacksOn } from './corpus.ts'
import { withClaims } from './target.ts'
import { eddsaTarget, hs512Target, RFC_8037, SECRET } from './targets.ts'

const ENDS = { issuer: 'https://issuer.test', audience: 'reports', now: 1_800_000_000 }
const BASE = { JWT_ISS: ENDS.issuer, JWT_AUD: ENDS.audience }
/** RFC 8037 appendix A.3: the thumbprint of its key. */
const THUMBPRINT = 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k'
const OTHER = 'A'.repeat(43)
const { x, kid } = RFC_8037
const JWK = { kty: 'OKP', crv: 'Ed25519', x, kid }
const secret = btoa(String.fromCharCode(...SECRET))

const jwks = { fetch: () => Promise.resolve(Response.json({ keys: [JWK] })) }
const down = { fetch: () => Promise.reject(new Error('down')) }
const list = (get: (keys: string[]) => Promise<Map<string, unknown>>): object => ({
  get,
  put: () => Promise.resolve(),
})
const SERVICE = { JWT_JWKS_SERVICE_NAME: 'GATEWAY', GATEWAY: jwks }
const INLINE = { JWT_PUBLIC_JWK: JSON.stringify(JWK) }

const EDDSA: Readonly<Record<string, object>> = {
  'an inline key': INLINE,
  'an inline set in the Secrets Store': {
    JWT_PUBLIC_JWK_NAME: 'STORED',
    STORED: { get: () => Promise.resolve(JSON.stringify({ keys: [JWK] })) },
  },
  'a JWKS service': SERVICE,
  'a JWKS URL': { JWT_JWKS_URL: 'https://gateway.test/jwks' },
  'a JWKS service that is down': { ...SERVICE, GATEWAY: down },
  'the key pinned': { ...INLINE, JWT_ALLOWED_THUMBPRINTS: THUMBPRINT },
  'another key pinned': { ...SERVICE, JWT_ALLOWED_THUMBPRINTS: OTHER },
  'the key denied': { ...SERVICE, JWT_DENIED_THUMBPRINTS: THUMBPRINT },
}
const HS512: Readonly<Record<string, object>> = {
  'a secret': { JWT_SECRET: secret },
  'two secrets, in the Secrets Store': {
    JWT_SECRET_NAME: 'NEXT,STORED',
    NEXT: generateSecret(),
    STORED: { get: () => Promise.resolve(secret) },
  },
}
const EITHER: Readonly<Record<string, object>> = {
  'no leeway': { JWT_LEEWAY: '0' },
  'short lifetimes': { JWT_MAX_TTL_SECONDS: '60' },
  'several audiences': { JWT_AUD: 'a,reports' },
  'another issuer': { JWT_ISS: 'https://issuer.test/' },
  'no cache of tokens': { JWT_TOKEN_CACHE_ENTRIES: '0' },
  'an empty deny-list': {
    JWT_DENYLIST_NAME: 'LIST',
    LIST: list(() => Promise.resolve(new Map<string, unknown>())),
  },
  'a deny-list with everything on it': {
    JWT_DENYLIST_NAME: 'LIST',
    LIST: list((keys) => Promise.resolve(new Map(keys.map((key) => [key, { before: 9e9 }])))),
  },
  'a deny-list that is down': {
    JWT_DENYLIST_NAME: 'LIST',
    LIST: list(() => Promise.reject(new Error('down'))),
  },
  'a deny-list that is down, and open': {
    JWT_DENYLIST_NAME: 'LIST',
    LIST: list(() => Promise.reject(new Error('down'))),
    JWT_DENYLIST_ON_ERROR: 'open',
  },
}

/** Each environment meets one token of so many; the next environment meets the next ones, so that each token is met. */
const SHARE = inject('isNightly') ? 1 : 4

/** Both, of one environment. */
function pairOf(env: object): readonly [Kit, Verifier] {
  const options = {
    now: () => ENDS.now,
    fetch: () => jwks.fetch(),
    onEvent: () => undefined,
  }
  return [makeKit(env, options), makeVerifier(env, { ...options, parts: [denylist, boundRequests] })]
}

/** Tokens that their verifiers were made for elsewhere, good and bad: here each of them is bad. */
function vectorTokens(): readonly string[] {
  return ['json_web_signature_test', 'json_web_crypto_test', 'json_web_key_test'].flatMap((name) => {
    const { testGroups = [] } = vectorFile<
      Wycheproof<{ readonly tests: readonly { readonly jws?: unknown }[] }>
    >(`wycheproof/${name}.json`)
    return testGroups.flatMap(({ tests }) => tests.flatMap(({ jws }) => (typeof jws === 'string' ? jws : [])))
  })
}

describe.each([
  ['EdDSA', eddsaTarget(RFC_8037, ENDS), EDDSA, INLINE],
  ['HS512', hs512Target(ENDS), HS512, { JWT_SECRET: secret }],
] as const)('a verifier and a kit, %s', (alg, target, own, simple) => {
  let tokens: readonly string[]
  let good: string
  beforeAll(async () => {
    const attacks = await attacksOn(target)
    const controls = await controlsFor(target)
    const { output } = vectorFile<{ readonly output: { readonly compact: string } }>('rfc8037/jws.json')
    good = controls[0]?.[1] ?? ''
    tokens = [
      ...controls.map(([, token]) => token),
      ...attacks.map(({ token }) => token),
      ...vectorTokens(),
      output.compact,
      await withClaims(target, { req: OTHER }),
      await withClaims(target, { kind: 'anonymous' }),
    ]
    expect(tokens.length).toBeGreaterThan(900)
  })

  const environments = Object.entries({
    ...own,
    ...Object.fromEntries(Object.entries(EITHER).map(([name, env]) => [name, { ...simple, ...env }])),
  })

  it('have enough environments that each token is met', () => {
    expect(environments.length).toBeGreaterThanOrEqual(SHARE)
  })

  it.each(environments.map(([name, more], index) => [name, more, index] as const))(
    'decide alike with %s',
    async (_, more, index) => {
      const [kit, verifier] = pairOf({ ...BASE, ...more })
      const rules = [needAll('read')]
      const different: string[] = []
      const met = [good, ...tokens.filter((_one, place) => place % SHARE === index % SHARE)]
      // Twice: the second time with whatever the first time left in caches.
      for (const token of [...met, ...met]) {
        const results = await Promise.all(
          [kit, verifier].map(async (one) => [
            await one.safeVerify(token).catch(String),
            await one.authorize(token, rules),
          ]),
        )
        const [ours, theirs] = results.map((result) => JSON.stringify(result))
        if (ours !== theirs) different.push(`${token}: ${theirs} in place of ${ours}`)
      }
      expect(different).toEqual([])
    },
  )

  it('decide alike on what is no token, and on requests', async () => {
    const [kit, verifier] = pairOf({ ...BASE, ...simple })
    const requestWith = (header: string): Request =>
      new Request('https://reports.test/', { headers: { Authorization: header } })
    const sources = [
      undefined,
      null,
      '',
      7 as unknown as string,
      new Request('https://reports.test/'),
      ...[
        '',
        'Bearer',
        'Bearer  ',
        `bearer ${good}`,
        `Bearer ${good}`,
        `Bearer ${good}, Bearer ${good}`,
        'Basic x',
      ].map(requestWith),
    ]
    for (const source of sources) {
      const decide = (one: Verifier): Promise<unknown> => one.authorize(source).catch(String)
      expect(await decide(verifier)).toEqual(await decide(kit))
    }
  })

  it('decide alike on a token that is bound, by a part and without', async () => {
    const [kit, verifier] = pairOf({ ...BASE, ...simple })
    const bare = makeVerifier({ ...BASE, ...simple }, { now: () => ENDS.now })
    const request = new Request('https://reports.test/')
    const bound = await withClaims(target, { req: OTHER })
    for (const one of [kit, verifier, bare] as const) {
      expect(await one.safeVerify(bound)).toMatchObject({ reason: 'request_mismatch' })
    }
    const options = { typ: 'JWT', request }
    const results = [await kit.safeVerify(bound, options), await verifier.safeVerify(bound, options)]
    expect(results).toEqual([results[0], results[0]])
    await expect(bare.safeVerify(bound, options)).rejects.toMatchObject({ code: 'ERR_CONFIG' })
  })

  it('decide alike by every rule', async () => {
    const callers = await Promise.all(
      [
        {},
        { kind: 'user', permissions: ['read'], roles: ['admin'] },
        { kind: 'machine', scope: 'read write' },
        { kind: 'agent', permissions: 'read', act: { iss: ENDS.issuer, sub: 'mailer' } },
        { kind: 'anonymous', permissions: ['read'] },
      ].map((claims) => withClaims(target, claims)),
    )
    const isRead = (claims: object): boolean => 'scope' in claims
    const rules: readonly (readonly [Rules, Rules])[] = [
      [needAll('read'), policy().needAll('read')],
      [[needAll('read'), rolesAny('admin')], policy().needAll('read').rolesAny('admin')],
      [not(kind('machine')), policy().not(policy().kind('machine'))],
      [owner('user-1'), policy().owner('user-1')],
      [where(isRead, 'has a scope'), policy().where(isRead, 'has a scope')],
      [
        anyOf(owner('bob'), needAll('write')),
        policy().anyOf(policy().owner('bob'), policy().needAll('write')),
      ],
      [policy().allowAnonymous(), policy().allowAnonymous()],
      [
        policy().base({ leewaySeconds: 0, aud: 'reports' }),
        policy().base({ leewaySeconds: 0, aud: 'reports' }),
      ],
    ]
    const [kit, verifier] = pairOf({ ...BASE, ...simple })
    for (const token of callers) {
      for (const [functions, built] of rules) {
        expect(await verifier.authorize(token, functions)).toEqual(await kit.authorize(token, built))
        expect(await kit.authorize(token, functions)).toEqual(await verifier.authorize(token, built))
      }
    }
  })
})

it.each<[what: string, env: Readonly<Record<string, unknown>>]>([
  ['nothing', {}],
  ['no issuer', { ...BASE, ...INLINE, JWT_ISS: '' }],
  ['no audience', { ...BASE, ...INLINE, JWT_AUD: ' , ' }],
  ['two sources', { ...BASE, ...INLINE, JWT_JWKS_URL: 'https://a.test' }],
  ['a secret and a key', { ...BASE, ...INLINE, JWT_SECRET: secret }],
  ['a short secret', { ...BASE, JWT_SECRET: 'AAAA' }],
  ['a secret that is none', { ...BASE, JWT_SECRET: '!' }],
  ['a name that names nothing', { ...BASE, JWT_SECRET_NAME: 'MISSING' }],
  ['a binding that is none', { ...BASE, JWT_JWKS_SERVICE_NAME: 'G', G: {} }],
  ['a URL without TLS', { ...BASE, JWT_JWKS_URL: 'http://a.test' }],
  ['a private key', { ...BASE, JWT_PUBLIC_JWK: JSON.stringify({ ...JWK, d: RFC_8037.d }) }],
  ['no JSON', { ...BASE, JWT_PUBLIC_JWK: 'x' }],
  ['a leeway', { ...BASE, ...INLINE, JWT_LEEWAY: '301' }],
  ['a leeway that is no number', { ...BASE, ...INLINE, JWT_LEEWAY: Number.NaN }],
  ['a longest lifetime', { ...BASE, ...INLINE, JWT_MAX_TTL_SECONDS: '0' }],
  ['a cache', { ...BASE, ...INLINE, JWT_TOKEN_CACHE_ENTRIES: '-1' }],
  ['pins that are none', { ...BASE, ...INLINE, JWT_ALLOWED_THUMBPRINTS: 'x' }],
  ['pins of a secret', { ...BASE, JWT_SECRET: secret, JWT_ALLOWED_THUMBPRINTS: OTHER }],
  ['a deny-list that is none', { ...BASE, ...INLINE, JWT_DENYLIST_NAME: 'LIST', LIST: {} }],
  ['a choice', { ...BASE, ...INLINE, JWT_DENYLIST_ON_ERROR: 'ajar' }],
])('a wrong environment is the same error for both: %s', (_, env) => {
  const problemOf = (make: () => unknown): string => {
    try {
      make()
    } catch (error) {
      return String(error)
    }
    return 'none'
  }
  const ofKit = problemOf(() => makeKit(env))
  expect(ofKit).toMatch(/^ConfigError/)
  const ofVerifier = problemOf(() => makeVerifier(env, { parts: [denylist] }))
  // A kit can also lack a key to sign with.
  expect(ofVerifier.replace(/^ConfigError: no key.*/, 'no key')).toBe(
    ofKit.replace(/^ConfigError: no key.*/, 'no key'),
  )
})

it('a kit is a verifier', () => {
  const verifier: Verifier = createKit({ issuer: 'a', audience: 'b', sign: { secret } })
  expect(verifier.constructor.name).toBe('Kit')
})
