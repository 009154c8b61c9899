import { acceptedAlgs, ALGORITHMS } from '../jose/algorithms.ts'

/** The algorithms that other issuers sign with. The caller pins which of them count. */
export type ExternalAlg =
  | 'RS256'
  | 'RS384'
  | 'RS512'
  | 'PS256'
  | 'PS384'
  | 'PS512'
  | 'ES256'
  | 'ES384'
  | 'ES512'
  | 'EdDSA'
  | 'Ed25519'

/** The kind of key that each algorithm takes (RFC 7518 §3.1, RFC 8037 §3.1, RFC 9864 §2.2). One row each. */
export type KeyFamily = 'RSA' | 'P-256' | 'P-384' | 'P-521' | 'Ed25519'

const FAMILIES: Readonly<Record<ExternalAlg, KeyFamily>> = {
  RS256: 'RSA',
  RS384: 'RSA',
  RS512: 'RSA',
  PS256: 'RSA',
  PS384: 'RSA',
  PS512: 'RSA',
  ES256: 'P-256',
  ES384: 'P-384',
  ES512: 'P-521',
  EdDSA: 'Ed25519',
  Ed25519: 'Ed25519',
}

export function isExternalAlg(value: unknown): value is ExternalAlg {
  return typeof value === 'string' && Object.hasOwn(FAMILIES, value)
}

/**
 * The algorithms that a key of this family accepts: the one that its JWK names, or all of the family; `undefined` when the
 * name does not fit. Those of Ed25519 are read as the kit reads them in its own keys.
 */
export function algsOf(family: KeyFamily, alg: unknown): readonly ExternalAlg[] | undefined {
  if (family === 'Ed25519') return acceptedAlgs(ALGORITHMS.EdDSA, alg)?.filter(isExternalAlg)
  if (alg === undefined) return EXTERNAL_ALGS.filter((one) => FAMILIES[one] === family)
  return isExternalAlg(alg) && FAMILIES[alg] === family ? [alg] : undefined
}

const EXTERNAL_ALGS = Object.keys(FAMILIES).filter(isExternalAlg)
