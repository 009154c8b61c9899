import {
  claimsOf,
  type Draft,
  encode,
  headerOf,
  sealSegments,
  segmentsOf,
  seal,
  type Target,
} from './target.ts'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** What decoders skip, fold or take for something else. None of it is in base64url. */
const FOREIGN = [
  '=',
  '==',
  '+',
  '/',
  ' ',
  '\t',
  '\n',
  '\r\n',
  '\0',
  '%3D',
  '"',
  '{',
  '\\',
  ',',
  '~',
  'é',
  '\ufeff',
  '\u2028',
  'Ａ',
  '😀',
]

const NAMES = ['header', 'payload', 'signature'] as const

/** Class 18: one token in several spellings. What is signed is the spelling, so that a lax decoder would accept it. */
export async function base64UrlAttacks(target: Target): Promise<readonly Draft[]> {
  const good = await seal(target, headerOf(target), claimsOf(target))
  return [...foreign(good), ...(await spareBits(target)), ...otherAlphabets(target, good)]
}

/** A foreign character before, inside and after each segment. */
function foreign(good: string): readonly Draft[] {
  return NAMES.flatMap((name, part) =>
    FOREIGN.flatMap((text) =>
      [0, 0.5, 1].map((where): Draft => {
        const segments = [...segmentsOf(good)]
        const segment = segments[part] ?? ''
        const at = Math.floor(segment.length * where)
        segments[part] = segment.slice(0, at) + text + segment.slice(at)
        return [18, 'malformed', `${JSON.stringify(text)} at ${at} of the ${name}`, segments.join('.')]
      }),
    ),
  )
}

/** The last character of a segment with bits that no byte uses: every way to spell the same bytes wrongly. */
async function spareBits(target: Target): Promise<readonly Draft[]> {
  const { sign } = target
  // One of three lengths has no spare bits, the others have two and four.
  const lists = ['', ' ', '  '].map(async (space) => {
    const header = encode(JSON.stringify(headerOf(target)) + space)
    const payload = encode(JSON.stringify(claimsOf(target)) + space)
    const input = `${header}.${payload}`
    const [, , signature] = segmentsOf(await sealSegments(header, payload, sign))
    const drafts = (
      name: string,
      segment: string,
      spell: (odd: string) => string | Promise<string>,
    ): Draft[] =>
      misspelled(segment).map((odd) => [
        18,
        'malformed',
        `spare bits in the ${name}, ${odd.slice(-1)}`,
        spell(odd),
      ])
    return [
      ...drafts('header', header, (odd) => sealSegments(odd, payload, sign)),
      ...drafts('payload', payload, (odd) => sealSegments(header, odd, sign)),
      ...drafts('signature', signature, (odd) => `${input}.${odd}`),
    ]
  })
  return (await Promise.all(lists)).flat()
}

function misspelled(segment: string): readonly string[] {
  const values = { 2: 16, 3: 4 }[segment.length % 4] ?? 1
  const last = ALPHABET.indexOf(segment.slice(-1))
  return Array.from(
    { length: values - 1 },
    (_, bits) => segment.slice(0, -1) + ALPHABET.charAt(last + bits + 1),
  )
}

/** Spellings of whole segments, each with a signature over that very spelling. */
function otherAlphabets(target: Target, good: string): readonly Draft[] {
  const [h, p, s] = segmentsOf(good)
  // These claims need both characters in which the two alphabets differ.
  const claims = JSON.stringify(claimsOf(target, { odd: '>>>???~~~\u00ff\u00fe' }))
  const both = ['', ' ', '  ']
    .map((space) => encode(claims + space))
    .find((text) => /-/.test(text) && /_/.test(text))
  if (both === undefined) throw new Error('the claims need other characters')
  const standard = (text: string): string => text.replaceAll('-', '+').replaceAll('_', '/')
  const padded = (text: string): string => text + '='.repeat((4 - (text.length % 4)) % 4 || 4)
  const hex = (text: string): string =>
    Array.from(text, (one) => one.charCodeAt(0).toString(16).padStart(2, '0')).join('')
  const signed = (header: string, payload: string): Promise<string> =>
    sealSegments(header, payload, target.sign)
  return [
    [18, 'malformed', 'the alphabet of plain base64 in the payload', signed(h, standard(both))],
    [18, 'malformed', 'padding in the header', signed(padded(h), p)],
    [18, 'malformed', 'padding in the payload', signed(h, padded(p))],
    [18, 'malformed', 'padding that is percent-encoded', `${h}.${p}.${s}%3D%3D`],
    [18, 'malformed', 'a payload in lines of 64, as PEM has them', signed(h, p.replaceAll(/.{64}/g, '$&\n'))],
    [18, 'malformed', 'a payload that is not encoded', signed(h, claims)],
    [18, 'malformed', 'a header that is not encoded', signed(JSON.stringify(headerOf(target)), p)],
    [18, 'malformed', 'a header that is encoded twice', signed(encode(h), p)],
    [18, 'malformed', 'a payload that is encoded twice', signed(h, encode(p))],
    [18, 'malformed', 'a header in hex', signed(hex(JSON.stringify(headerOf(target))), p)],
    [18, 'malformed', 'a length that no bytes have, in the payload', signed(h, 'A'.repeat(5))],
    [18, 'malformed', 'a length that no bytes have, in the signature', `${h}.${p}.${'A'.repeat(85)}`],
  ]
}
