import { encodeUtf8 } from '../primitives/utf8.ts'
import { describe, expect, it } from 'vitest'
import { type CompactHeader, CompactReader } from './compact.ts'
import { encodeBase64Url } from './base64url.ts'
import type { TokenReason } from '../errors.ts'

const encoded = (value: unknown): string => encodeBase64Url(encodeUtf8(JSON.stringify(value)))
const HEADER = encoded({ alg: 'HS512' })

/** A token with these header members over a good one. */
const withHeader = (members: object): string => `${encoded({ alg: 'HS512', ...members })}.e30.AAAA`

const NOT_THREE = 'not three segments'
const NOT_BASE64 = 'not canonical base64url'
const NO_HEADER = 'the header is not a JSON object in canonical base64url'
const NO_ALG = 'the header has no alg'
const BAD_KID = 'kid is not a string of 1 to 256 characters'

describe('a compact JWS', () => {
  it.each<[what: string, token: string, reason: TokenReason, detail: string]>([
    ['nothing', '', 'malformed', NOT_THREE],
    ['no dot', HEADER, 'malformed', NOT_THREE],
    ['two segments', `${HEADER}.e30`, 'malformed', NOT_THREE],
    ['four segments', `${HEADER}.e30.AAAA.`, 'malformed', NOT_THREE],
    ['an empty header', '.e30.AAAA', 'malformed', NOT_THREE],
    ['a letter beyond ASCII in the payload', `${HEADER}.é30.AAAA`, 'malformed', NOT_BASE64],
    ['a letter beyond ASCII in the signature', `${HEADER}.e30.ÃAAA`, 'malformed', NOT_BASE64],
    ['a letter beyond ASCII in the header', `é${HEADER}.e30.AAAA`, 'malformed', NO_HEADER],
    ['a letter whose low byte is in the alphabet', `${HEADER}.e30.AAA\u0141`, 'malformed', NOT_BASE64],
    ['a padded payload', `${HEADER}.e30=.AAAA`, 'malformed', NOT_BASE64],
    ['a padded signature', `${HEADER}.e30.AA==`, 'malformed', NOT_BASE64],
    ['a header that is no base64url', '!.e30.AAAA', 'malformed', NO_HEADER],
    ['a header that is no object', `${encoded([])}.e30.AAAA`, 'malformed', NO_HEADER],
    ['crit', withHeader({ crit: [] }), 'unsupported_crit', 'the header has crit or b64'],
    ['b64', withHeader({ b64: true }), 'unsupported_crit', 'the header has crit or b64'],
    ['no alg', withHeader({ alg: undefined }), 'malformed', NO_ALG],
    ['an alg that is no text', withHeader({ alg: 1 }), 'malformed', NO_ALG],
    ['a kid that is no text', withHeader({ kid: { length: 1 } }), 'malformed', BAD_KID],
    ['a kid that is null', withHeader({ kid: null }), 'malformed', BAD_KID],
    ['an empty kid', withHeader({ kid: '' }), 'malformed', BAD_KID],
    ['a kid of 257 characters', withHeader({ kid: 'k'.repeat(257) }), 'malformed', BAD_KID],
    ['a typ that is no text', withHeader({ typ: ['JWT'] }), 'malformed', 'typ is not a string'],
  ])('is rejected for %s', (_, token, reason, detail) => {
    expect(() => new CompactReader().read(token)).toThrow(
      expect.objectContaining({ reason, detail }) as Error,
    )
  })

  it('is looked at up to the size that is requested, and says which that is', () => {
    const token = withHeader({})
    expect(new CompactReader(token.length).read(token).header.alg).toBe('HS512')
    expect(() => new CompactReader(token.length - 1).read(token)).toThrow(
      `too_large: longer than ${token.length - 1} bytes`,
    )
  })

  it('is rejected for a letter beyond ASCII when it is as long as may be, too', () => {
    const token = withHeader({})
    for (const place of [0, HEADER.length + 1, token.length - 1]) {
      const spoilt = `${token.slice(0, place)}é${token.slice(place + 1)}`
      expect(() => new CompactReader(token.length).read(spoilt)).toThrow('malformed')
    }
  })

  it('is taken apart into header, signed bytes, payload and signature', () => {
    const token = withHeader({ kid: 'k'.repeat(256), typ: 'JWT', more: 1 })
    const { header, encodedHeader, signingInput, payload, signature } = new CompactReader().read(token)
    expect(header).toEqual({
      alg: 'HS512',
      kid: 'k'.repeat(256),
      typ: 'JWT',
      members: { alg: 'HS512', kid: 'k'.repeat(256), typ: 'JWT', more: 1 },
    })
    expect(`${encodedHeader}.e30.AAAA`).toBe(token)
    expect(signingInput).toEqual(encodeUtf8(`${encodedHeader}.e30`))
    expect(payload).toEqual(encodeUtf8('{}'))
    expect(signature).toEqual(new Uint8Array(3))
  })

  it('may carry no payload and no signature: whether they are right is not its matter', () => {
    const { payload, signature } = new CompactReader().read(`${HEADER}..`)
    expect([payload.length, signature.length]).toEqual([0, 0])
  })

  it('has the header that was parsed before, if there is one', () => {
    const known: CompactHeader = { alg: 'HS512', kid: undefined, typ: undefined, members: {} }
    const reader = new CompactReader(undefined, (header) => (header === HEADER ? known : undefined))
    expect(reader.read(`${HEADER}.e30.AAAA`).header).toBe(known)
    expect(reader.read(withHeader({ typ: 'JWT' })).header.typ).toBe('JWT')
  })

  it('is held by its reader until the next one is read, good or not', () => {
    const reader = new CompactReader()
    const one = reader.read(`${HEADER}.e30.AAAA`)
    expect(reader.holds(one)).toBe(true)
    const other = reader.read(`${HEADER}.e30.AAAA`)
    expect([reader.holds(one), reader.holds(other)]).toEqual([false, true])
    expect(() => reader.read('nothing')).toThrow('malformed')
    expect(reader.holds(other)).toBe(false)
  })
})
