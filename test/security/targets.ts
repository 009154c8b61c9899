import { base64url } from 'jose'
import { bytesOf, type PublicForm, type Sign, type Target } from './target.ts'
import { hmac } from './signature.ts'

type Ends = Pick<Target, 'issuer' | 'audience' | 'now'>

/** A private Ed25519 JWK, as far as an attack needs it. */
export interface OkpJwk {
  readonly x: string
  readonly d: string
  readonly kid: string
}

/** RFC 8037 appendix A.1. */
export const RFC_8037: OkpJwk = {
  x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
  d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A',
  kid: 'key-1',
}

/** RFC 8032 §7.1, test 2: the attacker's. */
const RFC_8032: OkpJwk = {
  x: 'PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw',
  d: 'TM0Imyj_ltqdtsNG7BFOD1uKMZ81q6Yk2oz27U-4pvs',
  kid: 'key-1',
}

/** A verifier of internal tokens by this key. */
export function eddsaTarget(jwk: OkpJwk, ends: Ends): Target {
  const { x, kid } = jwk
  const raw = base64url.decode(x)
  const spki = new Uint8Array([0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0, ...raw])
  return {
    ...ends,
    alg: 'EdDSA',
    algs: ['EdDSA', 'Ed25519'],
    kid,
    sign: ed25519(jwk),
    forge: ed25519(RFC_8032),
    forgedJwk: { kty: 'OKP', crv: 'Ed25519', x: RFC_8032.x },
    publicForms: [
      { attackClass: 2, name: 'the point', bytes: raw },
      { attackClass: 2, name: 'x as text', bytes: bytesOf(x) },
      ...formsOf({ kty: 'OKP', crv: 'Ed25519', x, kid, alg: 'EdDSA', use: 'sig' }, spki),
    ],
  }
}

export const SECRET: Uint8Array<ArrayBuffer> = Uint8Array.from({ length: 64 }, (_, index) => index + 1)

/** A verifier of internal tokens by {@link SECRET}. The attacker knows what HS256 and HS384 would want of it, not it. */
export function hs512Target(ends: Ends): Target {
  return {
    ...ends,
    alg: 'HS512',
    algs: ['HS512'],
    kid: undefined,
    sign: hmac(SECRET, 'SHA-512'),
    forge: hmac(SECRET.slice(0, 63), 'SHA-512'),
    forgedJwk: undefined,
    publicForms: [],
  }
}

/** Algorithms of other issuers that this corpus attacks. */
export type AttackedAlg = 'RS256' | 'PS256' | 'ES256'

const RSA = { modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' }
const EXTERNAL: Readonly<Record<AttackedAlg, { readonly key: KeyParams; readonly use: object }>> = {
  RS256: { key: { name: 'RSASSA-PKCS1-v1_5', ...RSA }, use: { name: 'RSASSA-PKCS1-v1_5' } },
  PS256: { key: { name: 'RSA-PSS', ...RSA }, use: { name: 'RSA-PSS', saltLength: 32 } },
  ES256: { key: { name: 'ECDSA', namedCurve: 'P-256' }, use: { name: 'ECDSA', hash: 'SHA-256' } },
}

type KeyParams = { readonly name: string } & Readonly<Record<string, unknown>>

/** A verifier of another issuer's tokens, by a new key, and the JWK that it has of it. */
export async function externalTarget(
  alg: AttackedAlg,
  ends: Ends,
): Promise<Target & { readonly jwk: object }> {
  const kid = 'key-1'
  const [good, bad] = await Promise.all([newPair(alg), newPair(alg)])
  const jwk = { ...good.jwk, kid, alg, use: 'sig' }
  return {
    ...ends,
    alg,
    algs: [alg],
    kid,
    sign: good.sign,
    forge: bad.sign,
    forgedJwk: bad.jwk,
    publicForms: formsOf(jwk, good.spki),
    jwk,
  }
}

interface Pair {
  readonly sign: Sign
  readonly jwk: object
  readonly spki: Uint8Array
}

async function newPair(alg: AttackedAlg): Promise<Pair> {
  const { key, use } = EXTERNAL[alg]
  const pair = await crypto.subtle.generateKey(key, true, ['sign', 'verify'])
  if (!('privateKey' in pair)) throw new Error('the runtime made no key pair')
  const { kty, crv, x, y, n, e } = JSON.parse(
    JSON.stringify(await crypto.subtle.exportKey('jwk', pair.publicKey)),
  ) as Record<string, unknown>
  const spki = await crypto.subtle.exportKey('spki', pair.publicKey)
  if (!(spki instanceof ArrayBuffer)) throw new Error('the runtime exported no SPKI')
  return {
    sign: async (input) =>
      new Uint8Array(await crypto.subtle.sign(use as { name: string }, pair.privateKey, input)),
    jwk: kty === 'EC' ? { kty, crv, x, y } : { kty, n, e },
    spki: new Uint8Array(spki),
  }
}

/** Signs by an Ed25519 seed: PKCS #8 around it (RFC 8410 §7). */
function ed25519({ d }: OkpJwk): Sign {
  const head = [0x30, 0x2e, 0x02, 0x01, 0, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20]
  const pkcs8 = new Uint8Array([...head, ...base64url.decode(d)])
  const key = crypto.subtle.importKey('pkcs8', pkcs8, { name: 'Ed25519' }, false, ['sign'])
  return async (input) => new Uint8Array(await crypto.subtle.sign('Ed25519', await key, input))
}

/** The forms in which a public key lies around (class 2), and disguises that got past guards against them (class 3). */
function formsOf(jwk: Readonly<Record<string, unknown>>, spki: Uint8Array): readonly PublicForm[] {
  const { kid, alg, use, ...members } = jwk
  const base64 = btoa(Array.from(spki, (byte) => String.fromCharCode(byte)).join(''))
  const lines = base64.match(/.{1,64}/g) ?? []
  const pem = (end: string): string =>
    ['-----BEGIN PUBLIC KEY-----', ...lines, '-----END PUBLIC KEY-----'].join(end)
  const form = (attackClass: number, name: string, text: string): PublicForm => ({
    attackClass,
    name,
    bytes: bytesOf(text),
  })
  return [
    { attackClass: 2, name: 'SPKI in DER', bytes: spki },
    form(2, 'SPKI in base64', base64),
    form(2, 'SPKI in base64url', base64url.encode(spki)),
    form(2, 'PEM', `${pem('\n')}\n`),
    form(2, 'the JWK', JSON.stringify(jwk)),
    form(3, 'PEM without its last line break', pem('\n')),
    form(3, 'PEM with CRLF', `${pem('\r\n')}\r\n`),
    form(3, 'PEM after white space', ` \n${pem('\n')}\n`),
    form(3, 'PEM after a byte order mark', `\ufeff${pem('\n')}`),
    form(3, 'PEM after a line of text', `Bag Attributes\n${pem('\n')}\n`),
    form(3, 'PEM on one line', pem('')),
    form(3, 'the members of the JWK that make the key', JSON.stringify(members)),
    form(3, 'the JWK after white space', ` ${JSON.stringify(jwk)}`),
    form(3, 'the JWK in many lines', JSON.stringify({ kid, alg, use, ...members }, undefined, 2)),
    form(3, 'the JWK Set', JSON.stringify({ keys: [jwk] })),
  ]
}
