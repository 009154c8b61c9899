import type { VerificationKey } from './verification-key.ts'

/** Where the keys to verify with come from: secrets, inline JWKs, a JWKS service or URL, the kit's own slots. */
export interface KeySource {
  /**
   * The keys that may have signed a token with this `kid`. Synchronous when nothing has to be loaded, so that
   * the hot path pays no extra turn of the event loop.
   *
   * @throws TokenError `missing_kid`, `unknown_kid`
   * @throws KeysUnavailableError when the keys cannot be had now
   */
  find(kid: string | undefined): readonly VerificationKey[] | Promise<readonly VerificationKey[]>
  /**
   * Mode, keys and freshness for health pages; no secret in it.
   *
   * @throws ConfigError when keys that are configured cannot be read
   */
  describe(): SourceDescription | Promise<SourceDescription>
}

/** A source of keys as it stands now; no secret in it. */
export interface SourceDescription {
  readonly source: 'secret' | 'inline' | 'service' | 'url' | 'own'
  /** The `kid`s known now. Empty for secrets and for a set that was not loaded yet. */
  readonly kids: readonly string[]
  /** Seconds since the set was loaded; `undefined` before the first load and for sources that never load. */
  readonly ageSeconds?: number
  readonly state?: 'empty' | 'fresh' | 'stale' | 'expired'
  /** What went wrong last, if the last load failed. */
  readonly problem?: string
}
