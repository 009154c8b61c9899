import { sized } from './structure.ts'
import {
  claimsOf,
  type Control,
  headerOf,
  LEEWAY,
  MAX_BYTES,
  seal,
  type Target,
  withClaims,
  withHeader,
} from './target.ts'

/** Good tokens, each close beside a bad one: a verifier that rejects everything rejects these too. */
export async function controlsFor(
  target: Target,
): Promise<readonly (readonly [name: string, token: string])[]> {
  const { now, audience, alg, forgedJwk } = target
  const header = JSON.stringify(headerOf(target))
  const claims = JSON.stringify(claimsOf(target))
  const late = now + LEEWAY
  const last = (text: string, name: string, first: unknown): string =>
    `{${JSON.stringify(name)}:${JSON.stringify(first)},${text.slice(1)}`
  const deep = `{"deep":${'['.repeat(1000)}${']'.repeat(1000)},`
  const controls: Control[] = [
    ['a plain one', seal(target, header, claims)],
    ['without typ', withHeader(target, { typ: undefined })],
    ['as large as may be', sized(target, MAX_BYTES - 2)],
    ['white space in the JSON', seal(target, ` ${header}\n`, `\t${claims}\r\n`)],
    ['members in another order', seal(target, { typ: 'JWT', kid: target.kid, alg }, claims)],
    [
      'names with escapes',
      seal(target, header.replace('"alg"', '"\\u0061lg"'), claims.replace('"sub"', '"s\\u0075b"')),
    ],
    [
      'unknown members in the header',
      withHeader(target, { x: 1, zip: 'DEF', cty: 'JWT', nonce: 'a', iss: 'b' }),
    ],
    [
      'keys in the header that nobody reads',
      withHeader(target, {
        jwk: forgedJwk ?? {},
        jku: 'https://evil.example',
        x5u: 'https://evil.example',
        x5c: [],
        x5t: '',
      }),
    ],
    ['a header that is deep', seal(target, deep + header.slice(1), claims)],
    ['claims that are deep', seal(target, header, deep + claims.slice(1))],
    ['alg twice, the last is good', seal(target, last(header, 'alg', 'none'), claims)],
    ['exp twice, the last is good', seal(target, header, last(claims, 'exp', 0))],
    ['sub twice, the last is good', seal(target, header, last(claims, 'sub', ''))],
    [
      'a prototype that nobody reads',
      seal(target, header, last(claims, '__proto__', { sub: 'root', exp: 0 })),
    ],
    ['claims beyond ASCII', withClaims(target, { name: 'Jürgen 名前 😀 \u0000' })],
    ['a subject that looks odd', withClaims(target, { sub: '__proto__' })],
    ['unknown claims of any type', withClaims(target, { a: null, b: [1, [2]], c: { d: 1e308 }, e: '' })],
    ['an audience among several', withClaims(target, { aud: ['billing', audience] })],
    ['fractions of seconds', withClaims(target, { iat: now - 0.5, nbf: now - 0.25, exp: now + 0.75 })],
    ['iat at the end of the leeway', withClaims(target, { iat: late })],
    ['nbf at the end of the leeway', withClaims(target, { nbf: late })],
    ['exp within the leeway', withClaims(target, { iat: now - 300, exp: now - LEEWAY + 1 })],
    [
      'a numeric date with an exponent',
      seal(target, header, claims.replace(`"iat":${now}`, `"iat":${now / 100}e2`)),
    ],
    ['nbf 0 and a jti', withClaims(target, { nbf: 0, jti: 'a' })],
    ...target.algs.map((name): Control => [`alg ${name}`, withHeader(target, { alg: name })]),
  ]
  return Promise.all(controls.map(async ([name, token]) => [name, await token] as const))
}
