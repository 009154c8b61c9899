import { expect, it } from 'vitest'
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
