/**
 * What stands at the top of a module is read anew in each test: else it is decided before a test begins.
 * What a JWK may say, `keys/public-jwk.test.ts` and `jws/compact-jws.test.ts` list.
 */
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { encodeBase64Url } from './base64url.ts'

beforeEach(() => {
  vi.resetModules()
})

/** 32 bytes that differ from those of zeros, or of `fill`, as given: by their place, from the end when it is negative. */
function pointWith(bytes: Readonly<Record<number, number>>, fill = 0): string {
  const point = new Uint8Array(32).fill(fill)
  for (const [place, byte] of Object.entries(bytes)) point[(Number(place) + 32) % 32] = byte
  return encodeBase64Url(point)
}

const ORDER_8 = [
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
].map((text) =>
  encodeBase64Url(Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))),
)

describe('the x of an Ed25519 key', () => {
  it.each([
    ['0', pointWith({})],
    ['1', pointWith({ 0: 1 })],
    ['p − 1', pointWith({ 0: 0xec, [-1]: 0x7f }, 0xff)],
    ['p − 1 with the sign', pointWith({ 0: 0xec }, 0xff)],
    ['p', pointWith({ 0: 0xed, [-1]: 0x7f }, 0xff)],
    ['p + 3 with the sign', pointWith({ 0: 0xf0 }, 0xff)],
    ['2^255 − 1', pointWith({ [-1]: 0x7f }, 0xff)],
    ['a point of order 8', ORDER_8[0] ?? ''],
    ['the other', ORDER_8[1] ?? ''],
  ])('is rejected with a y of %s: of small order, or not canonical', async (_, x) => {
    const { pointProblem } = await import('./jwk.ts')
    expect(pointProblem(x)).toBe('its point is of small order, or not canonical')
  })

  it.each([
    ['2', pointWith({ 0: 2 })],
    ['2^16', pointWith({ 2: 1 })],
    ['2^60', pointWith({ 7: 0x10 })],
    ['zeros behind its first byte', pointWith({ 0: 0x90 })],
    ['zeros further on', pointWith({ 0: 0x80, 1: 1 })],
    ['p − 2', pointWith({ 0: 0xeb, [-1]: 0x7f }, 0xff)],
    ['a gap among the ones', pointWith({ 0: 0xec, 16: 0xfe, [-1]: 0x7f }, 0xff)],
    ['a gap at their beginning', pointWith({ 0: 0xec, 1: 0xfe, [-1]: 0x7f }, 0xff)],
    ['a lower top', pointWith({ 0: 0xef, [-1]: 0x6f }, 0xff)],
  ])('is accepted with a y of %s', async (_, x) => {
    const { pointProblem } = await import('./jwk.ts')
    expect(pointProblem(x)).toBeUndefined()
  })
})

it('members that are secret are told of every key type, whatever they hold', async () => {
  const { hasPrivateMember } = await import('./jwk.ts')
  for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'])
    expect([member, hasPrivateMember({ kty: 'OKP', [member]: null })]).toEqual([member, true])
  expect(
    hasPrivateMember({ kty: 'EC', crv: 'P-256', x: '', y: '', n: '', e: '', kid: '', d: undefined }),
  ).toBe(false)
})

it('a kid that is none is named in words', async () => {
  const { KID_RULE } = await import('./compact.ts')
  expect(KID_RULE).toBe('kid is not a string of 1 to 256 characters')
})
