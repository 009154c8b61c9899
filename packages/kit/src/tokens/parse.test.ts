import { expect, it } from 'vitest'
import { isExpiringSoon, parse } from '../index.ts'
import { createTestIssuer, rawToken } from '../testing/test-issuer.ts'

it('parse takes a token apart and says that nothing was checked', async () => {
  const issuer = await createTestIssuer()
  const parsed = parse(await issuer.forged({ sub: 'anybody' }))
  expect(parsed).toMatchObject({ unverified: true, header: { alg: 'EdDSA' }, payload: { sub: 'anybody' } })
})

it.each([
  ['no token', 'abc', 'malformed'],
  ['a payload that is no object', rawToken({ alg: 'EdDSA' }, [1]), 'malformed'],
  ['a header that is no object', rawToken('x', {}), 'malformed'],
  ['a token of 9 KiB', rawToken({ alg: 'EdDSA' }, { text: 'x'.repeat(9000) }), 'too_large'],
  ['crit', rawToken({ alg: 'EdDSA', crit: ['b64'], b64: false }, {}), 'unsupported_crit'],
])('parse rejects %s', (_, token, reason) => {
  expect(() => parse(token)).toThrow(expect.objectContaining({ reason }) as Error)
})

it('parse says what is wrong with a payload', () => {
  expect(() => parse(rawToken({ alg: 'EdDSA' }, null))).toThrow(
    'malformed: the payload is not a JSON object in UTF-8',
  )
})

it('isExpiringSoon looks ahead, and takes an unusable exp for an end', () => {
  expect(isExpiringSoon({ exp: 1060 }, 59, 1000)).toBe(false)
  expect(isExpiringSoon({ exp: 1060 }, 60, 1000)).toBe(true)
  for (const exp of [undefined, '9999999999', Number.NaN]) {
    expect(isExpiringSoon({ exp }, 0, 1000)).toBe(true)
  }
  expect(isExpiringSoon({ exp: Date.now() / 1000 + 100 }, 30)).toBe(false)
})
