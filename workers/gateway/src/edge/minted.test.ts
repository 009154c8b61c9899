import { expect, it } from 'vitest'
import type { Minted } from '../gateway.ts'
import { MintedTokens } from './minted.ts'

const minted: Minted = {
  ok: true,
  token: 'token',
  jti: 'jti',
  subject: 'auth0|alice',
  permissions: [],
  roles: [],
  expiresIn: 900,
}

it('gives a token until a tenth of its life is left', () => {
  const tokens = new MintedTokens()
  tokens.set('key', minted, 1000)
  expect(tokens.get('key', 1809)).toBe(minted)
  expect(tokens.get('other', 1809)).toBeUndefined()
  expect(tokens.get('key', 1810)).toBeUndefined()
  expect(tokens.size).toBe(0)
})

it('keeps a thousand, the latest', () => {
  const tokens = new MintedTokens()
  for (let index = 0; index < 1100; index++) tokens.set(`key-${index}`, minted, 1000)
  expect(tokens.size).toBe(1000)
  expect(tokens.get('key-99', 1001)).toBeUndefined()
  expect(tokens.get('key-100', 1001)).toBe(minted)
})
