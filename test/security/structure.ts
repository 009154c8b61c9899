import { claimsOf, type Draft, encode, headerOf, MAX_BYTES, seal, segmentsOf, type Target } from './target.ts'

/** Classes 14, 15, 16, 51, 52: what is no compact JWS, or is one around another token, or is too large. */
export async function structureAttacks(target: Target): Promise<readonly Draft[]> {
  const good = await seal(target, headerOf(target), claimsOf(target))
  const [h, p, s] = segmentsOf(good)
  const flattened = { protected: h, payload: p, signature: s }
  const jweHeader = encode({ alg: 'dir', enc: 'A256GCM', kid: target.kid })
  const pbes2 = { alg: 'PBES2-HS256+A128KW', enc: 'A128CBC-HS256', p2s: 'AAAAAAAAAAA', p2c: 2_147_483_647 }
  const unprotected = { ...flattened, protected: undefined, header: headerOf(target) }
  const malformed = (attackClass: number, name: string, token: string): Draft => [
    attackClass,
    'malformed',
    name,
    token,
  ]
  return [
    malformed(14, 'nothing at all', ''),
    malformed(14, 'one dot', '.'),
    malformed(14, 'two dots', '..'),
    malformed(14, 'the header alone', h),
    malformed(14, 'the signature stripped, dot and all', `${h}.${p}`),
    malformed(14, 'a header that is empty', `.${p}.${s}`),
    malformed(14, 'a dot before it', `.${good}`),
    malformed(14, 'a dot after it', `${good}.`),
    malformed(14, 'the signature twice', `${good}.${s}`),
    malformed(14, 'the shape of a JWE: five segments', `${good}.${s}.${s}`),
    malformed(14, 'two tokens, one after the other', `${good}.${good}`),
    malformed(14, 'two tokens with a comma between them', `${good},${good}`),
    malformed(14, 'the payload first', `${p}.${h}.${s}`),
    malformed(14, 'the signature first', `${s}.${h}.${p}`),
    malformed(14, 'JSON serialization, flattened', JSON.stringify(flattened)),
    malformed(
      14,
      'JSON serialization, general',
      JSON.stringify({ payload: p, signatures: [{ protected: h, signature: s }] }),
    ),
    malformed(14, 'JSON serialization with the token inside', JSON.stringify({ ...flattened, token: good })),
    malformed(14, 'the token in quotes', JSON.stringify(good)),
    malformed(14, 'the token in braces', `{${good}}`),
    malformed(14, 'the scheme before it', `Bearer ${good}`),
    malformed(16, 'alg in an unprotected header alone', JSON.stringify(unprotected)),
    malformed(
      16,
      'alg in an unprotected header that differs from the protected one',
      JSON.stringify({ ...flattened, header: { alg: 'none' } }),
    ),
    malformed(
      16,
      'an unprotected header with two dots',
      JSON.stringify({ ...flattened, header: { 'a.b': '.' } }),
    ),
    [15, 'malformed', 'a token in a token', seal(target, headerOf(target, { cty: 'JWT' }), good)],
    [15, 'malformed', 'a token in JSON in a token', seal(target, headerOf(target), JSON.stringify(good))],
    [
      15,
      'malformed',
      'an unsigned token in a token',
      seal(target, headerOf(target, { cty: 'JWT' }), `${encode({ alg: 'none' })}.${p}.`),
    ],
    malformed(51, 'a JWE', `${jweHeader}..${encode('iv')}.${p}.${encode('tag')}`),
    malformed(
      51,
      'a JWE that requests two thousand million rounds of PBKDF2',
      `${encode(pbes2)}.${s}.${s}.${p}.${s}`,
    ),
    [
      51,
      'unsupported_alg',
      'the header of a JWE in a JWS',
      seal(target, headerOf(target, pbes2), claimsOf(target)),
    ],
    [
      51,
      'unsupported_alg',
      'direct encryption in a JWS',
      seal(target, headerOf(target, { alg: 'dir', enc: 'A256GCM', zip: 'DEF' }), claimsOf(target)),
    ],
    [52, 'too_large', 'a byte more than is looked at', sized(target, MAX_BYTES + 1)],
    [52, 'too_large', 'a megabyte', sized(target, 1_000_000)],
    [52, 'too_large', 'a megabyte of dots', '.'.repeat(1_000_000)],
    [52, 'too_large', 'a megabyte that is no token', 'a'.repeat(1_000_000)],
    [52, 'malformed', 'as many dots as fit', '.'.repeat(MAX_BYTES)],
  ]
}

/** A token with a good signature that is at least so long, and at most two bytes longer. */
export async function sized(target: Target, length: number): Promise<string> {
  const filled = (filler: number): Promise<string> =>
    seal(target, headerOf(target), claimsOf(target, { filler: 'x'.repeat(filler) }))
  const { length: least } = await filled(0)
  return filled(Math.ceil(((length - least) * 3) / 4))
}
