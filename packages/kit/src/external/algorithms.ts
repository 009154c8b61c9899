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

export const FAMILIES: Readonly<Record<ExternalAlg, KeyFamily>> = {
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
