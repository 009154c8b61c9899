import { parseEnv } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatPair, formatSecret, isPrivate } from './format.ts'
import { isKid, keyPairOf } from './keys.ts'

const SEED = Uint8Array.from({ length: 32 }, (_, index) => index)
const printable = fc.string({
  unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
})

describe('formatPair', () => {
  it.each([
    ['pair', true],
    ['private', true],
    ['dotenv', true],
    ['public', false],
    ['jwks', false],
  ] as const)('says of %s whether it holds the private half: %s', async (format, expected) => {
    const pair = await keyPairOf(SEED, { kid: 'a', nbf: 1 })
    expect(isPrivate(format)).toBe(expected)
    expect(formatPair(pair, format).includes(pair.privateJwk.d)).toBe(expected)
  })

  it.each(['private', 'public'] as const)('prints %s on one line, with nothing after it', async (format) => {
    const text = formatPair(await keyPairOf(SEED, { kid: 'a', nbf: 1 }), format)
    expect(text.indexOf('\n')).toBe(text.length - 1)
  })

  it('prints a JWK Set without a private member', async () => {
    const pair = await keyPairOf(SEED, { kid: 'a', nbf: 1 })
    expect(JSON.parse(formatPair(pair, 'jwks'))).toEqual({ keys: [pair.publicJwk] })
  })

  it('writes dotenv that a parser reads back, whatever the kid', async () => {
    await fc.assert(
      fc.asyncProperty(printable.filter(isKid), async (kid) => {
        const pair = await keyPairOf(SEED, { kid, nbf: 1, exp: 2 })
        const text = formatPair(pair, 'dotenv')
        const read = parseEnv(text)
        expect(Object.keys(read).sort()).toEqual(['JWT_PRIVATE_JWK', 'JWT_PUBLIC_JWK'])
        expect(JSON.parse(read.JWT_PRIVATE_JWK ?? '')).toEqual(pair.privateJwk)
        expect(JSON.parse(read.JWT_PUBLIC_JWK ?? '')).toEqual(pair.publicJwk)
        // Some parsers expand $NAME even inside single quotes.
        expect(text).not.toContain('$')
      }),
      { numRuns: 300 },
    )
  })
})

describe('formatSecret', () => {
  it('returns the bare text, JSON, or a line that a dotenv parser reads back', () => {
    expect(formatSecret('-_9', 'plain')).toBe('-_9\n')
    expect(JSON.parse(formatSecret('-_9', 'json'))).toEqual({ secret: '-_9' })
    expect(parseEnv(formatSecret('-_9', 'dotenv'))).toEqual({ JWT_SECRET: '-_9' })
  })
})
