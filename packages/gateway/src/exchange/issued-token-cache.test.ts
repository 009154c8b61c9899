import { expect, it } from 'vitest'
import type { Issued } from './issue.ts'
import { IssuedTokenCache } from './issued-token-cache.ts'

const issued: Issued = {
  ok: true,
  token: 'token',
  jti: 'jti',
  subject: 'auth0|alice',
  permissions: [],
  roles: [],
  expiresIn: 900,
  expiresAt: 1900,
}

it('returns a token until a tenth of its lifetime is left', () => {
  const tokens = new IssuedTokenCache()
  tokens.set('key', issued, 1000)
  expect(tokens.get('key', 1809)).toBe(issued)
  expect(tokens.get('other', 1809)).toBeUndefined()
  expect(tokens.get('key', 1810)).toBeUndefined()
  expect(tokens.size).toBe(0)
})

it('keeps a thousand, the latest', () => {
  const tokens = new IssuedTokenCache()
  for (let index = 0; index < 1100; index++) tokens.set(`key-${index}`, issued, 1000)
  expect(tokens.size).toBe(1000)
  expect(tokens.get('key-99', 1001)).toBeUndefined()
  expect(tokens.get('key-100', 1001)).toBe(issued)
})
