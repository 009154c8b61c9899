import { signCompact } from '@sealgate/kit/jws'
import { rawToken } from '@sealgate/kit/testing'

type Members = Readonly<Record<string, unknown>>
type Jwk = Readonly<Record<string, unknown>>

/** A key of each kind that a verdict can depend on. */
export interface CorpusKeys {
  /** The one that the gateway signs with, and the `alg` to go with it. */
  readonly good: Jwk
  /** Another one, under the same `kid`. */
  readonly stranger: Jwk
  readonly alg: 'EdDSA' | 'HS512'
}

export const ISSUER = 'https://gateway.internal'

/** Tokens that a verifier must reject, one flaw each, and some that it must not, by name. `now` in seconds. */
export async function corpus({ good, stranger, alg }: CorpusKeys, now: number): Promise<Map<string, string>> {
  const header: Members = { alg, kid: good.kid, typ: 'JWT' }
  const claims: Members = {
    iss: ISSUER,
    aud: 'reports',
    sub: 'auth0|alice',
    iat: now,
    exp: now + 900,
    permissions: ['read:reports'],
  }
  const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
  const sign = (payload: Uint8Array, key = good, more: Members = {}): Promise<string> =>
    signCompact(payload, key, { ...header, ...more })
  const withClaims = (more: Members): Promise<string> => sign(encode(JSON.stringify({ ...claims, ...more })))
  const withHeader = (more: Members): Promise<string> => sign(encode(JSON.stringify(claims)), good, more)
  const withText = (text: string): Promise<string> => sign(encode(text))
  const ending = (text: string): Promise<string> =>
    withText(JSON.stringify(claims).replace(`"exp":${now + 900}`, `"exp":${text}`))
  const actors = (depth: number): Members => ({
    sub: 'gateway',
    ...(depth > 1 && { act: actors(depth - 1) }),
  })
  const plain = await withClaims({})
  const [head = '', body = '', signature = ''] = plain.split('.')
  const tampered = rawToken(header, { ...claims, sub: 'auth0|mallory' }).split('.')[1] ?? ''

  return new Map(
    Object.entries({
      good: plain,
      'an audience among others': await withClaims({ aud: ['archive', 'reports'] }),
      'five actors': await withClaims({ act: actors(5) }),
      'without typ': await signCompact(encode(JSON.stringify(claims)), good, { alg, kid: good.kid }),
      'within the leeway': await withClaims({ iat: now - 900, exp: now - 89 }),
      'a member twice': await withText(JSON.stringify(claims).replace('{', '{"sub":"auth0|mallory",')),

      expired: await withClaims({ iat: now - 900, exp: now - 90 }),
      'expired long ago': await withClaims({ iat: now - 4000, exp: now - 3500 }),
      'for another audience': await withClaims({ aud: 'archive' }),
      'for part of the audience': await withClaims({ aud: 'report' }),
      'for an audience with this one inside': await withClaims({ aud: 'reports-archive' }),
      'for audiences of which none is this one': await withClaims({ aud: ['archive', 'report'] }),
      'from another issuer': await withClaims({ iss: `${ISSUER}/` }),
      'not yet valid': await withClaims({ nbf: now + 91 }),
      'issued in the future': await withClaims({ iat: now + 91, exp: now + 900 }),
      'too long a lifetime': await withClaims({ exp: now + 3601 }),
      'over before it began': await withClaims({ exp: now - 1 }),
      'without a subject': await withClaims({ sub: undefined }),
      'an empty subject': await withClaims({ sub: '' }),
      'a subject that is a number': await withClaims({ sub: 7 }),
      'without an end': await withClaims({ exp: undefined }),
      'an end that is true': await withClaims({ exp: true }),
      'an end that is text': await withClaims({ exp: String(now + 900) }),
      'an end that is null': await withClaims({ exp: null }),
      'an end beyond numbers': await ending('1e999'),
      'an end of 400 digits': await ending('9'.repeat(400)),
      'an end that is NaN': await ending('NaN'),
      'an end that is Infinity': await ending('Infinity'),
      'an audience that is an object': await withClaims({ aud: { reports: true } }),
      'no audience in a list': await withClaims({ aud: [] }),
      'an unknown kind': await withClaims({ kind: 'root' }),
      'a kind that is a list': await withClaims({ kind: ['user'] }),
      'six actors': await withClaims({ act: actors(6) }),
      'an actor without a name': await withClaims({ act: { iss: ISSUER } }),
      'an actor that is text': await withClaims({ act: 'gateway' }),
      'bound to a request': await withClaims({ req: 'A'.repeat(43) }),

      'claims that are a list': await withText('[]'),
      'claims that are no JSON': await withText('{"sub":'),
      'claims that nest as deep as a token can': await withText(
        `{"a":${'['.repeat(2900)}${']'.repeat(2900)}}`,
      ),
      'claims with a byte order mark': await withText(`\uFEFF${JSON.stringify(claims)}`),
      'claims in UTF-16': await sign(utf16(JSON.stringify(claims))),
      'claims that are not UTF-8': await sign(new Uint8Array([0x7b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x7d])),

      'signed by another key': await sign(encode(JSON.stringify(claims)), stranger),
      'with changed claims': `${head}.${tampered}.${signature}`,
      'with an empty signature': `${head}.${body}.`,
      'with half a signature': `${head}.${body}.${signature.slice(0, 43)}`,
      'with an unknown kid': rawToken({ ...header, kid: 'nobody' }, claims),
      'with a kid that is a number': rawToken({ ...header, kid: 7 }, claims),
      'with too long a kid': rawToken({ ...header, kid: 'k'.repeat(257) }, claims),
      'without a kid': rawToken({ alg, typ: 'JWT' }, claims),
      'with alg none': rawToken({ ...header, alg: 'none' }, claims),
      'with the alg in lower case': rawToken({ ...header, alg: alg.toLowerCase() }, claims),
      'with the alg of the other mode': rawToken(
        { ...header, alg: alg === 'HS512' ? 'EdDSA' : 'HS512' },
        claims,
      ),
      'with RS256': rawToken({ ...header, alg: 'RS256' }, claims),
      'with an alg that is a list': rawToken({ ...header, alg: [alg] }, claims),
      'without an alg': rawToken({ kid: good.kid }, claims),
      'with another typ': await withHeader({ typ: 'at+jwt' }),
      'with a typ in lower case': await withHeader({ typ: 'jwt' }),
      'with a typ that is null': rawToken({ ...header, typ: null }, claims),
      'with crit': rawToken({ ...header, crit: ['exp'] }, claims),
      'with b64': rawToken({ ...header, b64: true }, claims),
      'a header that is a list': rawToken([], claims),

      empty: '',
      'two segments': `${head}.${body}`,
      'four segments': `${plain}.${signature}`,
      'with padding': `${plain}==`,
      'with a line feed at its end': `${plain}\n`,
      'with white space in a segment': `${head}.${body.slice(0, 8)} ${body.slice(8)}.${signature}`,
      'with a character that is foreign to base64url': `${head}.${body.slice(0, 8)}!${body.slice(8)}.${signature}`,
      'with a digit of another script': `${head}.${body.slice(0, 8)}١${body.slice(8)}.${signature}`,
      'in the alphabet of base64': `${head}.${body}.${'+/'.repeat(43)}`,
      'a segment of impossible length': `${head}.${body}.${'A'.repeat(signature.length + 3)}`,
      'with spare bits': `${head}.${body}.${spare(signature)}`,
      'too large': `${head}.${body}.${'A'.repeat(8192)}`,
    }),
  )
}

/** The same bytes, spelt with another last character. */
function spare(signature: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const last = alphabet.indexOf(signature.at(-1) ?? '')
  return signature.slice(0, -1) + alphabet.charAt(last + 1)
}

function utf16(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'utf16le'))
}
