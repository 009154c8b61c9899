import { decodeProtectedHeader } from 'jose'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { demoUsers, keygen } from 'sealgate/internal'
import { bearer, startSystem, type System } from '../support/system.ts'

let system: System

beforeAll(async () => {
  system = await startSystem()
})
afterAll(() => system.close())

const kidOf = (token: string) => decodeProtectedHeader(token).kid
const status = async (token: string) => (await system.consumer('/secure', bearer(token))).status

it('takes the new key over, and goes on accepting what the old one signed', async () => {
  const old = await system.tokenOf(demoUsers.alice)
  expect([kidOf(old), await status(old)]).toEqual(['slot-b', 200])
  // The slot that is not signing is overwritten, with the whole output of kit-keygen.
  await system.putSecrets({ GATEWAY_PRIVATE_A: keygen('--kid=slot-a-2') })
  const fresh = await system.tokenOf(demoUsers.alice)
  expect(kidOf(fresh)).toBe('slot-a-2')
  expect([await status(fresh), await status(old)]).toEqual([200, 200])
})

it('goes on with the other slot when one is broken', async () => {
  await system.putSecrets({ GATEWAY_PRIVATE_A: '{"kty":"OKP"}' })
  const token = await system.tokenOf(demoUsers.alice)
  expect([kidOf(token), await status(token)]).toEqual(['slot-b', 200])
})

it('responds with 500 without a word of the reason when no slot can sign', async () => {
  await system.putSecrets({ GATEWAY_PRIVATE_A: '', GATEWAY_PRIVATE_B: 'nonsense' })
  await expect(system.tokenOf(demoUsers.alice)).rejects.toThrow(/500 .*misconfigured/)
})
