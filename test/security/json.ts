import { bytesOf, claimsOf, type Draft, headerOf, seal, type Target } from './target.ts'

/** Texts that are no JSON object, whatever a lax parser makes of them. */
const NO_OBJECTS: readonly string[] = [
  ...[
    '',
    ' ',
    'null',
    'true',
    '0',
    '1e400',
    '"text"',
    '[]',
    '[{}]',
    'undefined',
    'NaN',
    '{',
    '}',
    '{}{}',
    '{} x',
  ],
  ...[
    "{'alg':'none'}",
    '{alg:"none"}',
    '{"a":1,}',
    '{"a":NaN}',
    '{"a":01}',
    '{"a":.5}',
    '{"a":0x1}',
    '{"a":"\t"}',
  ],
  ...[
    '/**/{}',
    '{}//',
    '<a/>',
    'a=1',
    '%7B%7D',
    '\u00a0{}',
    '{}\0',
    '\0{}',
    '{"a":"\\x41"}',
    '{"a":"\\u00"}',
  ],
]

/** Texts that take the place of an object: what was there is put in for `OBJECT`. */
const WRAPPED: readonly string[] = [
  '\ufeffOBJECT',
  'OBJECT\ufeff',
  '[OBJECT]',
  'OBJECT,OBJECT',
  'OBJECT\0',
  '(OBJECT)',
  '{"a":OBJECT',
]

/** Byte sequences that are not UTF-8 (RFC 3629 §3). */
const NO_UTF8: ReadonlyMap<string, readonly number[]> = new Map([
  ['a byte that never occurs', [0xff]],
  ['a continuation without a start', [0x80]],
  ['a sequence cut short', [0xe2, 0x82]],
  ['an overlong quote', [0xc0, 0xa2]],
  ['an overlong slash', [0xe0, 0x80, 0xaf]],
  ['an overlong NUL', [0xc0, 0x80]],
  ['a surrogate', [0xed, 0xa0, 0x80]],
  ['a code point beyond Unicode', [0xf4, 0x90, 0x80, 0x80]],
])

/** Classes 19 and 20: a header or payload that two parsers read in two ways, or that is no object. Signatures are good. */
export function jsonAttacks(target: Target): readonly Draft[] {
  const good = { header: headerOf(target), payload: claimsOf(target) }
  const parts = ['header', 'payload'] as const
  return parts.flatMap((part) => {
    const text = JSON.stringify(good[part])
    const sealed = (content: unknown): Promise<string> => {
      const both = { ...good, [part]: content }
      return seal(target, both.header, both.payload)
    }
    const rejected = (attackClass: number, name: string, content: unknown): Draft => [
      attackClass,
      'malformed',
      `${part}: ${name}`,
      sealed(content),
    ]
    return [
      ...NO_OBJECTS.map((odd) => rejected(20, JSON.stringify(odd), odd)),
      ...WRAPPED.map((odd) => rejected(19, JSON.stringify(odd), odd.replaceAll('OBJECT', text))),
      ...[...NO_UTF8].map(([name, odd]) => rejected(19, name, inText(text, odd))),
      rejected(19, 'UTF-16', utf16(text)),
    ]
  })
}

/** Class 19: members that come twice. The last one counts (RFC 7515 §4, RFC 7519 §4), so a bad one there is rejected. */
export function duplicateAttacks(target: Target): readonly Draft[] {
  const header = JSON.stringify(headerOf(target))
  const claims = JSON.stringify(claimsOf(target))
  const { now } = target
  const again = (text: string, name: string, value: unknown): string =>
    `${text.slice(0, -1)},${JSON.stringify(name)}:${JSON.stringify(value)}}`
  return [
    [
      19,
      'unsupported_alg',
      'alg twice, the last is none',
      seal(target, again(header, 'alg', 'none'), claims),
    ],
    [19, 'malformed', 'alg twice, the last is null', seal(target, again(header, 'alg', null), claims)],
    [
      19,
      'wrong_type',
      'typ twice, the last is another',
      seal(target, again(header, 'typ', 'dpop+jwt'), claims),
    ],
    [19, 'malformed', 'kid twice, the last is a number', seal(target, again(header, 'kid', 1), claims)],
    [
      19,
      'expired',
      'exp twice, the last has passed',
      seal(target, header, again(again(claims, 'iat', now - 900), 'exp', now - 600)),
    ],
    [
      19,
      'invalid_claim',
      'exp twice, the last is text',
      seal(target, header, again(claims, 'exp', String(now))),
    ],
    [19, 'invalid_claim', 'sub twice, the last is empty', seal(target, header, again(claims, 'sub', ''))],
    [
      19,
      'wrong_audience',
      'aud twice, the last is another',
      seal(target, header, again(claims, 'aud', 'billing')),
    ],
    [
      19,
      'wrong_issuer',
      'iss twice, the last is another',
      seal(target, header, again(claims, 'iss', 'https://evil.example')),
    ],
    [
      19,
      'missing_claim',
      'sub in a prototype',
      seal(
        target,
        header,
        again(JSON.stringify(claimsOf(target, { sub: undefined })), '__proto__', { sub: 'root' }),
      ),
    ],
    [
      19,
      'malformed',
      'alg in a prototype',
      seal(
        target,
        again(JSON.stringify(headerOf(target, { alg: undefined })), '__proto__', { alg: target.alg }),
        claims,
      ),
    ],
  ]
}

/** Puts bytes into the first text of a JSON object. */
function inText(text: string, bytes: readonly number[]): Uint8Array {
  const at = text.indexOf(':"') + 2
  return new Uint8Array([...bytesOf(text.slice(0, at)), ...bytes, ...bytesOf(text.slice(at))])
}

function utf16(text: string): Uint8Array {
  return new Uint8Array(Array.from(text, (one) => [one.charCodeAt(0), 0]).flat())
}
