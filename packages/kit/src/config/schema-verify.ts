import {
  DEFAULT_LEEWAY_SECONDS,
  DEFAULT_MAX_TTL_SECONDS,
  JWKS_COOLDOWN_SECONDS,
  JWKS_MAX_STALE_SECONDS,
  JWKS_TTL_SECONDS,
  MAX_LEEWAY_SECONDS,
  TOKEN_CACHE_ENTRIES,
} from '../constants.ts'
import type { ApprovalStore } from '../approvals/approval-store.ts'
import type { DenylistStore } from '../tokens/revocation.ts'
import type { LogLevel } from '../log/line-types.ts'
import type { KeyRow, Table } from './row.ts'
import {
  DAY_SECONDS,
  readApprovals,
  readAudiences,
  readChoice,
  readDenylist,
  readText,
  readThumbprints,
  wholeNumber,
} from './values.ts'

/**
 * Every setting that verification needs but its keys, checked. What a member says is what docs/reference/environment.md
 * says: it is generated from here. A new setting is a member here and its row in {@link VERIFY_SETTINGS}; nothing else.
 * What only signing needs stands in `schema-sign.ts`.
 */
export interface VerifyPlain {
  /** Issuer, compared exactly. */
  readonly issuer: string
  /** Audience(s). A token must carry one of them; with several, `sign` needs an explicit `aud`. */
  readonly audiences: readonly string[]
  /** The most that `sign` issues and `verify` accepts as `exp − iat`, in seconds; rotation and revocation rest on it. */
  readonly maxTtlSeconds: number
  /** Clock tolerance, in seconds. */
  readonly leewaySeconds: number
  /** The `typ` header of tokens. */
  readonly typ: string
  /** How long a fetched JWK Set is fresh, in seconds. */
  readonly jwksTtlSeconds: number
  /** How long past freshness the last good set serves in an outage, in seconds. */
  readonly jwksMaxStaleSeconds: number
  /** At most one refetch for unknown `kid`s in this time, in seconds. */
  readonly jwksCooldownSeconds: number
  /** RFC 7638 thumbprints of the only keys that count, on every source. Add the next key's before it activates. */
  readonly allowedThumbprints: ReadonlySet<string>
  /** RFC 7638 thumbprints of keys that are rejected at once, on every source: the certain end of a leaked key. */
  readonly deniedThumbprints: ReadonlySet<string>
  /** The KV namespace of revocations. */
  readonly denylist: DenylistStore | undefined
  /** Verified tokens kept; 0 turns the cache off. */
  readonly tokenCacheEntries: number
  /** From which level on lines are logged: `debug`, `info`, `warn`, `error`, or `off`. Hooks get them all. */
  readonly logLevel: LogLevel
  /** Secret. What subjects are hashed with in logs: the gateway's, so that both have one hash. Unset: no line has one. A verifier needs the part `subjectHashes` too. */
  readonly logHashKey: string | undefined
}

/** The table, in the order in which settings are read. */
export const VERIFY_SETTINGS: Table<VerifyPlain> = {
  issuer: {
    variable: 'JWT_ISS',
    option: 'issuer',
    role: 'both',
    read: (value, label) =>
      readText(value, label, 'the issuer of your tokens, for example https://gateway.internal'),
  },
  audiences: { variable: 'JWT_AUD', option: 'audience', role: 'both', isList: true, read: readAudiences },
  maxTtlSeconds: {
    variable: 'JWT_MAX_TTL_SECONDS',
    option: 'maxTtlSeconds',
    role: 'both',
    read: wholeNumber(DEFAULT_MAX_TTL_SECONDS, 1, DAY_SECONDS),
  },
  leewaySeconds: {
    variable: 'JWT_LEEWAY',
    option: 'leewaySeconds',
    role: 'consumer',
    read: wholeNumber(DEFAULT_LEEWAY_SECONDS, 0, MAX_LEEWAY_SECONDS),
  },
  typ: {
    option: 'typ',
    role: 'both',
    read: (value, label) =>
      value === undefined ? 'JWT' : readText(value, label, 'a media type such as JWT'),
  },
  jwksTtlSeconds: {
    variable: 'JWT_JWKS_CACHE_TTL_SECONDS',
    option: 'jwksCache.ttlSeconds',
    role: 'consumer',
    read: wholeNumber(JWKS_TTL_SECONDS, 1, DAY_SECONDS),
  },
  jwksMaxStaleSeconds: {
    variable: 'JWT_JWKS_MAX_STALE_SECONDS',
    option: 'jwksCache.maxStaleSeconds',
    role: 'consumer',
    read: wholeNumber(JWKS_MAX_STALE_SECONDS, 0, DAY_SECONDS),
  },
  jwksCooldownSeconds: {
    option: 'jwksCache.cooldownSeconds',
    role: 'consumer',
    read: wholeNumber(JWKS_COOLDOWN_SECONDS, 1, 3600),
  },
  allowedThumbprints: {
    variable: 'JWT_ALLOWED_THUMBPRINTS',
    option: 'allowedThumbprints',
    role: 'consumer',
    read: readThumbprints,
  },
  deniedThumbprints: {
    variable: 'JWT_DENIED_THUMBPRINTS',
    option: 'deniedThumbprints',
    role: 'consumer',
    read: readThumbprints,
  },
  denylist: {
    variable: 'JWT_DENYLIST_NAME',
    option: 'denylist',
    role: 'both',
    via: 'binding',
    read: readDenylist,
  },
  tokenCacheEntries: {
    variable: 'JWT_TOKEN_CACHE_ENTRIES',
    option: 'tokenCacheEntries',
    role: 'consumer',
    read: wholeNumber(TOKEN_CACHE_ENTRIES, 0, 100_000),
  },
  logLevel: {
    variable: 'LOG_LEVEL',
    option: 'logLevel',
    role: 'both',
    read: (value, label) => readChoice(value, label, ['info', 'debug', 'warn', 'error', 'off']),
  },
  logHashKey: {
    variable: 'LOG_HASH_KEY',
    option: 'logHashKey',
    role: 'both',
    // A gateway may have it in a store, which only the gateway reads.
    read: (value) => (typeof value === 'string' ? value : undefined),
  },
}

/** What the deny-list needs besides: read where there is one. */
export interface DenylistPlain {
  /** Whether a deny-list that fails denies with 503 (`closed`) or is ignored and reported (`open`). */
  readonly denylistOnError: 'closed' | 'open'
}

export const DENYLIST_SETTINGS: Table<DenylistPlain> = {
  denylistOnError: {
    variable: 'JWT_DENYLIST_ON_ERROR',
    option: 'denylistOnError',
    role: 'consumer',
    read: (value, label) => readChoice(value, label, ['closed', 'open']),
  },
}

/** What taking approvals needs besides: read by a kit, and for a verifier with the part `approvals`. */
export interface ApprovalPlain {
  /** Where approvals are used up, each once: the Durable Object namespace of `UsedApprovals` (strong), or a KV namespace (weak). */
  readonly approvals: ApprovalStore | undefined
}

export const APPROVAL_SETTINGS: Table<ApprovalPlain> = {
  approvals: {
    variable: 'JWT_APPROVALS_NAME',
    option: 'approvals',
    role: 'consumer',
    via: 'binding',
    read: readApprovals,
  },
}

/** What the parts of a verifier need besides. */
export interface PartPlain extends DenylistPlain, ApprovalPlain {}

/** Where a key to verify with comes from. What a member says is generated into docs/reference/environment.md too. */
export interface VerifyKeyInputs {
  /** HS512 secret(s), base64url or base64 of at least 64 bytes, or `hex:` and digits; in a list the first signs and all verify. */
  readonly secret: unknown
  /** An inline public JWK or JWK Set; a private member anywhere in it is an error. */
  readonly publicJwk: unknown
  /** The service binding that serves the JWKS. */
  readonly jwksService: unknown
  /** HTTPS URL of the JWKS of a gateway on another account. */
  readonly jwksUrl: unknown
}

export const VERIFY_KEYS: { readonly [Name in keyof VerifyKeyInputs]: KeyRow } = {
  secret: { variable: 'JWT_SECRET', via: 'named', role: 'both' },
  publicJwk: { variable: 'JWT_PUBLIC_JWK', via: 'named', role: 'consumer' },
  jwksService: { variable: 'JWT_JWKS_SERVICE_NAME', via: 'binding', role: 'consumer' },
  jwksUrl: { variable: 'JWT_JWKS_URL', via: 'value', role: 'consumer' },
}
