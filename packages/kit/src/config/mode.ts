import { ConfigError } from '../errors.ts'
import type { InternalAlg } from '../jose/algorithms.ts'
import { type FetchService, isFetchService, isJwksUrl } from '../keys/fetch-jwks.ts'
import type { NamedValue } from '../keys/lazy-binding.ts'
import { readText } from './values.ts'

/** Where the key that signs comes from. */
export type SignKeys = { readonly alg: InternalAlg; readonly values: readonly NamedValue[] }

/** Where the keys that verify come from. */
export type VerifyKeys =
  | { readonly source: 'secret'; readonly alg: 'HS512'; readonly values: readonly NamedValue[] }
  | { readonly source: 'inline'; readonly alg: 'EdDSA'; readonly value: NamedValue }
  | { readonly source: 'service'; readonly alg: 'EdDSA'; readonly service: FetchService }
  | { readonly source: 'url'; readonly alg: 'EdDSA'; readonly url: string }
  | { readonly source: 'own'; readonly alg: 'EdDSA' }

/** The keys to verify with as somebody wrote them, not yet checked. */
export interface RawVerifyKeys {
  readonly verifySecret: readonly NamedValue[] | undefined
  readonly publicJwk: NamedValue | undefined
  readonly jwksService: unknown
  readonly jwksUrl: unknown
}

/** The keys as somebody wrote them, not yet checked. */
export interface RawKeys extends RawVerifyKeys {
  readonly signSecret: readonly NamedValue[] | undefined
  readonly signPrivateJwk: readonly NamedValue[] | undefined
}

/** How each source of keys is called where it was written, for messages. */
export type VerifyLabels = Readonly<Record<keyof RawVerifyKeys, string>>
export type KeyLabels = Readonly<Record<keyof RawKeys, string>>

/**
 * Chooses the algorithm of each half and the one source of its keys.
 *
 * @throws ConfigError for conflicts, and when there is neither half
 */
export function readKeys(
  raw: RawKeys,
  labels: KeyLabels,
): { readonly sign: SignKeys | undefined; readonly verify: VerifyKeys } {
  const sign = signKeys(raw, labels)
  const verify = verifyKeys(raw, labels) ?? ownKeys(raw)
  if (!verify) {
    throw new ConfigError(
      `no key to sign or to verify with: set ${labels.signPrivateJwk} or ${labels.signSecret} to sign, ` +
        `or one of ${labels.verifySecret}, ${labels.publicJwk}, ${labels.jwksService}, ${labels.jwksUrl} to verify`,
    )
  }
  return { sign, verify }
}

/**
 * Chooses the one source of keys of a verifier.
 *
 * @throws ConfigError for conflicts, and when there is none
 */
export function readVerifyKeys(raw: RawVerifyKeys, labels: VerifyLabels): VerifyKeys {
  const verify = verifyKeys(raw, labels)
  if (verify) return verify
  throw noKeyToVerify(labels)
}

/** Makes the error for no source of keys to verify with. */
export function noKeyToVerify({ verifySecret, publicJwk, jwksService, jwksUrl }: VerifyLabels): ConfigError {
  return new ConfigError(
    `no key to verify with: set one of ${[verifySecret, publicJwk, jwksService, jwksUrl].join(', ')}`,
  )
}

/** @throws ConfigError for pinned keys where there are no public keys to pin */
export function checkPins(
  { alg }: VerifyKeys,
  allowedThumbprints: ReadonlySet<string>,
  pinsLabel: string,
  secretLabel: string,
): void {
  if (allowedThumbprints.size > 0 && alg === 'HS512') {
    throw new ConfigError(`${pinsLabel} pins public keys and means nothing for ${secretLabel}: remove one`)
  }
}

/** The producer's mode. @throws ConfigError when both a private JWK and a secret are there */
function signKeys(raw: RawKeys, labels: KeyLabels): SignKeys | undefined {
  if (raw.signPrivateJwk && raw.signSecret) throw bothToSign(labels)
  if (raw.signPrivateJwk) return { alg: 'EdDSA', values: raw.signPrivateJwk }
  return raw.signSecret && { alg: 'HS512', values: raw.signSecret }
}

/** Makes the error for two keys to sign with */
export function bothToSign({ signPrivateJwk, signSecret }: KeyLabels): ConfigError {
  return new ConfigError(`${signPrivateJwk} (EdDSA) and ${signSecret} (HS512) are both set: remove one`)
}

/** Makes the error for two sources of keys to verify with. */
export function severalToVerify(labels: readonly string[]): ConfigError {
  return new ConfigError(`${labels.join(' and ')} are both set: keys come from one source. Remove one`)
}

/** The consumer's mode: exactly one source, and never a secret beside an asymmetric one (algorithm confusion). */
function verifyKeys(raw: RawVerifyKeys, labels: VerifyLabels): VerifyKeys | undefined {
  const { verifySecret, publicJwk, jwksService, jwksUrl } = raw
  const asymmetric = [
    publicJwk && labels.publicJwk,
    jwksService !== undefined && labels.jwksService,
    jwksUrl !== undefined && labels.jwksUrl,
  ].filter((label) => typeof label === 'string')
  if (verifySecret && asymmetric[0] !== undefined) {
    throw new ConfigError(
      `${labels.verifySecret} (HS512) and ${asymmetric[0]} (EdDSA) are both set: a verifier accepts one algorithm. Remove one`,
    )
  }
  if (asymmetric.length > 1) throw severalToVerify(asymmetric)
  if (verifySecret) return { source: 'secret', alg: 'HS512', values: verifySecret }
  if (publicJwk) return { source: 'inline', alg: 'EdDSA', value: publicJwk }
  if (jwksService !== undefined) {
    if (!isFetchService(jwksService))
      throw new ConfigError(`${labels.jwksService} is not a service binding: it has no fetch()`)
    return { source: 'service', alg: 'EdDSA', service: jwksService }
  }
  if (jwksUrl !== undefined) {
    const url = readText(jwksUrl, labels.jwksUrl, 'an https URL')
    if (!isJwksUrl(url))
      throw new ConfigError(
        `${labels.jwksUrl} must be an https URL without credentials (http only on loopback)`,
      )
    return { source: 'url', alg: 'EdDSA', url }
  }
  return undefined
}

/** A kit that signs verifies its own tokens. */
function ownKeys(raw: RawKeys): VerifyKeys | undefined {
  if (raw.signPrivateJwk) return { source: 'own', alg: 'EdDSA' }
  return raw.signSecret && { source: 'secret', alg: 'HS512', values: raw.signSecret }
}
