import { isObject } from '../jose/base64url.ts'
import type { OnEvent } from '../primitives/events.ts'
import {
  type DenylistStore,
  type FetchService,
  type Labels,
  type NamedValue,
  parseSettings,
  type RawSettings,
  type Settings,
} from './schema.ts'

/** A JSON Web Key as an object (RFC 7517 §4). */
export type Jwk = Readonly<Record<string, unknown>>

/** A key to sign with: one of the two. */
export type SignConfig =
  /** HS512: bytes or base64url, at least 64 bytes. In a list the first signs and all verify. */
  | { readonly secret: Uint8Array | string | readonly (Uint8Array | string)[] }
  /** EdDSA: a private JWK (object or JSON text), kit-keygen's whole output, or a list of them (slots). */
  | { readonly privateJwk: Jwk | string | readonly (Jwk | string)[] }

/** A source of keys to verify with: one of the four. */
export type VerifyConfig =
  | { readonly secret: Uint8Array | string | readonly (Uint8Array | string)[] }
  /** A public JWK or JWK Set, object or JSON text. */
  | { readonly publicJwk: Jwk | string }
  /** Anything with `fetch()`: a service binding to the gateway's `Keys` entrypoint. */
  | { readonly jwksService: FetchService }
  /** An https URL (http on loopback). */
  | { readonly jwksUrl: string }

/** Everything that `createKit` takes. `issuer`, `audience` and one of `sign` and `verify` are required. */
export interface KitConfig {
  /** Compared exactly. */
  readonly issuer: string
  /** A token must carry one of them. With several, `sign` needs an explicit `aud`. */
  readonly audience: string | readonly string[]
  /** Token life in seconds. Default 900. */
  readonly ttlSeconds?: number
  /** The most that is issued or accepted as `exp − iat`, in seconds. Default 3600. */
  readonly maxTtlSeconds?: number
  /** Clock tolerance in seconds, 0–300. Default 90. */
  readonly leewaySeconds?: number
  /** `typ` header. Default `JWT`. */
  readonly typ?: string
  readonly sign?: SignConfig
  /** Default: the kit's own signing keys, when it has them. */
  readonly verify?: VerifyConfig
  /** The gateway's `Exchange` entrypoint, for `delegate` without a signing key. */
  readonly exchangeService?: object
  readonly jwksCache?: {
    /** Default 300. */
    readonly ttlSeconds?: number
    /** How long past freshness the last good set serves in an outage. Default 900. */
    readonly maxStaleSeconds?: number
    /** At most one refetch for unknown `kid`s in this time. Default 30. */
    readonly cooldownSeconds?: number
  }
  /** RFC 7638 thumbprints of the only keys that count. Default: every key of the source. */
  readonly allowedThumbprints?: readonly string[]
  /** RFC 7638 thumbprints of keys that are rejected at once. */
  readonly deniedThumbprints?: readonly string[]
  /** KV namespace of revocations. */
  readonly denylist?: DenylistStore
  /** Whether a deny-list that fails rejects (`closed`, the default) or is passed over and reported (`open`). */
  readonly denylistOnError?: 'closed' | 'open'
  /** Verified tokens kept; 0 turns the cache off. Default 1000. */
  readonly tokenCacheEntries?: number
  /** Seconds since the epoch. Default: the runtime's clock. */
  readonly now?: () => number
  /** Used for `jwksUrl`. Default: the global `fetch`. */
  readonly fetch?: typeof fetch
  /** Receives events of the whole isolate; must not close over a request. Default: warnings and errors to the console. */
  readonly onEvent?: OnEvent
}

const LABELS: Labels = {
  issuer: 'issuer',
  audience: 'audience',
  ttlSeconds: 'ttlSeconds',
  maxTtlSeconds: 'maxTtlSeconds',
  leewaySeconds: 'leewaySeconds',
  typ: 'typ',
  signSecret: 'sign.secret',
  signPrivateJwk: 'sign.privateJwk',
  verifySecret: 'verify.secret',
  publicJwk: 'verify.publicJwk',
  jwksService: 'verify.jwksService',
  jwksUrl: 'verify.jwksUrl',
  exchangeService: 'exchangeService',
  jwksTtlSeconds: 'jwksCache.ttlSeconds',
  jwksMaxStaleSeconds: 'jwksCache.maxStaleSeconds',
  jwksCooldownSeconds: 'jwksCache.cooldownSeconds',
  allowedThumbprints: 'allowedThumbprints',
  deniedThumbprints: 'deniedThumbprints',
  denylist: 'denylist',
  denylistOnError: 'denylistOnError',
  tokenCacheEntries: 'tokenCacheEntries',
}

/** @throws ConfigError naming the option and the remedy */
export function settingsFromConfig(config: KitConfig): Settings {
  // Callers in plain JavaScript can pass any mixture: read each member, and let the settings reject conflicts.
  const sign: Record<string, unknown> = { ...config.sign }
  const verify: Record<string, unknown> = { ...config.verify }
  const jwksCache = config.jwksCache ?? {}
  const raw: RawSettings = {
    issuer: config.issuer,
    audience: config.audience,
    ttlSeconds: config.ttlSeconds,
    maxTtlSeconds: config.maxTtlSeconds,
    leewaySeconds: config.leewaySeconds,
    typ: config.typ,
    ...(sign.secret !== undefined && { signSecret: list(sign.secret, LABELS.signSecret) }),
    ...(sign.privateJwk !== undefined && { signPrivateJwk: list(sign.privateJwk, LABELS.signPrivateJwk) }),
    ...(verify.secret !== undefined && { verifySecret: list(verify.secret, LABELS.verifySecret) }),
    ...(verify.publicJwk !== undefined && { publicJwk: { name: LABELS.publicJwk, value: verify.publicJwk } }),
    jwksService: verify.jwksService,
    jwksUrl: verify.jwksUrl,
    exchangeService: config.exchangeService,
    jwksTtlSeconds: jwksCache.ttlSeconds,
    jwksMaxStaleSeconds: jwksCache.maxStaleSeconds,
    jwksCooldownSeconds: jwksCache.cooldownSeconds,
    allowedThumbprints: config.allowedThumbprints,
    deniedThumbprints: config.deniedThumbprints,
    denylist: config.denylist,
    denylistOnError: config.denylistOnError,
    tokenCacheEntries: config.tokenCacheEntries,
    ...(config.now && { now: config.now }),
    ...(config.fetch && { fetch: config.fetch }),
    ...(config.onEvent && { onEvent: config.onEvent }),
  }
  return parseSettings(raw, LABELS)
}

function list(value: unknown, label: string): readonly NamedValue[] {
  const entries: unknown[] = Array.isArray(value) ? value : [value]
  return entries.map((entry, index) => {
    const name = entries.length > 1 ? `${label}[${index}]` : label
    return isReadable(entry) ? { name, binding: entry } : { name, value: entry }
  })
}

function isReadable(value: unknown): value is { get(): Promise<unknown> } {
  return isObject(value) && typeof value.get === 'function'
}
