import { expect, it } from 'vitest'
import { VerificationKey } from './verification-key.ts'
import { SigningKey } from './private-jwk.ts'

const point = Uint8Array.from({ length: 32 }, (_, index) => (index === 0 ? 3 : 0))
const jwk = { kid: 'a', x: 'AwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA', algs: ['EdDSA'] }
const secret = new Uint8Array(64)

it('a key is imported once, however many request it at once, and then is there', async () => {
  const key = new VerificationKey('HS512', secret)
  const first = key.load()
  expect(first).toBeInstanceOf(Promise)
  expect(key.load()).toBe(first)
  const loaded = await first
  expect(key.load()).toBe(loaded)
})

it('an import that failed is tried again', async () => {
  const key = new VerificationKey('EdDSA', new Uint8Array(5), jwk)
  const first = key.load()
  await expect(first).rejects.toThrow()
  await Promise.resolve()
  const second = key.load()
  expect(second).not.toBe(first)
  await expect(second).rejects.toThrow()
})

it('a public key is known by its thumbprint; a secret has none, nor anything that its bytes are in', async () => {
  const key = new VerificationKey('EdDSA', point, jwk)
  expect((await key.load()).thumbprint).toMatch(/^[\w-]{43}$/)
  const shared = new VerificationKey('HS512', secret)
  expect((await shared.load()).thumbprint).toBeUndefined()
  expect([shared.kid, shared.material]).toEqual([undefined, ''])
})

it('a key to sign with is imported once, too', async () => {
  const key = new SigningKey('HS512', secret)
  const first = await key.load()
  expect(key.load()).toBe(first)
})
