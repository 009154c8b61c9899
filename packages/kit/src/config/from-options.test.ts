import { afterEach, describe, expect, it, vi } from 'vitest'
import { ConfigError } from '../errors.ts'
import type { EventLine, LogLine } from '../log/line-types.ts'
import { Logger } from '../log/logger.ts'
import { settingsFromEnv } from './from-env.ts'
import { type KitConfig, settingsFromOptions } from './from-options.ts'

const SECRET = 'A'.repeat(86)
const PIN = 'A'.repeat(43)
const base: KitConfig = { issuer: 'https://issuer.test', audience: 'reports' }
const signing: KitConfig = { ...base, sign: { secret: SECRET } }
const service = { fetch: () => Promise.resolve(new Response()), delegate: () => Promise.resolve('') }
const callable = Object.assign(() => undefined, service)
const stored = { get: () => Promise.resolve(SECRET) }
const kv = { get: () => Promise.resolve(new Map()), put: () => Promise.resolve() }

/** Settings from what a caller in plain JavaScript may pass. */
const settingsOf = (config: object) => settingsFromOptions(config as KitConfig)

afterEach(() => {
  vi.restoreAllMocks()
})

describe('settingsFromOptions', () => {
  it.each<[option: string, config: object, settings: object]>([
    ['issuer', { issuer: 'https://other.test' }, { issuer: 'https://other.test' }],
    ['audience', { audience: 'other' }, { audiences: ['other'] }],
    ['audience, a list', { audience: ['a', 'b,c'] }, { audiences: ['a', 'b,c'] }],
    ['ttlSeconds', { ttlSeconds: 60 }, { ttlSeconds: 60 }],
    ['maxTtlSeconds', { maxTtlSeconds: 7200 }, { maxTtlSeconds: 7200, ttlSeconds: 900 }],
    ['leewaySeconds', { leewaySeconds: 0 }, { leewaySeconds: 0 }],
    ['leewaySeconds, empty', { leewaySeconds: '' }, { leewaySeconds: 90 }],
    ['typ', { typ: 'at+jwt' }, { typ: 'at+jwt' }],
    ['exchangeService', { exchangeService: service }, { exchangeService: service }],
    ['exchangeService, a function', { exchangeService: callable }, { exchangeService: callable }],
    ['jwksCache.ttlSeconds', { jwksCache: { ttlSeconds: 60 } }, { jwksTtlSeconds: 60 }],
    ['jwksCache.maxStaleSeconds', { jwksCache: { maxStaleSeconds: 0 } }, { jwksMaxStaleSeconds: 0 }],
    ['jwksCache.cooldownSeconds', { jwksCache: { cooldownSeconds: 5 } }, { jwksCooldownSeconds: 5 }],
    ['deniedThumbprints', { deniedThumbprints: [PIN] }, { deniedThumbprints: new Set([PIN]) }],
    ['denylist', { denylist: kv }, { denylist: kv }],
    ['denylistOnError', { denylistOnError: 'open' }, { denylistOnError: 'open' }],
    ['denylistOnError, empty', { denylistOnError: '' }, { denylistOnError: 'closed' }],
    ['denylistOnError, closed', { denylistOnError: 'closed' }, { denylistOnError: 'closed' }],
    ['tokenCacheEntries', { tokenCacheEntries: 0 }, { tokenCacheEntries: 0 }],
    ['now', { now: Date.now }, { now: Date.now }],
    ['fetch', { fetch: service.fetch }, { fetch: service.fetch }],
  ])('takes %s', (_, config, settings) => {
    expect(settingsOf({ ...signing, ...config })).toMatchObject(settings)
  })

  it.each<[what: string, config: object, settings: object]>([
    [
      'a secret to sign, and verifies with it',
      { sign: { secret: SECRET } },
      {
        sign: { alg: 'HS512', values: [{ name: 'sign.secret', value: SECRET }] },
        verify: { source: 'secret', alg: 'HS512', values: [{ name: 'sign.secret', value: SECRET }] },
      },
    ],
    [
      'another secret to verify',
      { sign: { secret: SECRET }, verify: { secret: 'other' } },
      {
        sign: { values: [{ name: 'sign.secret', value: SECRET }] },
        verify: { source: 'secret', alg: 'HS512', values: [{ name: 'verify.secret', value: 'other' }] },
      },
    ],
    [
      'a list, with a secret of the Secrets Store in it',
      { verify: { secret: [stored, SECRET] } },
      {
        sign: undefined,
        verify: {
          values: [
            { name: 'verify.secret[0]', binding: stored },
            { name: 'verify.secret[1]', value: SECRET },
          ],
        },
      },
    ],
    [
      'a private JWK, and verifies with its public half',
      { sign: { privateJwk: { kty: 'OKP' } } },
      {
        sign: { alg: 'EdDSA', values: [{ name: 'sign.privateJwk', value: { kty: 'OKP' } }] },
        verify: { source: 'own', alg: 'EdDSA' },
      },
    ],
    [
      'a public JWK',
      { verify: { publicJwk: '{}' } },
      { verify: { source: 'inline', alg: 'EdDSA', value: { name: 'verify.publicJwk', value: '{}' } } },
    ],
    [
      'a service',
      { verify: { jwksService: service } },
      { verify: { source: 'service', alg: 'EdDSA', service } },
    ],
    [
      'a service that is a function',
      { verify: { jwksService: callable } },
      { verify: { source: 'service', alg: 'EdDSA', service: callable } },
    ],
    [
      'a URL',
      { verify: { jwksUrl: 'https://a.test/jwks' } },
      { verify: { source: 'url', alg: 'EdDSA', url: 'https://a.test/jwks' } },
    ],
    [
      'pins with public keys',
      { verify: { jwksService: service }, allowedThumbprints: `${PIN},` },
      { allowedThumbprints: new Set([PIN]) },
    ],
    [
      'a private JWK beside a source of its own',
      {
        sign: { privateJwk: '{}' },
        verify: { jwksService: service },
      },
      { sign: { alg: 'EdDSA' }, verify: { source: 'service' } },
    ],
  ])('takes %s', (_, keys, settings) => {
    expect(settingsOf({ ...base, ...keys })).toMatchObject(settings)
  })

  it('has the defaults of the environment', () => {
    const settings = settingsOf(signing)
    const { issuer, audience } = signing
    expect(settings).toEqual({
      ...settingsFromEnv({ JWT_ISS: issuer, JWT_AUD: audience, JWT_SECRET: SECRET }),
      sign: { alg: 'HS512', values: [{ name: 'sign.secret', value: SECRET }] },
      verify: { source: 'secret', alg: 'HS512', values: [{ name: 'sign.secret', value: SECRET }] },
      now: expect.any(Function) as () => number,
      fetch: expect.any(Function) as typeof fetch,
      onEvent: expect.any(Function) as (event: EventLine) => void,
      logger: expect.any(Logger) as Logger,
    })
    expect(Math.abs(settings.now() - Date.now() / 1000)).toBeLessThan(5)
  })

  it('asks the global fetch, as it is at the time of the call', async () => {
    const { fetch } = settingsOf(signing)
    const answer = new Response()
    const global = vi.spyOn(globalThis, 'fetch').mockResolvedValue(answer)
    const init = { redirect: 'manual' } as const
    expect(await fetch('https://a.test/', init)).toBe(answer)
    expect(global.mock.calls).toEqual([['https://a.test/', init]])
  })

  it.each<[what: string, config: object, message: string]>([
    [
      'nothing',
      {},
      'issuer is not set: set it to the issuer of your tokens, for example https://gateway.internal',
    ],
    [
      'an issuer that is no text',
      { ...signing, issuer: 7 },
      'issuer must be a string: the issuer of your tokens',
    ],
    [
      'no audience',
      { issuer: 'a' },
      'audience is not set: set it to the name of this service, as tokens carry it in aud',
    ],
    [
      'an empty audience',
      { ...signing, audience: '' },
      'audience is not set: set it to the name of this service',
    ],
    [
      'an empty list',
      { ...signing, audience: [] },
      'audience is not set: set it to the name of this service',
    ],
    [
      'an empty name in it',
      { ...signing, audience: ['a', ''] },
      'audience is not set: set it to one or more',
    ],
    [
      'a number in it',
      { ...signing, audience: [7] },
      'audience must be a string: one or more audience names',
    ],
    ['an empty typ', { ...signing, typ: '' }, 'typ is not set: set it to a media type such as JWT'],
    ['a typ that is no text', { ...signing, typ: 1 }, 'typ must be a string: a media type such as JWT'],
    [
      'no key',
      base,
      'no key to sign or to verify with: set sign.privateJwk or sign.secret to sign, ' +
        'or one of verify.secret, verify.publicJwk, verify.jwksService, verify.jwksUrl to verify',
    ],
    [
      'two keys to sign',
      { ...base, sign: { secret: SECRET, privateJwk: '{}' } },
      'sign.privateJwk (EdDSA) and sign.secret (HS512) are both set: remove one',
    ],
    ...['publicJwk', 'jwksService', 'jwksUrl'].map((source): [string, object, string] => [
      `a secret beside ${source}`,
      { ...base, verify: { secret: SECRET, [source]: 'x' } },
      `verify.secret (HS512) and verify.${source} (EdDSA) are both set: a verifier accepts one algorithm. Remove one`,
    ]),
    [
      'two sources',
      { ...base, verify: { jwksService: service, jwksUrl: 'https://a.test/' } },
      'verify.jwksService and verify.jwksUrl are both set: keys come from one source. Remove one',
    ],
    ...[null, 'a', {}, { fetch: true }].map((jwksService): [string, object, string] => [
      `the service ${JSON.stringify(jwksService)}`,
      { ...base, verify: { jwksService } },
      'verify.jwksService is not a service binding: it has no fetch()',
    ]),
    ...[null, 'a', {}, { delegate: true }].map((exchangeService): [string, object, string] => [
      `the exchange service ${JSON.stringify(exchangeService)}`,
      { ...signing, exchangeService },
      "exchangeService is not a service binding to the gateway's entrypoint Exchange: it has no delegate()",
    ]),
    [
      'an empty URL',
      { ...base, verify: { jwksUrl: '' } },
      'verify.jwksUrl is not set: set it to an https URL',
    ],
    [
      'a URL that is no text',
      { ...base, verify: { jwksUrl: 7 } },
      'verify.jwksUrl must be a string: an https URL',
    ],
    [
      'plain http',
      { ...base, verify: { jwksUrl: 'http://a.test/' } },
      'verify.jwksUrl must be an https URL without credentials (http only on loopback)',
    ],
    ...[7, [7], 'abc', [PIN, `${PIN}A`], null].map((pins): [string, object, string] => [
      `the thumbprints ${JSON.stringify(pins)}`,
      { ...signing, deniedThumbprints: pins },
      'deniedThumbprints must be RFC 7638 thumbprints (43 characters); see: npx kit-keygen thumbprint FILE',
    ]),
    [
      'pins for a secret',
      { ...signing, allowedThumbprints: [PIN] },
      'allowedThumbprints pins public keys and means nothing for verify.secret: remove one',
    ],
    ...[
      null,
      'kv',
      {},
      { get: kv.get },
      { put: kv.put },
      { get: kv.get, put: 1 },
      { get: 1, put: kv.put },
    ].map((denylist, index): [string, object, string] => [
      `a deny-list that is no KV (${index})`,
      { ...signing, denylist },
      'denylist is not a KV namespace binding: it has no get() and put()',
    ]),
    [
      'a word for the deny-list',
      { ...signing, denylistOnError: 'maybe' },
      'denylistOnError must be closed or open',
    ],
    [
      'a cooldown of nothing',
      { ...signing, jwksCache: { cooldownSeconds: 0 } },
      'jwksCache.cooldownSeconds must be a whole number from 1 to 3600',
    ],
    [
      'a lifetime longer than the most',
      { ...signing, maxTtlSeconds: 60, ttlSeconds: 61 },
      'ttlSeconds must be a whole number from 1 to 60',
    ],
  ])('rejects %s, and says what to do', (_, config, message) => {
    expect(() => settingsOf(config)).toThrow(ConfigError)
    expect(() => settingsOf(config)).toThrow(message)
  })
})

describe('events', () => {
  it('go to the logger', () => {
    const seen: LogLine[] = []
    const { onEvent } = settingsOf({
      ...signing,
      logLevel: 'off',
      onEvent: (line: EventLine) => seen.push(line),
    })
    onEvent({ event: 'denylist_failed', level: 'error', detail: 'it is down' })
    expect(seen).toMatchObject([
      { event: 'denylist_failed', level: 'error', detail: 'it is down', service: 'reports', schema: 1 },
    ])
  })
})
