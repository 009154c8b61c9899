import { afterAll, beforeAll, expect, it } from 'vitest'
import { note } from '../../bench/nightly/metrics.ts'
import { LEEWAY, LIFE, type LiveCloud, startLiveCloud } from '../support/cloudflare/live-cloud.ts'
import { until } from '../support/until.ts'

const ROUNDS = 3

let cloud: LiveCloud

beforeAll(async () => {
  cloud = await startLiveCloud()
})
afterAll(() => cloud.close())

const now = () => Date.now() / 1000

it(
  'sealgate rotate rejects nobody: announce, deploy, activate, retire, while callers come and go',
  async () => {
    const { traffic } = cloud
    await until('the first token', () => traffic.lastKid === 'slot-b')
    let signing = 'slot-b'
    for (let round = 1; round <= ROUNDS; round++) {
      // Forced: the times are short, and whether a slot's tokens have ended this test has seen itself.
      const flags = ['--activate-in', cloud.activateIn, '--force']
      const { code, stdout, said } = await cloud.operate('rotate', ...flags)
      expect([code, said]).toEqual([0, expect.stringContaining('CONSUMER (reports) holds ed25519-')])
      const { slot, kid } = JSON.parse(stdout) as { slot: string; kid: string }
      expect(slot).toBe(round % 2 === 1 ? 'GATEWAY_PRIVATE_A' : 'GATEWAY_PRIVATE_B')
      expect(Object.values(cloud.kids()).sort()).toEqual([kid, signing].sort())
      expect(traffic.lastKid).toBe(signing)

      // A deploy keeps the keys, and its isolates remember nothing: which key signs when is in the keys themselves.
      await cloud.wrangler(['deploy'])
      await until(`${kid} signs`, () => traffic.lastKid === kid, 180)
      const ended = traffic.lastExpiry(signing) + LEEWAY
      await until(`the last token of ${signing} has ended`, () => now() > ended, LIFE + LEEWAY + 5)
      expect(traffic.counts.accepted[signing]).toBeGreaterThan(0)
      expect(traffic.counts.accepted[kid]).toBeGreaterThan(0)
      signing = kid
    }
    const { requests, rejected, failed, problems } = await traffic.stop()
    note(`planned rotation, ${ROUNDS} rounds`, `${requests} requests, ${rejected} rejected, ${failed} failed`)
    expect(problems).toEqual([])
    expect([rejected, failed]).toEqual([0, 0])
    expect(requests).toBeGreaterThan(500)
  },
  90_000 + ROUNDS * 240_000,
)
