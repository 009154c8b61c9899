import { isObject } from '../primitives/json.ts'
import { compactVerify, errors } from 'jose'
import { type CompactHeader, CompactReader } from '../jose/compact.ts'
import { ConfigError, TokenError } from '../errors.ts'
import { type ExternalAlg, isExternalAlg } from './algorithms.ts'
import { keysByKid } from '../keys/key-set.ts'
import { type ExternalKey, parseExternalJwk } from './key.ts'

/** A compact JWS whose signature is good. Its payload is bytes: nothing about claims was checked. */
export interface VerifiedExternalJws {
  /** The protected header. */
  readonly header: CompactHeader
  /** What was signed. */
  readonly payload: Uint8Array
}

/** Accepts a token apart by the kit's strict rules, and says which of the pinned algorithms it names. */
export function readExternal(
  token: string,
  algorithms: ReadonlySet<ExternalAlg>,
  reader: CompactReader = new CompactReader(),
): { readonly header: CompactHeader; readonly alg: ExternalAlg } {
  const { header } = reader.read(token)
  const { alg } = header
  if (!isExternalAlg(alg) || !algorithms.has(alg)) {
    throw new TokenError('unsupported_alg', `only ${[...algorithms].join(', ')} is accepted`)
  }
  return { header, alg }
}

/**
 * Checks the signature with jose, under the one algorithm that the header names and the caller pinned.
 *
 * @throws TokenError `bad_signature`, `unsupported_alg`
 */
export async function checkSignature(
  token: string,
  alg: ExternalAlg,
  keys: readonly ExternalKey[],
): Promise<{ readonly payload: Uint8Array; readonly key: ExternalKey }> {
  const fitting = keys.filter(({ algs }) => algs.includes(alg))
  if (fitting.length === 0) throw new TokenError('unsupported_alg', 'the key is for another alg')
  for (const key of fitting) {
    const cryptoKey = await key.load(alg)
    // RFC 7517 §5: a key out of range is passed over.
    if (!cryptoKey) continue
    try {
      const { payload } = await compactVerify(token, cryptoKey, { algorithms: [alg] })
      return { payload, key }
    } catch (error) {
      if (!(error instanceof errors.JOSEError)) throw error
    }
  }
  throw new TokenError('bad_signature', 'the signature does not match')
}

/**
 * Verifies a compact JWS (RFC 7515 §5.2) of another issuer with a public JWK or JWK Set. The layer below claims.
 *
 * @param jwks a public JWK, or a JWK Set, of which the key with the header's `kid` is taken; different keys under one
 *   `kid` that accept one of the algorithms are not told apart, and none of them is
 * @param options.algorithms the algorithms that are accepted
 * @throws TokenError `malformed`, `too_large`, `unsupported_alg`, `unsupported_crit`, `missing_kid`,
 *   `unknown_kid`, `bad_signature`
 * @throws ConfigError for a key that is not usable
 */
export async function verifyCompact(
  token: string,
  jwks: Readonly<Record<string, unknown>>,
  options: { readonly algorithms: readonly ExternalAlg[] },
): Promise<VerifiedExternalJws> {
  return compactVerifier(jwks, options)(token)
}

/** Verifies a compact JWS with keys that were read before; throws as `verifyCompact` does for a token. */
export type CompactVerifier = (token: string) => Promise<VerifiedExternalJws>

/**
 * `verifyCompact` for many tokens: the keys are read now, and imported once.
 *
 * @throws ConfigError for a key that is not usable
 */
export function compactVerifier(
  jwks: Readonly<Record<string, unknown>>,
  options: { readonly algorithms: readonly ExternalAlg[] },
): CompactVerifier {
  const isSet = isObject(jwks) && Array.isArray(jwks.keys)
  const keys = (isSet ? (jwks.keys as readonly unknown[]) : [jwks]).map((jwk) => {
    const parsed = parseExternalJwk(jwk)
    if (!parsed.ok) throw new ConfigError(`the key is not usable: ${parsed.problem}`)
    return parsed.key
  })
  const algorithms = checkAlgorithms(options.algorithms)
  return async (token) => {
    const { header, alg } = readExternal(token, algorithms)
    const candidates = isSet ? select(keys, algorithms, header) : keys
    const { payload } = await checkSignature(token, alg, candidates)
    return { header, payload }
  }
}

function select(
  keys: readonly ExternalKey[],
  algorithms: ReadonlySet<ExternalAlg>,
  { kid }: CompactHeader,
): readonly ExternalKey[] {
  if (kid === undefined) throw new TokenError('missing_kid', 'the header has no kid')
  const { usable, ambiguous } = keysByKid(keys, algorithms)
  const found = usable.get(kid)
  if (found) return found
  const isAmbiguous = ambiguous.some((key) => key.kid === kid)
  throw new TokenError('unknown_kid', isAmbiguous ? 'several keys have this kid' : 'no key has this kid')
}

/** @throws ConfigError for what is no list or an empty one, and for names that are no algorithm here */
export function checkAlgorithms(algorithms: unknown): ReadonlySet<ExternalAlg> {
  const given: readonly unknown[] = Array.isArray(algorithms) ? algorithms : []
  if (given.length > 0 && given.every(isExternalAlg)) return new Set(given)
  const unknown = given.find((alg) => !isExternalAlg(alg))
  throw new ConfigError(
    `algorithms must list what the issuer signs with, for example RS256${typeof unknown === 'string' ? `; not ${unknown}` : ''}`,
  )
}
