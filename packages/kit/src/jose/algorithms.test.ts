import { expect, it, vi } from 'vitest'
import { ALGORITHMS, type InternalAlg } from './algorithms.ts'

it.each<[alg: InternalAlg, bytes: number]>([
  ['EdDSA', 32],
  ['HS512', 64],
])('keys of %s can be used for their one purpose and never be exported', async (alg, bytes) => {
  const algorithm = ALGORITHMS[alg]
  const raw = new Uint8Array(bytes).fill(1)
  expect(await algorithm.importSigner(raw)).toMatchObject({ extractable: false, usages: ['sign'] })
  expect(await algorithm.importVerifier(raw)).toMatchObject({ extractable: false, usages: ['verify'] })
})

it('the table has these rows', async () => {
  vi.resetModules()
  const { ALGORITHMS: table } = await import('./algorithms.ts')
  expect(
    Object.entries(table).map(([name, { alg, names, kty, signatureBytes, params }]) => [
      ...[name, alg, names, kty],
      ...[signatureBytes, params],
    ]),
  ).toEqual([
    ['EdDSA', 'EdDSA', ['EdDSA', 'Ed25519'], 'OKP', 64, 'Ed25519'],
    ['HS512', 'HS512', ['HS512'], 'oct', 64, 'HMAC'],
  ])
})

it('what a key of each row signs, its other half verifies', async () => {
  vi.resetModules()
  const { ALGORITHMS: table } = await import('./algorithms.ts')
  // RFC 8032 §7.1, TEST 1: the seed, its public point, and the signature of the empty message.
  const hex = (text: string): Uint8Array =>
    Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
  const seed = hex('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60')
  const point = hex('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a')
  const { EdDSA, HS512 } = table
  const signature = await crypto.subtle.sign(EdDSA.params, await EdDSA.importSigner(seed), new Uint8Array())
  expect(new Uint8Array(signature).slice(0, 8)).toEqual(hex('e5564300c360ac72'))
  expect(
    await crypto.subtle.verify(EdDSA.params, await EdDSA.importVerifier(point), signature, new Uint8Array()),
  ).toBe(true)
  const secret = new Uint8Array(64).fill(7)
  const mac = await crypto.subtle.sign(HS512.params, await HS512.importSigner(secret), point)
  expect(mac.byteLength).toBe(64)
  expect(await crypto.subtle.verify(HS512.params, await HS512.importVerifier(secret), mac, point)).toBe(true)
})
