import { base64url } from 'jose'
import type { TokenReason } from '@sealgate/kit'

/** A verifier under attack, seen from the side of whoever may sign for it. */
export interface Target {
  /** What good tokens carry in `alg`. */
  readonly alg: string
  /** Every `alg` that counts. */
  readonly algs: readonly string[]
  /** `undefined` where headers name no key. */
  readonly kid: string | undefined
  readonly issuer: string
  readonly audience: string
  /** Seconds since the epoch. */
  readonly now: number
  /** Signs with the key that counts. */
  readonly sign: Sign
  /** Signs with a key of the attacker's own, of the same kind. */
  readonly forge: Sign
  /** The attacker's public key, as a JWK; a shared secret has none. */
  readonly forgedJwk: object | undefined
  /** The public key that counts, in the forms in which it lies around; none for a shared secret. */
  readonly publicForms: readonly PublicForm[]
}

/** Bytes that everybody knows, and that a fool takes for a secret. */
export interface PublicForm {
  readonly attackClass: number
  readonly name: string
  readonly bytes: Uint8Array
}

export type Sign = (input: Uint8Array<ArrayBuffer>) => Promise<Uint8Array<ArrayBuffer>>

/** What a token is before it is there: which attack class (docs/reference/security.md), why it must be rejected, what it is. */
export type Draft = readonly [
  attackClass: number,
  reason: TokenReason,
  name: string,
  token: string | Promise<string>,
]

/** A token that must be accepted, close beside those that must not. */
export type Control = readonly [name: string, token: string | Promise<string>]

/** How far the clocks of issuer and verifier may differ, in seconds: the kit's default. */
export const LEEWAY = 90
/** The kit's longest token, in bytes. */
export const MAX_BYTES = 8192
/** The longest lifetime of an internal token, in seconds: the kit's default. */
export const MAX_TTL = 3600

const encoder = new TextEncoder()

export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(encoder.encode(text))
}

/** base64url of bytes, of text, or of the JSON of anything else. */
export function encode(content: unknown): string {
  if (content instanceof Uint8Array) return base64url.encode(content)
  return base64url.encode(bytesOf(typeof content === 'string' ? content : JSON.stringify(content)))
}

/** The header of a good token, with changes. A member that is `undefined` is left out. */
export function headerOf({ alg, kid }: Target, changes: object = {}): object {
  return { alg, typ: 'JWT', kid, ...changes }
}

/** The claims of a good token, with changes. A claim that is `undefined` is left out. */
export function claimsOf({ issuer, audience, now }: Target, changes: object = {}): object {
  return { iss: issuer, aud: audience, sub: 'user-1', iat: now, exp: now + 300, ...changes }
}

/** A token of these two, whatever they are, with a good signature. Text and bytes stay as they are. */
export function seal(
  target: Target,
  header: unknown,
  payload: unknown,
  sign: Sign = target.sign,
): Promise<string> {
  return sealSegments(encode(header), encode(payload), sign)
}

/** As {@link seal}, of segments that are encoded already, well or not. */
export async function sealSegments(header: string, payload: string, sign: Sign): Promise<string> {
  const input = `${header}.${payload}`
  return `${input}.${encode(await sign(bytesOf(input)))}`
}

/** A token with this header and good claims. */
export function withHeader(target: Target, changes: object, sign?: Sign): Promise<string> {
  return seal(target, headerOf(target, changes), claimsOf(target), sign)
}

/** A token with these claims and a good header. */
export function withClaims(target: Target, changes: object): Promise<string> {
  return seal(target, headerOf(target), claimsOf(target, changes))
}

/** The three segments of a token. */
export function segmentsOf(token: string): readonly [header: string, payload: string, signature: string] {
  const [header = '', payload = '', signature = ''] = token.split('.')
  return [header, payload, signature]
}
