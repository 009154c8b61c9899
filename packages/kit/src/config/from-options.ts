import type { DenylistStore } from '../tokens/revocation.ts'
import type { FetchService } from '../keys/fetch-jwks.ts'
import { isReadable, type NamedValue } from '../keys/lazy-binding.ts'
import { isObject } from '../primitives/json.ts'
import { checkPins, type KeyLabels, readKeys } from './mode.ts'
import { readSettings, type Row } from './row.ts'
import { type PlainSettings, SETTINGS } from './schema.ts'
import { type LogOptions, runtimeOf, type Settings } from './settings.ts'

/** A JSON Web Key as an object (RFC 7517 §4). */
export type Jwk = Readonly<Record<string, unknown>>

/** A key to sign with: one of the two. */
export type SignConfig =
  /** HS512: at least 64 bytes, as bytes or as text: base64url, base64, or `hex:` and digits. In a list the first signs and all verify. */
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

/** The settings that the options of `createKit` hold as they are: each may be left out. */
type PlainOptions = Partial<
  Omit<
    PlainSettings,
    | 'issuer'
    | 'audiences'
    | 'exchangeService'
    | 'denylist'
    | 'approvals'
    | 'jwksTtlSeconds'
    | 'jwksMaxStaleSeconds'
    | 'jwksCooldownSeconds'
    | 'allowedThumbprints'
    | 'deniedThumbprints'
  >
>

/**
 * Everything that `createKit` accepts. `issuer`, `audience` and one of `sign` and `verify` are required. Defaults are
 * those of the environment (docs/reference/environment.md).
 */
export interface KitConfig extends PlainOptions, LogOptions {
  /** Compared exactly. */
  readonly issuer: string
  /** A token must carry one of them. With several, `sign` needs an explicit `aud`. */
  readonly audience: string | readonly string[]
  readonly sign?: SignConfig
  /** Default: the kit's own signing keys, when it has them. */
  readonly verify?: VerifyConfig
  /** The gateway's `Exchange` entrypoint, for `delegate` without a signing key. */
  readonly exchangeService?: object
  readonly jwksCache?: {
    /** How long a fetched JWK Set is fresh, in seconds. Default 300. */
    readonly ttlSeconds?: number
    /** How long past freshness the last good set serves in an outage, in seconds. Default 900. */
    readonly maxStaleSeconds?: number
    /** At most one refetch for unknown `kid`s in this time, in seconds. Default 30. */
    readonly cooldownSeconds?: number
  }
  /** RFC 7638 thumbprints of the only keys that count. Default: every key of the source. */
  readonly allowedThumbprints?: readonly string[]
  /** RFC 7638 thumbprints of keys that are rejected at once. */
  readonly deniedThumbprints?: readonly string[]
  /** KV namespace of revocations. */
  readonly denylist?: DenylistStore
  /** Where approvals are used up: a namespace of `UsedApprovals`, a KV namespace, or an `ApprovalStore`. */
  readonly approvals?: object
  /** Seconds since the epoch. Default: the runtime's clock. */
  readonly now?: () => number
  /** Used for `jwksUrl`. Default: the global `fetch`. */
  readonly fetch?: typeof fetch
}

const KEY_LABELS: KeyLabels = {
  signSecret: 'sign.secret',
  signPrivateJwk: 'sign.privateJwk',
  verifySecret: 'verify.secret',
  publicJwk: 'verify.publicJwk',
  jwksService: 'verify.jwksService',
  jwksUrl: 'verify.jwksUrl',
}

/** @throws ConfigError naming the option and the remedy */
export function settingsFromOptions(config: KitConfig): Settings {
  const plain = readSettings(SETTINGS, (row) => optionOf(config, row), optionLabel)
  // Callers in plain JavaScript can pass any mixture: read each member, and let conflicts be rejected.
  const sign: Record<string, unknown> = { ...config.sign }
  const verify: Record<string, unknown> = { ...config.verify }
  const keys = readKeys(
    {
      signSecret: listOf(sign.secret, KEY_LABELS.signSecret),
      signPrivateJwk: listOf(sign.privateJwk, KEY_LABELS.signPrivateJwk),
      verifySecret: listOf(verify.secret, KEY_LABELS.verifySecret),
      publicJwk:
        verify.publicJwk === undefined ? undefined : { name: KEY_LABELS.publicJwk, value: verify.publicJwk },
      jwksService: verify.jwksService,
      jwksUrl: verify.jwksUrl,
    },
    KEY_LABELS,
  )
  checkPins(
    keys.verify,
    plain.allowedThumbprints,
    SETTINGS.allowedThumbprints.option,
    KEY_LABELS.verifySecret,
  )
  return { ...plain, ...keys, ...runtimeOf(config, plain) }
}

export function optionLabel({ option }: Row<unknown>): string {
  return option
}

export function optionOf(config: object, { option }: Row<unknown>): unknown {
  return option
    .split('.')
    .reduce((value: unknown, name) => (isObject(value) ? value[name] : undefined), config)
}

export function listOf(value: unknown, label: string): readonly NamedValue[] | undefined {
  if (value === undefined) return undefined
  const entries: unknown[] = Array.isArray(value) ? value : [value]
  return entries.map((entry, index) => {
    const name = entries.length > 1 ? `${label}[${index}]` : label
    return isReadable(entry) ? { name, binding: entry } : { name, value: entry }
  })
}
