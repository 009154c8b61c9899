import { createKit } from '@sealgate/kit'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bearer, type Slot } from '../support/system.ts'
import { note } from '../../bench/nightly/metrics.ts'
import { JWKS_TTL, LIFE, type LiveSystem, startLiveSystem, until } from '../support/platform/live-system.ts'

let system: LiveSystem

/** Who has a private key signs whatever they like, as often as they like. */
function thief(slot: Slot): () => Promise<string> {
  const kit = createKit({
    issuer: 'https://gateway.internal',
    audience: 'reports',
    ttlSeconds: LIFE,
    maxTtlSeconds: LIFE,
    sign: { privateJwk: system.privateJwk(slot) },
  })
  return () => kit.sign({ sub: 'auth0|alice', permissions: ['read:secret-data'], roles: ['admin'] })
}

async function statusOf(token: string): Promise<number> {
  const response = await fetch(new URL('/secure', system.platform.consumer), bearer(token))
  await response.body?.cancel()
  return response.status
}

/** Overwrites a slot with a new key while the thief goes on, and returns the seconds from then until he is rejected. */
async function replace(slot: Slot, kid: string, steal: () => Promise<string>): Promise<number> {
  const rejectedAt = until(
    'the stolen key is rejected',
    async () => (await statusOf(await steal())) === 401,
  ).then(() => performance.now())
  const storedAt = await system.putKey(slot, kid)
  return ((await rejectedAt) - storedAt) / 1000
}

// Half a minute of waiting for tokens and caches to end: too long for every run.
describe('in an emergency', () => {
  beforeAll(async () => {
    system = await startLiveSystem()
  }, 120_000)
  afterAll(() => system.close())

  it('removes a leaked key: its slot is overwritten, and within one lifetime of the JWKS it is rejected', async () => {
    const { traffic, platform } = system
    await until('the first token', () => traffic.lastKid === 'slot-b')
    const steal = thief('GATEWAY_PRIVATE_B')
    expect(await statusOf(await steal())).toBe(200)

    const seconds = await replace('GATEWAY_PRIVATE_B', 'replacement', steal)
    note(`leaked key rejected, callers busy (JWKS fresh for ${JWKS_TTL} s)`, `${seconds.toFixed(1)} s`)
    expect(await platform.kids()).toEqual(['slot-a', 'replacement'])

    // Good callers lose what the leaked key signed. A key that signs at once may be rejected for a moment: whoever asked
    // the old version for it heard that there is none.
    await until('its tokens pass', () => (traffic.counts.accepted.replacement ?? 0) > 50)
    await until(
      'the last token of the leaked key has ended',
      () => traffic.lastExpiry('slot-b') < Date.now() / 1000,
    )
    const settled = traffic.counts
    await until('many more pass', () => traffic.counts.requests > settled.requests + 500)
    const { rejected, failed, problems } = await traffic.stop()
    expect([rejected, failed]).toEqual([settled.rejected, 0])
    for (const problem of problems)
      expect(problem).toMatch(/^(consumer, slot-b|consumer, replacement|through the gateway): 401 /)
  }, 120_000)

  it('removes it just the same when nobody but the thief calls', async () => {
    const { platform } = system
    const steal = thief('GATEWAY_PRIVATE_B')
    expect(await statusOf(await steal())).toBe(200)
    const before = platform.jwksFetches
    const seconds = await replace('GATEWAY_PRIVATE_B', 'replacement-2', steal)
    note(
      `leaked key rejected, only the thief calls (JWKS fresh for ${JWKS_TTL} s)`,
      `${seconds.toFixed(1)} s`,
    )
    expect(platform.jwksFetches).toBeGreaterThan(before)
  }, 120_000)

  it('with the gateway down, consumers answer until the last token has ended: 200, then 401, never 503', async () => {
    const { platform } = system
    const token = await thief('GATEWAY_PRIVATE_B')()
    expect(await statusOf(token)).toBe(200)
    const { exp = 0 } = decodeJwt(token)
    await platform.stopGateway()
    const answers: { readonly status: number; readonly at: number }[] = []
    await until('the token has ended', async () => {
      answers.push({ status: await statusOf(token), at: Date.now() / 1000 })
      return answers.at(-1)?.status !== 200
    })
    expect(answers.at(-1)).toMatchObject({ status: 401 })
    expect(answers.at(-1)?.at).toBeGreaterThanOrEqual(exp)
    expect(answers.length).toBeGreaterThan(10)
  }, 120_000)
})
