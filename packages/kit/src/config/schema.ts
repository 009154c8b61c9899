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
import type { Exchange } from '../tokens/exchange-client.ts'
import type { DenylistStore } from '../tokens/revocation.ts'
import {
  readAudiences,
  readChoice,
  readDenylist,
  readExchange,
  readKid,
  readNumber,
  readText,
  readThumbprints,
} from './values.ts'

/**
 * Every setting of a kit but its keys, checked. What a member says is what docs/reference/environment.md says: it is
 * generated from here. A new setting is a member here and its row in {@link SETTINGS}; nothing else.
 */
export interface PlainSettings {
  /** Issuer, compared exactly. */
  readonly issuer: string
  /** Audience(s). A token must carry one of them; with several, `sign` needs an explicit `aud`. */
  readonly audiences: readonly string[]
  /** The most that `sign` issues and `verify` accepts as `exp − iat`, in seconds; rotation and revocation rest on it. */
  readonly maxTtlSeconds: number
  /** Lifetime of a token, in seconds. */
  readonly ttlSeconds: number
  /** Clock tolerance, in seconds. */
  readonly leewaySeconds: number
  /** The `typ` header of tokens. */
  readonly typ: string
  /** The `kid` of a private key that has none of its own (EdDSA). */
  readonly kid: string | undefined
  /** The gateway's `Exchange` entrypoint, for `delegate` without a signing key. */
  readonly exchangeService: Exchange | undefined
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
  /** Whether a deny-list that fails denies with 503 (`closed`) or is ignored and reported (`open`). */
  readonly denylistOnError: 'closed' | 'open'
  /** Verified tokens kept; 0 turns the cache off. */
  readonly tokenCacheEntries: number
}

/** One setting: where it stands, and how it is read. */
export interface Row<Value> {
  /** Its place in the options of `createKit`. */
  readonly option: string
  /** Its environment variable; without one it is an option only. */
  readonly variable?: string
  /** Which half of a kit it is for. */
  readonly role: 'producer' | 'consumer' | 'both'
  /** The variable holds the name of a binding, and the setting is what is bound. */
  readonly isBinding?: true
  /** In the environment, text is a list with commas. */
  readonly isList?: true
  /**
   * Checks the value; `undefined` stands for the default.
   *
   * @param known the settings of the rows above
   * @throws ConfigError naming `label`
   */
  readonly read: (value: unknown, label: string, known: Partial<PlainSettings>) => Value
}

/** A day: no kit needs longer. */
const DAY_SECONDS = 86_400

/** The table, in the order in which settings are read. */
export const SETTINGS: { readonly [Name in keyof PlainSettings]: Row<PlainSettings[Name]> } = {
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
    read: (value, label) => readNumber(value, label, DEFAULT_MAX_TTL_SECONDS, 1, DAY_SECONDS),
  },
  ttlSeconds: {
    variable: 'JWT_TTL_SECONDS',
    option: 'ttlSeconds',
    role: 'producer',
    read: (value, label, { maxTtlSeconds = DEFAULT_MAX_TTL_SECONDS }) =>
      readNumber(value, label, Math.min(DEFAULT_TTL_SECONDS, maxTtlSeconds), 1, maxTtlSeconds),
  },
  leewaySeconds: {
    variable: 'JWT_LEEWAY',
    option: 'leewaySeconds',
    role: 'consumer',
    read: (value, label) => readNumber(value, label, DEFAULT_LEEWAY_SECONDS, 0, MAX_LEEWAY_SECONDS),
  },
  typ: {
    option: 'typ',
    role: 'both',
    read: (value, label) =>
      value === undefined ? 'JWT' : readText(value, label, 'a media type such as JWT'),
  },
  kid: { variable: 'JWT_KID', option: 'kid', role: 'producer', read: readKid },
  exchangeService: {
    variable: 'JWT_EXCHANGE_SERVICE_NAME',
    option: 'exchangeService',
    role: 'consumer',
    isBinding: true,
    read: readExchange,
  },
  jwksTtlSeconds: {
    variable: 'JWT_JWKS_CACHE_TTL_SECONDS',
    option: 'jwksCache.ttlSeconds',
    role: 'consumer',
    read: (value, label) => readNumber(value, label, JWKS_TTL_SECONDS, 1, DAY_SECONDS),
  },
  jwksMaxStaleSeconds: {
    variable: 'JWT_JWKS_MAX_STALE_SECONDS',
    option: 'jwksCache.maxStaleSeconds',
    role: 'consumer',
    read: (value, label) => readNumber(value, label, JWKS_MAX_STALE_SECONDS, 0, DAY_SECONDS),
  },
  jwksCooldownSeconds: {
    option: 'jwksCache.cooldownSeconds',
    role: 'consumer',
    read: (value, label) => readNumber(value, label, JWKS_COOLDOWN_SECONDS, 1, 3600),
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
    isBinding: true,
    read: readDenylist,
  },
  denylistOnError: {
    variable: 'JWT_DENYLIST_ON_ERROR',
    option: 'denylistOnError',
    role: 'consumer',
    read: (value, label) => readChoice(value, label, ['closed', 'open']),
  },
  tokenCacheEntries: {
    variable: 'JWT_TOKEN_CACHE_ENTRIES',
    option: 'tokenCacheEntries',
    role: 'consumer',
    read: (value, label) => readNumber(value, label, TOKEN_CACHE_ENTRIES, 0, 100_000),
  },
}

/** Where a key comes from. What a member says is generated into docs/reference/environment.md too. */
export interface KeyInputs {
  /** HS512 secret(s), base64url or base64 of at least 64 bytes, or `hex:` and digits; in a list the first signs and all verify. */
  readonly secret: unknown
  /** EdDSA signing slots: each a private JWK, or the whole output of `kit-keygen`. */
  readonly privateJwk: unknown
  /** An inline public JWK or JWK Set; a private member anywhere in it is an error. */
  readonly publicJwk: unknown
  /** The service binding that serves the JWKS. */
  readonly jwksService: unknown
  /** HTTPS URL of the JWKS of a gateway on another account. */
  readonly jwksUrl: unknown
}

/** One source of keys, and where it stands. */
export interface KeyRow {
  readonly variable: string
  /** How the variable is read: a value; the name of a binding; or `X` the value and `X_NAME` the names of bindings. */
  readonly via: 'value' | 'binding' | 'named'
  readonly role: 'producer' | 'consumer' | 'both'
}

export const KEYS: { readonly [Name in keyof KeyInputs]: KeyRow } = {
  secret: { variable: 'JWT_SECRET', via: 'named', role: 'both' },
  privateJwk: { variable: 'JWT_PRIVATE_JWK', via: 'named', role: 'producer' },
  publicJwk: { variable: 'JWT_PUBLIC_JWK', via: 'named', role: 'consumer' },
  jwksService: { variable: 'JWT_JWKS_SERVICE_NAME', via: 'binding', role: 'consumer' },
  jwksUrl: { variable: 'JWT_JWKS_URL', via: 'value', role: 'consumer' },
}

/**
 * Reads every setting of the table.
 *
 * @param find the value of a row as somebody wrote it; `undefined` for the default
 * @param labelOf how a row is called where it was written, for messages
 * @throws ConfigError naming the setting and the remedy
 */
export function readSettings(
  find: (row: Row<unknown>) => unknown,
  labelOf: (row: Row<unknown>) => string,
): PlainSettings {
  const settings: Record<string, unknown> = {}
  for (const [name, row] of Object.entries(SETTINGS))
    settings[name] = row.read(find(row), labelOf(row), settings)
  // The loop has read every row, each to the type of its member.
  return settings as unknown as PlainSettings
}
