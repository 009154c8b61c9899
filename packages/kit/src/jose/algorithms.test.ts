import { expect, it, vi } from 'vitest'
import * as byWebCrypto from '../../runtime/signature.js'
import { ALGORITHMS, importSigner, importVerifier } from './algorithms.ts'

it('the table has these rows', async () => {
  vi.resetModules()
  const { ALGORITHMS: table } = await import('./algorithms.ts')
  expect(
    Object.entries(table).map(([name, { alg, names, signatureBytes, params }]) => [
      ...[name, alg, names],
      ...[signatureBytes, params],
    ]),
  ).toEqual([
    ['EdDSA', 'EdDSA', ['EdDSA', 'Ed25519'], 64, { name: 'Ed25519' }],
    ['HS512', 'HS512', ['HS512'], 64, { name: 'HMAC', hash: 'SHA-512' }],
  ])
})

const implementations = [
  ['as this runtime has it', () => import('./algorithms.ts')],
  ['by WebCrypto', () => import('../../runtime/signature.js')],
] as const

it.each(implementations)(
  'what a key of each row signs, its other half verifies, and nothing else: %s',
  async (_, load) => {
    vi.resetModules()
    const { ALGORITHMS: table } = await import('./algorithms.ts')
    const { importSigner, importVerifier } = await load()
    // RFC 8032 §7.1, TEST 1: the seed, its public point, and the signature of the empty message.
    const hex = (text: string): Uint8Array =>
      Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
    const seed = hex('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60')
    const point = hex('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a')
    const secret = new Uint8Array(64).fill(7)
    const { EdDSA, HS512 } = table
    for (const [{ params }, signing, verifying, start] of [
      [EdDSA, seed, point, 'e5564300c360ac72'],
      [HS512, secret, secret, 'b0f6c0446e1650f7'],
    ] as const) {
      const sign = await importSigner(params, signing)
      const verify = await importVerifier(params, verifying)
      const empty = new Uint8Array(await sign(new Uint8Array()))
      expect(empty.length).toBe(64)
      expect(empty.slice(0, 8)).toEqual(hex(start))
      expect(await verify(empty, new Uint8Array())).toBe(true)
      expect(await verify(empty, point)).toBe(false)
      expect(await verify(empty.with(63, (empty[63] ?? 0) ^ 1), new Uint8Array())).toBe(false)
    }
  },
)

it.each(implementations)('the start of a MAC, and more than it, is none: %s', async (_, load) => {
  const { importSigner, importVerifier } = await load()
  const { params } = ALGORITHMS.HS512
  const secret = new Uint8Array(64).fill(7)
  const message = new Uint8Array(3)
  const mac = new Uint8Array(await (await importSigner(params, secret))(message))
  const verify = await importVerifier(params, secret)
  for (const another of [new Uint8Array(), mac.slice(0, 63), new Uint8Array([...mac, 0])])
    expect(await verify(another, message)).toBe(false)
})

it('a key keeps what it was imported from: bytes that change later change nothing', async () => {
  const secret = new Uint8Array(64).fill(7)
  const { params } = ALGORITHMS.HS512
  const [sign, verify] = await Promise.all([importSigner(params, secret), importVerifier(params, secret)])
  secret.fill(8)
  const message = new Uint8Array(3)
  const mac = new Uint8Array(await sign(message))
  expect(await verify(mac, message)).toBe(true)
  expect(await (await importVerifier(params, secret))(mac, message)).toBe(false)
})

it('a point or a seed of another length is no key', async () => {
  const { params } = ALGORITHMS.EdDSA
  await expect(importVerifier(params, new Uint8Array(5))).rejects.toThrow()
  await expect(importSigner(params, new Uint8Array(5))).rejects.toThrow()
})

it.each([
  ['EdDSA', 32],
  ['HS512', 64],
] as const)('WebCrypto keys of %s are for their one purpose and cannot be exported', async (alg, bytes) => {
  const imported = vi.spyOn(crypto.subtle, 'importKey')
  const raw = new Uint8Array(bytes).fill(1)
  await byWebCrypto.importVerifier(ALGORITHMS[alg].params, raw)
  await byWebCrypto.importSigner(ALGORITHMS[alg].params, raw)
  expect(imported.mock.calls.map(([, , , ...rights]) => rights)).toEqual([
    [false, ['verify']],
    [false, ['sign']],
  ])
  imported.mockRestore()
})
