import type { InternalAlg } from '../jose/algorithms.ts'
import { isObject } from '../jose/base64url.ts'
import { ConfigError } from '../errors.ts'
import type { OnEvent } from '../primitives/events.ts'
import {
  type Labels,
  type NamedValue,
  parseSettings,
  type RawSettings,
  type Settings,
  splitList,
} from './schema.ts'

/** The environment names of the kit: the only place in this package that has them. */
const LABELS: Labels = {
  issuer: 'JWT_ISS',
  audience: 'JWT_AUD',
  ttlSeconds: 'JWT_TTL_SECONDS',
  maxTtlSeconds: 'JWT_MAX_TTL_SECONDS',
  leewaySeconds: 'JWT_LEEWAY',
  typ: 'typ',
  signSecret: 'JWT_SECRET_NAME or JWT_SECRET',
  verifySecret: 'JWT_SECRET_NAME or JWT_SECRET',
  signPrivateJwk: 'JWT_PRIVATE_JWK_NAME or JWT_PRIVATE_JWK',
  publicJwk: 'JWT_PUBLIC_JWK_NAME or JWT_PUBLIC_JWK',
  jwksService: 'JWT_JWKS_SERVICE_NAME',
  jwksUrl: 'JWT_JWKS_URL',
  exchangeService: 'JWT_EXCHANGE_SERVICE_NAME',
  jwksTtlSeconds: 'JWT_JWKS_CACHE_TTL_SECONDS',
  jwksMaxStaleSeconds: 'JWT_JWKS_MAX_STALE_SECONDS',
  jwksCooldownSeconds: 'jwksCache.cooldownSeconds',
  allowedThumbprints: 'JWT_ALLOWED_THUMBPRINTS',
  deniedThumbprints: 'JWT_DENIED_THUMBPRINTS',
  denylist: 'JWT_DENYLIST_NAME',
  denylistOnError: 'JWT_DENYLIST_ON_ERROR',
  tokenCacheEntries: 'JWT_TOKEN_CACHE_ENTRIES',
}

/** Variables that hold a value, and variables that hold the name of a binding (or several names). */
const PLAIN = [
  'JWT_ISS',
  'JWT_AUD',
  'JWT_TTL_SECONDS',
  'JWT_MAX_TTL_SECONDS',
  'JWT_LEEWAY',
  'JWT_SECRET',
  'JWT_PRIVATE_JWK',
  'JWT_PUBLIC_JWK',
  'JWT_JWKS_URL',
  'JWT_JWKS_CACHE_TTL_SECONDS',
  'JWT_JWKS_MAX_STALE_SECONDS',
  'JWT_ALLOWED_THUMBPRINTS',
  'JWT_DENIED_THUMBPRINTS',
  'JWT_DENYLIST_ON_ERROR',
  'JWT_TOKEN_CACHE_ENTRIES',
] as const
const REFERENCES = [
  'JWT_SECRET_NAME',
  'JWT_PRIVATE_JWK_NAME',
  'JWT_PUBLIC_JWK_NAME',
  'JWT_JWKS_SERVICE_NAME',
  'JWT_EXCHANGE_SERVICE_NAME',
  'JWT_DENYLIST_NAME',
] as const

type Plain = (typeof PLAIN)[number]
type Reference = (typeof REFERENCES)[number]

/** What `makeKit` takes beside the environment. */
export interface KitOptions {
  /** Seconds since the epoch. Default: the runtime's clock. */
  readonly now?: () => number
  /** Used for `JWT_JWKS_URL`. Default: the global `fetch`. */
  readonly fetch?: typeof fetch
  /** Receives events of the whole isolate. Default: warnings and errors to the console. */
  readonly onEvent?: OnEvent
}

/**
 * Reads the environment (docs/environment.md).
 * @throws ConfigError naming the variable and the remedy
 */
export function settingsFromEnv(env: object, options: KitOptions = {}): Settings {
  const read = (name: Plain): unknown => present(lookUp(env, name))
  const secret = values(env, 'JWT_SECRET')
  const privateJwk = values(env, 'JWT_PRIVATE_JWK')
  const [publicJwk] = values(env, 'JWT_PUBLIC_JWK') ?? []
  const audience = read('JWT_AUD')
  const raw: RawSettings = {
    issuer: read('JWT_ISS'),
    audience: typeof audience === 'string' ? splitList(audience) : audience,
    ttlSeconds: read('JWT_TTL_SECONDS'),
    maxTtlSeconds: read('JWT_MAX_TTL_SECONDS'),
    leewaySeconds: read('JWT_LEEWAY'),
    ...(secret && { signSecret: secret, verifySecret: secret }),
    ...(privateJwk && { signPrivateJwk: privateJwk }),
    ...(publicJwk && { publicJwk }),
    jwksService: binding(env, 'JWT_JWKS_SERVICE_NAME'),
    jwksUrl: read('JWT_JWKS_URL'),
    exchangeService: binding(env, 'JWT_EXCHANGE_SERVICE_NAME'),
    jwksTtlSeconds: read('JWT_JWKS_CACHE_TTL_SECONDS'),
    jwksMaxStaleSeconds: read('JWT_JWKS_MAX_STALE_SECONDS'),
    allowedThumbprints: read('JWT_ALLOWED_THUMBPRINTS'),
    deniedThumbprints: read('JWT_DENIED_THUMBPRINTS'),
    denylist: binding(env, 'JWT_DENYLIST_NAME'),
    denylistOnError: read('JWT_DENYLIST_ON_ERROR'),
    tokenCacheEntries: read('JWT_TOKEN_CACHE_ENTRIES'),
    ...options,
  }
  return parseSettings(raw, LABELS)
}

/**
 * The algorithm that the environment chooses for a role. It looks at which variables are set, not into them.
 *
 * @throws ConfigError when the variables conflict, or none is set for the role
 */
export function envMode(env: object, role: 'producer' | 'consumer'): InternalAlg {
  const has = (plain: Plain, reference?: Reference): boolean =>
    (reference !== undefined && present(lookUp(env, reference)) !== undefined) ||
    present(lookUp(env, plain)) !== undefined
  const secret = has('JWT_SECRET', 'JWT_SECRET_NAME')
  const privateJwk = has('JWT_PRIVATE_JWK', 'JWT_PRIVATE_JWK_NAME')
  if (secret && privateJwk) {
    throw new ConfigError(
      `${LABELS.signPrivateJwk} (EdDSA) and ${LABELS.signSecret} (HS512) are both set: remove one`,
    )
  }
  const sources = [
    has('JWT_PUBLIC_JWK', 'JWT_PUBLIC_JWK_NAME') && LABELS.publicJwk,
    present(lookUp(env, 'JWT_JWKS_SERVICE_NAME')) !== undefined && LABELS.jwksService,
    has('JWT_JWKS_URL') && LABELS.jwksUrl,
  ].filter((label) => label !== false)
  if (role === 'consumer') {
    const all = secret ? [LABELS.verifySecret, ...sources] : sources
    if (all.length > 1)
      throw new ConfigError(`${all.join(' and ')} are both set: keys come from one source. Remove one`)
    if (sources.length === 1) return 'EdDSA'
  }
  if (privateJwk) return 'EdDSA'
  if (secret) return 'HS512'
  const consumer = [LABELS.verifySecret, LABELS.publicJwk, LABELS.jwksService, LABELS.jwksUrl]
  throw new ConfigError(
    role === 'producer'
      ? `no key to sign with: set ${LABELS.signPrivateJwk}, or ${LABELS.signSecret}`
      : `no key to verify with: set one of ${consumer.join(', ')}`,
  )
}

/** What tells one environment from another: the variables' values, and the identity of each binding they name. */
export interface Fingerprint {
  readonly text: string
  readonly bindings: readonly object[]
}

/** Two environments with equal fingerprints make the same kit, whatever object carries them. */
export function fingerprintOf(env: object): Fingerprint {
  const bindings: object[] = []
  const named = REFERENCES.map((reference) => {
    const names = lookUp(env, reference)
    const entries = typeof names === 'string' ? splitList(names) : []
    return entries.map((name) => {
      const value = lookUp(env, name)
      if (typeof value === 'object' && value !== null) bindings.push(value)
      return [name, typeof value === 'string' ? value : typeof value]
    })
  })
  return { text: JSON.stringify([PLAIN.map((name) => lookUp(env, name) ?? null), named]), bindings }
}

/** The values of X_NAME or X, or `undefined` when neither is set. */
function values(
  env: object,
  variable: 'JWT_SECRET' | 'JWT_PRIVATE_JWK' | 'JWT_PUBLIC_JWK',
): readonly NamedValue[] | undefined {
  const reference = `${variable}_NAME` as const
  const names = present(lookUp(env, reference))
  if (names === undefined) {
    const value = present(lookUp(env, variable))
    if (value === undefined) return undefined
    const list = variable === 'JWT_SECRET' && typeof value === 'string' ? splitList(value) : [value]
    return list.map((entry) => ({ name: variable, value: entry }))
  }
  const entries = nameList(names, reference)
  if (variable === 'JWT_PUBLIC_JWK' && entries.length > 1) {
    throw new ConfigError(`${reference} takes one name: put several keys in one JWK Set`)
  }
  const found = entries.map((name): NamedValue => {
    const value = lookUp(env, name)
    const label = `${name} (named by ${reference})`
    if (value === undefined || value === null || typeof value === 'string')
      return { name: label, value: value ?? undefined }
    if (isReadable(value)) return { name: label, binding: value }
    throw new ConfigError(`${label} is neither a string nor a Secrets Store binding`)
  })
  if (found.every((entry) => 'value' in entry && present(entry.value) === undefined)) {
    throw new ConfigError(
      `${reference} names ${entries.join(', ')}, which ${entries.length > 1 ? 'are' : 'is'} not set: put the secret there with: npx wrangler secret put ${entries[0] ?? 'NAME'}`,
    )
  }
  return found
}

/** The one binding that a variable names. */
function binding(env: object, reference: Reference): unknown {
  const names = present(lookUp(env, reference))
  if (names === undefined) return undefined
  const [name, ...others] = nameList(names, reference)
  if (name === undefined || others.length > 0)
    throw new ConfigError(`${reference} takes one name of a binding`)
  const value = lookUp(env, name)
  if (typeof value !== 'object' || value === null) {
    throw new ConfigError(
      `${reference} names the binding ${name}, which does not exist: add it to wrangler.jsonc`,
    )
  }
  return value
}

/** What wrangler takes for the name of a binding, and no longer than anybody's. */
const BINDING_NAME = /^[A-Za-z_$][\w$]{0,63}$/

function nameList(names: unknown, reference: Reference): string[] {
  const list = typeof names === 'string' ? splitList(names) : []
  // Whatever is no name may be the secret itself, pasted here by mistake: it is not quoted.
  if (list.length === 0 || !list.every((name) => BINDING_NAME.test(name))) {
    throw new ConfigError(`${reference} must be the name of a binding, not what the binding holds`)
  }
  const twice = list.find((name, index) => list.indexOf(name) !== index)
  if (twice !== undefined) throw new ConfigError(`${reference} names ${twice} twice: remove one`)
  return list
}

function isReadable(value: unknown): value is { get(): Promise<unknown> } {
  return isObject(value) && typeof value.get === 'function'
}

/** Reads one member of the environment. Names come from configuration, so nothing inherited may answer. */
function lookUp(env: object, name: string): unknown {
  return name in Object.prototype ? undefined : Reflect.get(env, name)
}

function present(value: unknown): unknown {
  return value === '' || value === null ? undefined : value
}
