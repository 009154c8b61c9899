import { DEFAULT_MAX_TTL_SECONDS, DEFAULT_TTL_SECONDS } from '../constants.ts'
import type { Exchange } from '../tokens/exchange-client.ts'
import type { KeyRow, Table } from './row.ts'
import { readExchange, readKid, readNumber } from './values.ts'

/** Every setting that only signing and delegating need. A new one is a member here and its row in {@link SIGN_SETTINGS}. */
export interface SignPlain {
  /** Lifetime of a token, in seconds. */
  readonly ttlSeconds: number
  /** The `kid` of a private key that has none of its own (EdDSA). */
  readonly kid: string | undefined
  /** The gateway's `Exchange` entrypoint, for `delegate` without a signing key. */
  readonly exchangeService: Exchange | undefined
}

/** Read after the settings that verification needs, too. */
export const SIGN_SETTINGS: Table<SignPlain> = {
  ttlSeconds: {
    variable: 'JWT_TTL_SECONDS',
    option: 'ttlSeconds',
    role: 'producer',
    read: (value, label, { maxTtlSeconds = DEFAULT_MAX_TTL_SECONDS }) =>
      readNumber(value, label, Math.min(DEFAULT_TTL_SECONDS, maxTtlSeconds), 1, maxTtlSeconds),
  },
  kid: { variable: 'JWT_KID', option: 'kid', role: 'producer', read: readKid },
  exchangeService: {
    variable: 'JWT_EXCHANGE_SERVICE_NAME',
    option: 'exchangeService',
    role: 'consumer',
    via: 'binding',
    read: readExchange,
  },
}

/** Where a key to sign with comes from; a secret both signs and verifies. */
export interface SignKeyInputs {
  /** EdDSA signing slots: each a private JWK, or the whole output of `kit-keygen`. */
  readonly privateJwk: unknown
}

export const SIGN_KEYS: { readonly [Name in keyof SignKeyInputs]: KeyRow } = {
  privateJwk: { variable: 'JWT_PRIVATE_JWK', via: 'named', role: 'producer' },
}
