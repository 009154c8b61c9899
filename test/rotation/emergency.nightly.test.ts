import { createKit } from '@sealgate/kit'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { note } from '../../bench/nightly/metrics.ts'
import { GATEWAY } from '../support/cloudflare/cloud.ts'
import { JWKS_TTL, LIFE, type LiveCloud, startLiveCloud } from '../support/cloudflare/live-cloud.ts'
import { bearer, type Slot } from '../support/system.ts'
import { until } from '../support/until.ts'

let cloud: LiveCloud

/** Who has a private key signs whatever they like, as often as they like. */
function thief(slot: Slot): () => Promise<string> {
  const kit = createKit({
    issuer: 'https://gateway.internal',
    audience: 'reports',
    ttlSeconds: LIFE,
    maxTtlSeconds: LIFE,
    sign: { privateJwk: cloud.privateJwk(slot) },
  })
  return () => kit.sign({ sub: 'auth0|alice', permissions: ['read:secret-data'], roles: ['admin'] })
}

async function statusOf(token: string): Promise<number> {
  const response = await fetch(new URL('/secure', cloud.consumerUrl), bearer(token))
  await response.body?.cancel()
  return response.status
}

/** `sealgate rotate --emergency` while the thief goes on; returns the seconds from its start until he is rejected. */
async function replace(kid: string, steal: () => Promise<string>): Promise<number> {
  const start = performance.now()
  const rejectedAt = until(
    'the stolen key is rejected',
    async () => (await statusOf(await steal())) === 401,
    120,
  ).then(() => performance.now())
  const { code, said } = await cloud.operate('rotate', '--emergency', '--leaked', kid)
  expect([code, said]).toEqual([0, expect.stringContaining(`${kid} in GATEWAY_PRIVATE_`)])
  return ((await rejectedAt) - start) / 1000
}

// Minutes of waiting for tokens and caches to end: too long for every run.
describe('in an emergency', () => {
  beforeAll(async () => {
    cloud = await startLiveCloud()
  })
  afterAll(() => cloud.close())

  it('replaces a leaked key, and callers lose its tokens alone: the other slot’s key signs meanwhile', async () => {
    const { traffic } = cloud
    await until('the first token', () => traffic.lastKid === 'slot-b')
    const steal = thief('GATEWAY_PRIVATE_B')
    expect(await statusOf(await steal())).toBe(200)

    const seconds = await replace('slot-b', steal)
    note(`leaked key rejected, callers busy (JWKS fresh for ${JWKS_TTL} s)`, `${seconds.toFixed(1)} s`)
    expect(Object.values(cloud.kids())).not.toContain('slot-b')
    await until('the tokens of the other slot pass', () => (traffic.counts.accepted['slot-a'] ?? 0) > 50)
    await until(
      'the last token of the leaked key has ended',
      () => traffic.lastExpiry('slot-b') < Date.now() / 1000,
    )
    const settled = traffic.counts
    await until('many more pass', () => traffic.counts.requests > settled.requests + 500)
    const { rejected, failed, problems } = traffic.counts
    expect([rejected, failed]).toEqual([settled.rejected, 0])
    // While the old version still responds, it signs with the leaked key.
    for (const problem of problems) expect(problem).toMatch(/^(consumer, slot-b|through the gateway): 401 /)
  })

  it('replaces it just the same when nobody but the thief calls, and no other key may sign', async () => {
    await cloud.traffic.stop()
    const steal = thief('GATEWAY_PRIVATE_A')
    expect(await statusOf(await steal())).toBe(200)
    const seconds = await replace('slot-a', steal)
    note(
      `leaked key rejected, only the thief calls (JWKS fresh for ${JWKS_TTL} s)`,
      `${seconds.toFixed(1)} s`,
    )
  })

  it('with the gateway down, consumers answer until the last token has ended: 200, then 401, never 503', async () => {
    const steal = thief('GATEWAY_PRIVATE_A')
    await until('the new key is held', async () => (await statusOf(await steal())) === 200)
    const token = await steal()
    const { exp = 0 } = decodeJwt(token)
    await cloud.runtime.stop(GATEWAY)
    const answers: { readonly status: number; readonly at: number }[] = []
    await until('the token has ended', async () => {
      answers.push({ status: await statusOf(token), at: Date.now() / 1000 })
      return answers.at(-1)?.status !== 200
    })
    expect(answers.at(-1)).toMatchObject({ status: 401 })
    expect(answers.at(-1)?.at).toBeGreaterThanOrEqual(exp)
    expect(answers.length).toBeGreaterThan(10)
  })
})
