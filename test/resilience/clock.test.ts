import { createTestIssuer } from '@sealgate/kit/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type ClockedKit,
  type Faults,
  type KitOptions,
  publishedBy,
  startFaults,
} from '../support/resilience/clocked.ts'
import { json } from '../support/resilience/jwks-server.ts'

let faults: Faults

beforeAll(async () => {
  faults = await startFaults()
})
afterAll(() => faults.close())

async function kitWith(options: KitOptions = {}): Promise<ClockedKit> {
  const kit = faults.kit(options)
  faults.jwks.answer(kit.path, json({ keys: await publishedBy(faults.issuer) }))
  return kit
}

const LIFE = 300
const newToken = (): Promise<string> => faults.issuer.token({}, { ttlSeconds: LIFE })

describe('a token that is served from the token cache', () => {
  it('is rejected once it has expired: the cache holds a signature, not a verdict on time', async () => {
    const kit = await kitWith({ leewaySeconds: 0 })
    const start = kit.now
    const token = await newToken()
    expect(await kit.ask(token)).toMatchObject({ status: 200, verifications: 1 })
    kit.now = start + LIFE - 1
    expect(await kit.ask(token)).toMatchObject({ status: 200, verifications: 0 })
    kit.now = start + LIFE
    expect(await kit.ask(token)).toMatchObject({ status: 401, reason: 'expired', verifications: 0 })
  })

  it('is rejected once its key is withdrawn', async () => {
    const kit = await kitWith()
    const issuer = await createTestIssuer({ audience: 'reports', now: () => kit.now })
    faults.jwks.answer(kit.path, json({ keys: await publishedBy(issuer) }))
    const token = await issuer.token({}, { ttlSeconds: 900 })
    for (const verifications of [1, 0])
      expect(await kit.ask(token)).toMatchObject({ status: 200, verifications })
    await issuer.rotate({ withdraw: true })
    faults.jwks.answer(kit.path, json({ keys: await publishedBy(issuer) }))
    kit.now += 301
    expect(await kit.ask(token)).toMatchObject({ status: 401, reason: 'unknown_kid', verifications: 0 })
  })
})

describe('a consumer whose clock is 120 s off', () => {
  /** How far off, which leeway, and what happens to a token right after it was issued and around its end. */
  const rows: readonly (readonly [
    skew: number,
    leeway: number,
    issued: string,
    last: string,
    ended: string,
  ])[] = [
    [120, 120, 'granted', 'granted', 'expired'],
    [-120, 120, 'granted', 'granted', 'granted'],
    [120, 90, 'granted', 'expired', 'expired'],
    [-120, 90, 'issued_in_future', 'granted', 'granted'],
    [120, 0, 'granted', 'expired', 'expired'],
    [-120, 0, 'issued_in_future', 'granted', 'granted'],
  ]

  it.each(rows)('by %i s, with a leeway of %i s', async (skew, leewaySeconds, issued, last, ended) => {
    const kit = await kitWith({ leewaySeconds })
    const start = kit.now
    const token = await newToken()
    const reasons: string[] = []
    for (const age of [0, LIFE - 1, LIFE + 1]) {
      kit.now = start + skew + age
      reasons.push((await kit.ask(token)).reason)
    }
    expect(reasons).toEqual([issued, last, ended])
    // However wrong the clock, a token ends: no later than the skew and the leeway after its time.
    kit.now = start + skew + LIFE + Math.max(0, -skew) + leewaySeconds
    expect(await kit.ask(token)).toMatchObject({ status: 401, reason: 'expired' })
  })

  it('fetches its keys no more often when the clock jumps to and fro', async () => {
    const kit = await kitWith({ leewaySeconds: 200 })
    const start = kit.now
    const token = await newToken()
    for (const jump of [0, 120, -120, 120, -120, 0]) {
      kit.now = start + jump
      expect(await kit.ask(token)).toMatchObject({ status: 200 })
    }
    expect(kit.fetches).toBe(1)
  })
})
