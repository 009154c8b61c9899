import { base64url } from 'jose'
import { AUDIENCE, type Fixtures, ISSUER } from '../measure/fixtures.ts'

/** The name of the candidate that only makes a fresh string. */
export const FRESH = 'make the string'

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/**
 * Returns the tokens in turn, each time as a new string, as a request's header would: a string that was used
 * before has its hash with it, and would make look-ups look too cheap.
 */
export function freshStrings(tokens: readonly string[]): (index: number) => string {
  const bytes = tokens.map((token) => encoder.encode(token))
  return (index) => decoder.decode(bytes[index % bytes.length])
}

export interface SignedBytes {
  readonly signingInput: Uint8Array
  readonly signature: Uint8Array
}

/** What raw WebCrypto gets: bytes, decoded before the clock starts. */
export function signedBytes(tokens: readonly string[]): readonly SignedBytes[] {
  return tokens.map((token) => {
    const dot = token.lastIndexOf('.')
    return {
      signingInput: encoder.encode(token.slice(0, dot)),
      signature: base64url.decode(token.slice(dot + 1)),
    }
  })
}

/** The value at this index, counted round and round. */
export function at<T>(values: readonly T[], index: number): T {
  const value = values[index % values.length]
  if (value === undefined) throw new Error('there are no values')
  return value
}

export const ED25519 = { name: 'Ed25519' }
export const HMAC = { name: 'HMAC', hash: 'SHA-512' }

/** Imported keys, for whoever takes them. */
export async function importKeys({ publicJwk, privateJwk, secret }: Fixtures) {
  const bytes = base64url.decode(secret)
  return {
    bytes,
    verifying: await crypto.subtle.importKey('jwk', { ...publicJwk }, ED25519, false, ['verify']),
    signing: await crypto.subtle.importKey('jwk', { ...privateJwk }, ED25519, false, ['sign']),
    mac: await crypto.subtle.importKey('raw', bytes, HMAC, false, ['sign', 'verify']),
  }
}

/** What jose checks when told to check what the kit always checks. */
export function joseOptions(alg: 'EdDSA' | 'HS512') {
  return { issuer: ISSUER, audience: AUDIENCE, clockTolerance: 90, algorithms: [alg] }
}

/** A JWKS service in the same program: what is measured is verification, not the way to the keys. */
export function jwksService({ publicJwk }: Fixtures): { readonly fetch: () => Promise<Response> } {
  return { fetch: () => Promise.resolve(Response.json({ keys: [publicJwk] })) }
}
