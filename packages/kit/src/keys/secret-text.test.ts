/** Secrets and keys as tools write them and as people paste them. */
import { describe, expect, it } from 'vitest'
import { createKit, makeKit } from '../index.ts'
import { parsePasted } from '../primitives/pasted.ts'
import { secretBytes } from './secret-text.ts'

const BASE = { JWT_ISS: 'https://issuer.test', JWT_AUD: 'orders' }

/** 64 bytes whose base64 has both of the characters that differ between the alphabets, and padding. */
const BYTES = Uint8Array.from({ length: 64 }, (_, index) => (index < 3 ? 0xfb : index * 37) % 256)
const BASE64 = btoa(String.fromCharCode(...BYTES))
const URL = BASE64.replaceAll('+', '-').replaceAll('/', '_')
const HEX = Array.from(BYTES, (byte) => byte.toString(16).padStart(2, '0')).join('')
const wrapped = (width: number, end = '\n'): string =>
  (BASE64.match(new RegExp(`.{1,${width}}`, 'g')) ?? []).join(end) + end

it('the sample has what the forms differ in', () => {
  for (const part of ['+', '/', '==']) expect(BASE64).toContain(part)
})

const forms: readonly (readonly [form: string, text: string])[] = [
  ['openssl rand -base64 64', wrapped(64)],
  ['base64 of a file', wrapped(76)],
  ['openssl rand -base64 64, with CRLF', wrapped(64, '\r\n')],
  ['openssl rand -base64 64, its line breaks escaped', wrapped(64, '\\n')],
  ['openssl rand -base64 64 | tr -d "\\n"', BASE64],
  ['base64 without padding', BASE64.replaceAll('=', '')],
  ['kit-keygen secret', URL.replaceAll('=', '')],
  ['base64url with padding, as Python writes it', URL],
  ['hex: and openssl rand -hex 64', `hex:${HEX}\n`],
  ['hex: and digits in capitals', `hex:${HEX.toUpperCase()}`],
  ['text in quotes', `"${BASE64}"`],
  ['text in single quotes, with a byte order mark', `\ufeff'${URL}' \n`],
]

describe('a secret', () => {
  it.each(forms)('from %s is the same secret, wherever it stands', async (_, text) => {
    const issuer = createKit({ issuer: BASE.JWT_ISS, audience: BASE.JWT_AUD, sign: { secret: BYTES } })
    const token = await issuer.sign({ sub: 'job' })
    const kits = [
      makeKit({ ...BASE, JWT_SECRET: text }),
      makeKit({ ...BASE, JWT_SECRET: `${text},${URL}` }),
      makeKit({ ...BASE, JWT_SECRET: JSON.stringify([text]) }),
      makeKit({ ...BASE, JWT_SECRET_NAME: 'SECRET', SECRET: text }),
      makeKit({ ...BASE, JWT_SECRET_NAME: 'SECRET', SECRET: { get: () => Promise.resolve(text) } }),
      createKit({ issuer: BASE.JWT_ISS, audience: BASE.JWT_AUD, verify: { secret: text } }),
      createKit({ issuer: BASE.JWT_ISS, audience: BASE.JWT_AUD, verify: { secret: [text] } }),
    ]
    for (const kit of kits) expect(await kit.verify(token)).not.toBeNull()
  })

  const long = BASE64.repeat(2).replaceAll('=', '')
  it.each<[what: string, text: string, problem: string]>([
    ['of both alphabets', `${BASE64.slice(0, -4)}-_==`, 'it mixes base64 and base64url'],
    ['with too much padding', `${BASE64.slice(0, -3)}==`, 'its padding does not fit its length'],
    ['with padding where none belongs', `${'A'.repeat(88)}=`, 'its padding does not fit its length'],
    ['with a whole block of padding', `${'A'.repeat(88)}====`, 'it is neither base64url nor base64'],
    ['with padding inside', `${'A'.repeat(44)}=${'A'.repeat(43)}`, 'it is neither base64url nor base64'],
    ['with spare bits', `${'A'.repeat(85)}B`, 'it is neither base64url nor base64'],
    ['that is a sentence', 'correct horse battery staple', 'it is neither base64url nor base64'],
    ['with a space inside', `${'A'.repeat(43)} ${'A'.repeat(43)}`, 'it is neither base64url nor base64'],
    [
      'broken after 40',
      `${'A'.repeat(40)}\n${'A'.repeat(40)}\n${'A'.repeat(6)}`,
      'its lines are not of 64 or 76 characters',
    ],
    [
      'broken after 64 and then 63',
      `${long.slice(0, 64)}\n${long.slice(64, 127)}\n${long.slice(127, 170)}`,
      'its lines are not of 64 or 76 characters',
    ],
    [
      'whose last line is the longest',
      `${long.slice(0, 64)}\n${long.slice(64, 129)}`,
      'its lines are not of 64 or 76 characters',
    ],
    [
      'with an empty line inside',
      `${long.slice(0, 64)}\n\n${long.slice(64, 86)}`,
      'its lines are not of 64 or 76 characters',
    ],
    ['in hexadecimal without a prefix', HEX, 'it looks hexadecimal: write hex: in front of it'],
    ['in hexadecimal of an odd length', `hex:${HEX}a`, 'it is not hexadecimal'],
    ['after hex:, but in base64', `hex:${BASE64}`, 'it is not hexadecimal'],
    [
      'after hex:, in lines',
      `hex:${HEX.slice(0, 64)}\n${HEX.slice(64)}`,
      'its lines are not of 64 or 76 characters',
    ],
  ])('%s is none, and the message says why and quotes nothing', (_, text, problem) => {
    const message = `JWT_SECRET is no secret: ${problem}. Make a secret with: npx kit-keygen secret`
    expect(secretBytes(text, 64)).toBe(problem)
    const make = () => makeKit({ ...BASE, JWT_SECRET: text })
    expect(make).toThrow(message)
  })

  it.each([
    ['openssl rand -base64 32', wrapped(64).slice(0, 44), 33],
    ['openssl rand -hex 32, with its prefix', `hex:${HEX.slice(0, 64)}`, 32],
    ['openssl rand -hex 63, with its prefix', `hex:${HEX.slice(0, 126)}`, 63],
    ['hex: alone', 'hex:00', 1],
    ['nothing but a line break, from a pipe that failed', '\n\n', 0],
  ])('from %s is too short, and the message says how to make one', (_, text, bytes) => {
    const SECRET = text
    expect(() => makeKit({ ...BASE, JWT_SECRET_NAME: 'SECRET', SECRET })).toThrow(
      `SECRET (named by JWT_SECRET_NAME) is too short for HS512: it needs 64 bytes and has ${bytes} (RFC 7518 §3.2). Make a secret with: npx kit-keygen secret`,
    )
  })

  it('of hexadecimal digits that would be too short as such is base64url', () => {
    expect(secretBytes('a'.repeat(88), 64)).toHaveLength(66)
    expect(secretBytes('a'.repeat(88), 44)).toBe('it looks hexadecimal: write hex: in front of it')
  })

  it('that is longer than it must be is no digits for that', () => {
    const long = Uint8Array.from({ length: 144 }, (_, index) => (index * 37) % 256)
    const text = btoa(String.fromCharCode(...long))
    expect(secretBytes(text, 64)).toEqual(long)
    // Three lines, the last of which is full.
    for (const end of ['\n', '\r\n', '\\n'])
      expect(secretBytes((text.match(/.{64}/g) ?? []).join(end), 64)).toEqual(long)
  })

  it.each([
    ['of another width', ['A'.repeat(60), 'A'.repeat(40)]],
    ['of which one in the middle is short', ['A'.repeat(64), 'A'.repeat(60), 'A'.repeat(64)]],
    ['of which the last is longer', ['A'.repeat(64), 'A'.repeat(68)]],
  ])('in lines %s is none, be the line breaks escaped or not', (_, lines) => {
    for (const end of ['\n', '\r\n', '\\n'])
      expect(secretBytes(lines.join(end), 64)).toBe('its lines are not of 64 or 76 characters')
  })

  it.each<[what: string, text: (size: number) => string]>([
    ['digits', (size) => `hex:${'a'.repeat(size)}g`],
    ['padding', (size) => '='.repeat(size)],
    ['quotes', (size) => '"'.repeat(size)],
    ['line breaks', (size) => '\n'.repeat(size) + 'a'],
    ['escaped line breaks', (size) => '\\n'.repeat(size)],
    ['lines', (size) => `${'A'.repeat(64)}\n`.repeat(size / 64) + '*'],
    ['spaces', (size) => `a${' '.repeat(size)}a`],
  ])('costs work in proportion to its length, whatever it is: %s', (_, text) => {
    const seconds = (size: number): number => {
      const hostile = text(size)
      const start = performance.now()
      secretBytes(hostile, 64)
      return performance.now() - start
    }
    seconds(100_000)
    // Quadratic work on a megabyte takes minutes. Where the clock stands still during work, a test that hung would say so.
    expect(seconds(1_000_000)).toBeLessThan(2000)
  })
})

describe('a key in JSON', () => {
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: 'AQ', kid: 'a' }
  const text = JSON.stringify(jwk)
  const pretty = JSON.stringify(jwk, undefined, 2)
  it.each([
    ['as it is', text],
    ['in lines, with CRLF and a byte order mark', `\ufeff${pretty.replaceAll('\n', '\r\n')}\r\n`],
    ['in single quotes', `'${text}'`],
    ['in double quotes', `"${text}"`],
    ['as a JSON string', JSON.stringify(text)],
    ['as a JSON string of lines', JSON.stringify(pretty)],
    ['with its line breaks escaped', pretty.replaceAll('\n', '\\n')],
    ['with its quotes escaped', text.replaceAll('"', '\\"')],
  ])('is read %s', (_, pasted) => {
    expect(parsePasted(pasted)).toEqual(jwk)
  })

  it.each(['', '"', "'", '{', `${text}${text}`, `'${text}"`, 'null', '"null"'])(
    'is not made up of %j',
    (pasted) => {
      expect(parsePasted(pasted) ?? undefined).toBeUndefined()
    },
  )

  it('signs and verifies from every such text', async () => {
    const pair = await crypto.subtle.generateKey({ name: 'Ed25519' }, true, ['sign', 'verify'])
    if (!('privateKey' in pair)) throw new Error('no pair')
    const { x, d } = (await crypto.subtle.exportKey('jwk', pair.privateKey)) as { x?: string; d?: string }
    const publicJwk = { kty: 'OKP', crv: 'Ed25519', x, kid: 'a' }
    const spell = (value: object): string =>
      `"${JSON.stringify(value, undefined, 2).replaceAll('\n', '\\n')}"`
    const token = await makeKit({ ...BASE, JWT_PRIVATE_JWK: spell({ ...publicJwk, d }) }).sign({ sub: 'job' })
    for (const value of [publicJwk, { keys: [publicJwk] }])
      expect(await makeKit({ ...BASE, JWT_PUBLIC_JWK: spell(value) }).verify(token)).not.toBeNull()
  })
})
