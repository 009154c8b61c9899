import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Slot } from '../support/system.ts'
import { note } from '../../bench/nightly/metrics.ts'
import { LEEWAY, LIFE, type LiveSystem, startLiveSystem, until } from '../support/platform/live-system.ts'

const ROUNDS = process.env.SEALGATE_NIGHTLY === '1' ? 3 : 1

let system: LiveSystem

beforeAll(async () => {
  system = await startLiveSystem()
}, 120_000)
afterAll(() => system.close())

const now = () => Date.now() / 1000

it(
  'rejects nobody: announce, restart, activate, retire, while callers come and go',
  async () => {
    const { traffic, platform } = system
    await until('the first token', () => traffic.lastKid === 'slot-b')
    let signing = 'slot-b'
    for (let round = 1; round <= ROUNDS; round++) {
      // B signs at first: each round overwrites the slot that does not.
      const slot: Slot = round % 2 === 1 ? 'GATEWAY_PRIVATE_A' : 'GATEWAY_PRIVATE_B'
      const kid = `round-${round}`
      await system.putKey(slot, kid, `--activate-in=${system.activateIn}`, '--force')
      expect([...(await platform.kids())].sort()).toEqual([kid, signing].sort())
      expect(traffic.lastKid).toBe(signing)

      // A new isolate remembers nothing: which key signs when is in the keys themselves.
      await system.redeploy()
      expect(traffic.lastKid).toBe(signing)

      await until(`${kid} signs`, () => traffic.lastKid === kid)
      const ended = traffic.lastExpiry(signing) + LEEWAY
      await until(`the last token of ${signing} has ended`, () => now() > ended, LIFE + LEEWAY + 5)
      expect(traffic.counts.accepted[signing]).toBeGreaterThan(0)
      expect(traffic.counts.accepted[kid]).toBeGreaterThan(0)
      signing = kid
    }
    // The last one goes too: its slot is overwritten by the next key.
    await system.putKey(
      ROUNDS % 2 === 1 ? 'GATEWAY_PRIVATE_B' : 'GATEWAY_PRIVATE_A',
      'next',
      '--activate-in=1h',
    )
    expect([...(await platform.kids())].sort()).toEqual(['next', signing].sort())
    const { accepted } = traffic.counts
    await until(
      'more tokens are accepted',
      () => (traffic.counts.accepted[signing] ?? 0) > (accepted[signing] ?? 0) + 100,
    )

    const { requests, rejected, failed, problems } = await traffic.stop()
    note(`planned rotation, ${ROUNDS} rounds`, `${requests} requests, ${rejected} rejected, ${failed} failed`)
    expect(problems).toEqual([])
    expect([rejected, failed]).toEqual([0, 0])
    expect(requests).toBeGreaterThan(500)
  },
  60_000 + ROUNDS * 240_000,
)
