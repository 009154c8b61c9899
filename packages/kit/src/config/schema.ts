import type { InternalAlg } from '../jose/algorithms.ts'
import { isJwksUrl } from '../keys/fetch-jwks.ts'
import { decodeMember } from '../keys/public-jwk.ts'
import {
  DEFAULT_LEEWAY_SECONDS,
  DEFAULT_MAX_TTL_SECONDS,
  DEFAULT_TTL_SECONDS,
  JWKS_COOLDOWN_SECONDS,
  JWKS_MAX_STALE_SECONDS,
  JWKS_TTL_SECONDS,
  MAX_LEEWAY_SECONDS,
  TOKEN_CACHE_ENTRIES,
} from '../constants.ts'
import { isObject } from '../jose/base64url.ts'
import { ConfigError } from '../errors.ts'
import { logEvent, type OnEvent } from '../primitives/events.ts'

/** Anything with the `fetch` of a service binding. */
export interface FetchService {
  /** As the global `fetch`, answered by the bound Worker. */
  fetch(input: string, init?: RequestInit): Promise<Response>
}

/** The part of a KV namespace that the deny-list needs. */
export interface DenylistStore {
  /** Bulk read: a map from key to value, `null` for keys that are not there. */
  get(keys: string[], options: { type: 'json'; cacheTtl?: number }): Promise<Map<string, unknown>>
  /** Writes one entry that ends after `expirationTtl` seconds. */
  put(key: string, value: string, options: { expirationTtl: number }): Promise<void>
}

/** A value that a person configured, and the name to use for it in messages. */
export type NamedValue =
  | { readonly name: string; readonly value: unknown }
  /** Read when needed, and again every minute (Secrets Store). */
  | { readonly name: string; readonly binding: { get(): Promise<unknown> } }

/** Where the key that signs comes from. */
export type SignKeys = { readonly alg: InternalAlg; readonly values: readonly NamedValue[] }

/** Where the keys that verify come from. */
export type VerifyKeys =
  | { readonly kind: 'secret'; readonly alg: 'HS512'; readonly values: readonly NamedValue[] }
  | { readonly kind: 'inline'; readonly alg: 'EdDSA'; readonly value: NamedValue }
  | { readonly kind: 'service'; readonly alg: 'EdDSA'; readonly service: FetchService }
  | { readonly kind: 'url'; readonly alg: 'EdDSA'; readonly url: string }
  | { readonly kind: 'own'; readonly alg: 'EdDSA' }

/** Everything a kit needs to know, checked. There are no invalid settings. */
export interface Settings {
  readonly issuer: string
  readonly audiences: readonly string[]
  readonly ttlSeconds: number
  readonly maxTtlSeconds: number
  readonly leewaySeconds: number
  readonly typ: string
  readonly sign: SignKeys | undefined
  /** A kit that signs verifies its own tokens, unless it is told otherwise. */
  readonly verify: VerifyKeys
  readonly exchangeService: unknown
  readonly jwksTtlSeconds: number
  readonly jwksMaxStaleSeconds: number
  readonly jwksCooldownSeconds: number
  readonly allowedThumbprints: ReadonlySet<string>
  readonly deniedThumbprints: ReadonlySet<string>
  readonly denylist: DenylistStore | undefined
  readonly denylistOnError: 'closed' | 'open'
  readonly tokenCacheEntries: number
  readonly now: () => number
  readonly fetch: typeof fetch
  readonly onEvent: OnEvent
}

/** Each setting before it was checked. Environment and config object both come to this. */
export interface RawSettings {
  readonly issuer?: unknown
  readonly audience?: unknown
  readonly ttlSeconds?: unknown
  readonly maxTtlSeconds?: unknown
  readonly leewaySeconds?: unknown
  readonly typ?: unknown
  readonly signSecret?: readonly NamedValue[]
  readonly signPrivateJwk?: readonly NamedValue[]
  readonly verifySecret?: readonly NamedValue[]
  readonly publicJwk?: NamedValue
  readonly jwksService?: unknown
  readonly jwksUrl?: unknown
  readonly exchangeService?: unknown
  readonly jwksTtlSeconds?: unknown
  readonly jwksMaxStaleSeconds?: unknown
  readonly jwksCooldownSeconds?: unknown
  readonly allowedThumbprints?: unknown
  readonly deniedThumbprints?: unknown
  readonly denylist?: unknown
  readonly denylistOnError?: unknown
  readonly tokenCacheEntries?: unknown
  readonly now?: () => number
  readonly fetch?: typeof fetch
  readonly onEvent?: OnEvent
}

/** How each setting is called where it was written, for messages. */
export type Labels = Readonly<Record<Exclude<keyof RawSettings, 'now' | 'fetch' | 'onEvent'>, string>>

/** @throws ConfigError naming the setting and the remedy */
export function parseSettings(raw: RawSettings, labels: Labels): Settings {
  const issuer = requiredName(
    raw.issuer,
    labels.issuer,
    'the issuer of your tokens, for example https://gateway.internal',
  )
  const audiences = audienceList(raw.audience, labels.audience)
  const maxTtlSeconds = readNumber(
    raw.maxTtlSeconds,
    labels.maxTtlSeconds,
    DEFAULT_MAX_TTL_SECONDS,
    1,
    86_400,
  )
  const defaultTtl = Math.min(DEFAULT_TTL_SECONDS, maxTtlSeconds)
  const sign = signKeys(raw, labels)
  const verify = verifyKeys(raw, labels)
  if (!verify) {
    throw new ConfigError(
      `no key to sign or to verify with: set ${labels.signPrivateJwk} or ${labels.signSecret} to sign, ` +
        `or one of ${labels.verifySecret}, ${labels.publicJwk}, ${labels.jwksService}, ${labels.jwksUrl} to verify`,
    )
  }
  const allowedThumbprints = thumbprints(raw.allowedThumbprints, labels.allowedThumbprints)
  if (allowedThumbprints.size > 0 && verify.alg === 'HS512') {
    throw new ConfigError(
      `${labels.allowedThumbprints} pins public keys and means nothing for ${labels.verifySecret}: remove one`,
    )
  }
  return {
    issuer,
    audiences,
    ttlSeconds: readNumber(raw.ttlSeconds, labels.ttlSeconds, defaultTtl, 1, maxTtlSeconds),
    maxTtlSeconds,
    leewaySeconds: readNumber(
      raw.leewaySeconds,
      labels.leewaySeconds,
      DEFAULT_LEEWAY_SECONDS,
      0,
      MAX_LEEWAY_SECONDS,
    ),
    typ: raw.typ === undefined ? 'JWT' : requiredName(raw.typ, labels.typ, 'a media type such as JWT'),
    sign,
    verify,
    exchangeService: exchange(raw.exchangeService, labels.exchangeService),
    jwksTtlSeconds: readNumber(raw.jwksTtlSeconds, labels.jwksTtlSeconds, JWKS_TTL_SECONDS, 1, 86_400),
    jwksMaxStaleSeconds: readNumber(
      raw.jwksMaxStaleSeconds,
      labels.jwksMaxStaleSeconds,
      JWKS_MAX_STALE_SECONDS,
      0,
      86_400,
    ),
    jwksCooldownSeconds: readNumber(
      raw.jwksCooldownSeconds,
      labels.jwksCooldownSeconds,
      JWKS_COOLDOWN_SECONDS,
      1,
      3600,
    ),
    allowedThumbprints,
    deniedThumbprints: thumbprints(raw.deniedThumbprints, labels.deniedThumbprints),
    denylist: denylist(raw.denylist, labels.denylist),
    denylistOnError: closedOrOpen(raw.denylistOnError, labels.denylistOnError),
    tokenCacheEntries: readNumber(
      raw.tokenCacheEntries,
      labels.tokenCacheEntries,
      TOKEN_CACHE_ENTRIES,
      0,
      100_000,
    ),
    now: raw.now ?? (() => Date.now() / 1000),
    fetch: raw.fetch ?? ((input, init) => fetch(input, init)),
    onEvent: quiet(raw.onEvent ?? logEvent),
  }
}

/** The producer's mode. @throws ConfigError when both a private JWK and a secret are there */
function signKeys(raw: RawSettings, labels: Labels): SignKeys | undefined {
  if (raw.signPrivateJwk && raw.signSecret) {
    throw new ConfigError(
      `${labels.signPrivateJwk} (EdDSA) and ${labels.signSecret} (HS512) are both set: remove one`,
    )
  }
  if (raw.signPrivateJwk) return { alg: 'EdDSA', values: raw.signPrivateJwk }
  return raw.signSecret && { alg: 'HS512', values: raw.signSecret }
}

/** The consumer's mode: exactly one source, and never a secret beside an asymmetric one (algorithm confusion). */
function verifyKeys(raw: RawSettings, labels: Labels): VerifyKeys | undefined {
  const { verifySecret, publicJwk, jwksService, jwksUrl } = raw
  const asymmetric = [
    publicJwk && labels.publicJwk,
    jwksService !== undefined && labels.jwksService,
    jwksUrl !== undefined && labels.jwksUrl,
  ].filter((label) => typeof label === 'string')
  if (verifySecret && asymmetric[0] !== undefined) {
    throw new ConfigError(
      `${labels.verifySecret} (HS512) and ${asymmetric[0]} (EdDSA) are both set: a verifier takes one algorithm. Remove one`,
    )
  }
  if (asymmetric.length > 1)
    throw new ConfigError(`${asymmetric.join(' and ')} are both set: keys come from one source. Remove one`)
  if (verifySecret) return { kind: 'secret', alg: 'HS512', values: verifySecret }
  if (publicJwk) return { kind: 'inline', alg: 'EdDSA', value: publicJwk }
  if (jwksService !== undefined) {
    if (!isFetchService(jwksService))
      throw new ConfigError(`${labels.jwksService} is not a service binding: it has no fetch()`)
    return { kind: 'service', alg: 'EdDSA', service: jwksService }
  }
  if (jwksUrl !== undefined) {
    const url = requiredName(jwksUrl, labels.jwksUrl, 'an https URL')
    if (!isJwksUrl(url))
      throw new ConfigError(
        `${labels.jwksUrl} must be an https URL without credentials (http only on loopback)`,
      )
    return { kind: 'url', alg: 'EdDSA', url }
  }
  if (raw.signPrivateJwk) return { kind: 'own', alg: 'EdDSA' }
  return raw.signSecret && { kind: 'secret', alg: 'HS512', values: raw.signSecret }
}

function exchange(value: unknown, label: string): unknown {
  if (value === undefined) return undefined
  const isObjectLike = (typeof value === 'object' && value !== null) || typeof value === 'function'
  // What a binding gives for the name of a method is a function, whichever Worker is behind it.
  if (!isObjectLike || typeof Reflect.get(value, 'delegate') !== 'function') {
    throw new ConfigError(
      `${label} is not a service binding to the gateway's entrypoint Exchange: it has no delegate()`,
    )
  }
  return value
}

function isFetchService(value: unknown): value is FetchService {
  return (
    value !== null &&
    (typeof value === 'object' || typeof value === 'function') &&
    'fetch' in value &&
    typeof value.fetch === 'function'
  )
}

function requiredName(value: unknown, label: string, what: string): string {
  if (value === undefined || value === '') throw new ConfigError(`${label} is not set: set it to ${what}`)
  if (typeof value !== 'string') throw new ConfigError(`${label} must be a string: ${what}`)
  return value
}

function audienceList(value: unknown, label: string): readonly string[] {
  const list = Array.isArray(value) ? value : value === undefined || value === '' ? [] : [value]
  if (list.length === 0)
    throw new ConfigError(
      `${label} is not set: set it to the name of this service, as tokens carry it in aud`,
    )
  return list.map((entry) => requiredName(entry, label, 'one or more audience names'))
}

/**
 * Reads a number that may come as text.
 *
 * @throws ConfigError
 */
export function readNumber(
  value: unknown,
  label: string,
  fallback: number,
  min: number,
  max: number,
): number {
  if (value === undefined || value === '') return fallback
  const parsed = typeof value === 'string' && /^\d+(\.\d+)?$/.test(value.trim()) ? Number(value) : value
  if (typeof parsed !== 'number' || !Number.isFinite(parsed) || parsed < min || parsed > max) {
    throw new ConfigError(`${label} must be a number from ${min} to ${max}`)
  }
  return parsed
}

function thumbprints(value: unknown, label: string): ReadonlySet<string> {
  const list: unknown[] = Array.isArray(value)
    ? value
    : typeof value === 'string'
      ? splitList(value)
      : value === undefined
        ? []
        : [value]
  return new Set(
    list.map((entry) => {
      if (typeof entry !== 'string' || !decodeMember(entry)) {
        throw new ConfigError(
          `${label} must be RFC 7638 thumbprints (43 characters); see: npx kit-keygen thumbprint FILE`,
        )
      }
      return entry
    }),
  )
}

function denylist(value: unknown, label: string): DenylistStore | undefined {
  if (value === undefined) return undefined
  if (!isDenylistStore(value))
    throw new ConfigError(`${label} is not a KV namespace binding: it has no get() and put()`)
  return value
}

function isDenylistStore(value: unknown): value is DenylistStore {
  return (
    isObject(value) &&
    'get' in value &&
    typeof value.get === 'function' &&
    'put' in value &&
    typeof value.put === 'function'
  )
}

function closedOrOpen(value: unknown, label: string): 'closed' | 'open' {
  if (value === undefined || value === '' || value === 'closed') return 'closed'
  if (value === 'open') return 'open'
  throw new ConfigError(`${label} must be closed or open`)
}

/** Splits a comma-separated list; surrounding white space and empty entries do not count. */
export function splitList(text: string): string[] {
  return text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
}

/** A listener that throws must not turn a good token into an error. */
function quiet(onEvent: OnEvent): OnEvent {
  return (event) => {
    try {
      onEvent(event)
    } catch {
      // The listener's own problem.
    }
  }
}
