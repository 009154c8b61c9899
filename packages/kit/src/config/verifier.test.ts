/** A verifier reads its keys as a kit does that signs with none, and says the same of what is wrong with them. */
import { describe, expect, it } from 'vitest'
import { generateSecret } from '../keys/hmac-secrets.ts'
import { settingsFromEnv } from './from-env.ts'
import { type KitConfig, settingsFromOptions } from './from-options.ts'
import { DENYLIST_SETTINGS } from './schema-verify.ts'
import { verifierSettingsFromEnv, verifierVariables } from './verifier-from-env.ts'
import { verifierSettingsFromOptions } from './verifier-from-options.ts'

const [one, two] = [generateSecret(), generateSecret()]
const PIN = 'A'.repeat(43)
const service = { fetch: () => Promise.resolve(new Response()) }
const stored = { get: () => Promise.resolve(one) }

/** What only a kit has, and what is made anew each time. */
const ASIDE = {
  ...{ sign: null, ttlSeconds: null, kid: null, exchangeService: null },
  ...{ now: null, fetch: null, logger: null, onEvent: null },
}

/** What a reader makes of its input, or the message of its error. */
function outcome(read: () => object): unknown {
  try {
    return { ...read(), ...ASIDE }
  } catch (error) {
    return error instanceof Error ? error.message : error
  }
}

describe('of an environment', () => {
  const base = { JWT_ISS: 'https://issuer.test', JWT_AUD: 'reports' }

  it.each<[what: string, env: object]>([
    ['one secret', { JWT_SECRET: one }],
    ['secrets', { JWT_SECRET: `${one}, ${two}` }],
    ['named secrets', { JWT_SECRET_NAME: 'A, B', A: one, B: stored }],
    ['a public key', { JWT_PUBLIC_JWK: '{"a":1,"b":2}' }],
    ['a named public key', { JWT_PUBLIC_JWK_NAME: 'A', A: '{}' }],
    ['two names of public keys', { JWT_PUBLIC_JWK_NAME: 'A,B', A: '{}', B: '{}' }],
    ['a service', { JWT_JWKS_SERVICE_NAME: 'A', A: service }],
    ['a service that has no fetch', { JWT_JWKS_SERVICE_NAME: 'A', A: {} }],
    ['a URL', { JWT_JWKS_URL: 'https://a.test/' }],
    ['a URL that is none', { JWT_JWKS_URL: 'x' }],
    ['a secret beside a public key', { JWT_SECRET: one, JWT_PUBLIC_JWK: '{}' }],
    ['a secret beside a service', { JWT_SECRET: one, JWT_JWKS_SERVICE_NAME: 'A', A: service }],
    ['two sources', { JWT_PUBLIC_JWK: '{}', JWT_JWKS_URL: 'https://a.test/' }],
    ['pins of a secret', { JWT_SECRET: one, JWT_ALLOWED_THUMBPRINTS: PIN }],
    ['pins of a service', { JWT_JWKS_SERVICE_NAME: 'A', A: service, JWT_ALLOWED_THUMBPRINTS: PIN }],
  ])('with %s', (_, more) => {
    const env = { ...base, ...more }
    const kit = outcome(() => settingsFromEnv(env))
    expect(outcome(() => verifierSettingsFromEnv(env, undefined, DENYLIST_SETTINGS))).toEqual(kit)
  })

  it('without any key it names those that it would read', () => {
    expect(outcome(() => verifierSettingsFromEnv(base, {}, undefined))).toBe(
      'no key to verify with: set one of JWT_SECRET_NAME or JWT_SECRET, JWT_PUBLIC_JWK_NAME or JWT_PUBLIC_JWK, JWT_JWKS_SERVICE_NAME, JWT_JWKS_URL',
    )
  })

  it('knows the variables of its parts alone', () => {
    expect(verifierVariables(undefined).values).not.toContain('JWT_DENYLIST_ON_ERROR')
    expect(verifierVariables(DENYLIST_SETTINGS).values).toContain('JWT_DENYLIST_ON_ERROR')
    expect(verifierSettingsFromEnv({ ...base, JWT_SECRET: one }, {}, undefined)).not.toHaveProperty(
      'denylistOnError',
    )
  })
})

describe('of options', () => {
  const base = { issuer: 'https://issuer.test', audience: 'reports' }

  it.each<[what: string, config: object]>([
    ['one secret', { verify: { secret: one } }],
    ['secrets', { verify: { secret: [one, stored] } }],
    ['a public key', { verify: { publicJwk: '{}' } }],
    ['a service', { verify: { jwksService: service } }],
    ['a service that has no fetch', { verify: { jwksService: {} } }],
    ['a URL', { verify: { jwksUrl: 'https://a.test/' } }],
    ['a URL that is none', { verify: { jwksUrl: 'x' } }],
    ['a secret beside a public key', { verify: { secret: one, publicJwk: '{}' } }],
    ['two sources', { verify: { jwksService: service, jwksUrl: 'https://a.test/' } }],
    ['pins of a secret', { verify: { secret: one }, allowedThumbprints: [PIN] }],
    ['pins of a service', { verify: { jwksService: service }, allowedThumbprints: [PIN] }],
  ])('with %s', (_, more) => {
    const config = { ...base, ...more } as KitConfig
    const kit = outcome(() => settingsFromOptions(config))
    expect(outcome(() => verifierSettingsFromOptions(config, DENYLIST_SETTINGS))).toEqual(kit)
  })
})
