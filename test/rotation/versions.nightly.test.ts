/** Two live versions of the gateway, split for each request, and an operator who rotates and rolls back. */
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { keygen } from 'sealgate/internal'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { note } from '../../bench/nightly/metrics.ts'
import { GATEWAY } from '../support/cloudflare/cloud.ts'
import { JWKS_TTL, LEEWAY, LIFE, type LiveCloud, startLiveCloud } from '../support/cloudflare/live-cloud.ts'
import type { Counts } from '../support/cloudflare/traffic.ts'
import { until } from '../support/until.ts'

const A = 'GATEWAY_PRIVATE_A'
const B = 'GATEWAY_PRIVATE_B'

let cloud: LiveCloud
let counted: Counts

/** Notes what was requested since the last time, and expects that nobody was denied. */
function expectNobodyDenied(what: string): void {
  const { traffic } = cloud
  const { requests, rejected, failed, problems } = traffic.counts
  note(
    what,
    `${requests - counted.requests} requests, ${rejected - counted.rejected} denied, ${failed - counted.failed} failed`,
  )
  expect(problems).toEqual(counted.problems)
  expect(requests).toBeGreaterThan(counted.requests + 100)
  counted = traffic.counts
}

const now = () => Date.now() / 1000
const shortly = () => ['--activate-in', cloud.activateIn, '--force']

async function rotated(...flags: readonly string[]): Promise<string> {
  const { code, stdout, said } = await cloud.operate('rotate', ...flags)
  expect([code, said]).toEqual([0, expect.any(String)])
  return (JSON.parse(stdout) as { kid: string }).kid
}

/** Waits until a key signs, and the tokens of the one before have ended. */
async function takenOver(kid: string): Promise<void> {
  const { traffic } = cloud
  const before = traffic.lastKid ?? ''
  await until(`${kid} signs`, () => traffic.lastKid === kid, 180)
  await until(
    'the tokens of before have ended',
    () => now() > traffic.lastExpiry(before) + LEEWAY,
    LIFE + LEEWAY + 5,
  )
}

// Version 1 is empty, 2 was deployed, with slot-a and slot-b, which signs. Each test goes on where the one before ended.
describe('with two versions of the gateway', () => {
  beforeAll(async () => {
    cloud = await startLiveCloud()
    await until('the first token', () => cloud.traffic.lastKid === 'slot-b')
    counted = cloud.traffic.counts
  })
  afterAll(() => cloud.close())

  it('rotate deploys no code that was only uploaded: Cloudflare’s 10215, by hand and by the command', async () => {
    await cloud.wrangler(['versions', 'upload'])
    await expect(cloud.wrangler(['secret', 'put', A], keygen('--kid=by-hand', '--private'))).rejects.toThrow(
      /latest version of your Worker isn't currently deployed/,
    )
    const { code, said } = await cloud.operate('rotate', ...shortly())
    expect([code, said]).toEqual([
      2,
      expect.stringContaining('(10215): deploying the key would deploy that code'),
    ])
    expect(cloud.live).toBe('2@100')
    expectNobodyDenied('10215')
  })

  it('rotate is rejected while a split would serve two JWKS past activation', async () => {
    await cloud.deployVersions('2@50 3@50')
    const { code, said } = await cloud.operate('rotate', '--force')
    expect([code, said]).toEqual([2, expect.stringContaining('would serve two JWKS')])
    expect(cloud.live).toBe('2@50 3@50')
    expect(cloud.kids(3)).toEqual(cloud.kids(2))
    expectNobodyDenied('a split, rotation rejected')
  })

  it('rotate in a split denies nobody when the rollout ends before the key signs', async () => {
    const time = `${Number.parseInt(cloud.activateIn) * 3}s`
    const { code, stdout, said } = await cloud.operate('rotate', '--activate-in', time, '--force')
    // The time is shorter than the caches that the command knows: it says that the rollout must end now.
    expect([code, said]).toEqual([1, expect.stringContaining('The rollout divides the JWKS')])
    const { kid } = JSON.parse(stdout) as { kid: string }
    expect(cloud.live).toBe('2@50 4@50')
    expect(cloud.kids(4)).toEqual({ [A]: kid, [B]: 'slot-b' })
    expect(cloud.kids(2)).toEqual({ [A]: 'slot-a', [B]: 'slot-b' })
    await cloud.deployVersions('4@100')
    // The second run looks whether services hold it now.
    expect(await rotated()).toBe(kid)
    await takenOver(kid)
    const { accepted } = cloud.traffic.counts
    expect([accepted['slot-b'], accepted[kid]]).toEqual([expect.any(Number), expect.any(Number)])
    expectNobodyDenied('rotation in a split that ends before activation')
  })

  it('rollback is rejected for a version without the key that signs, and for one whose keys services dropped', async () => {
    const without = await cloud.operate('rollback', cloud.api.state.script(GATEWAY).versions[1]?.id ?? '')
    expect([without.code, without.said]).toEqual([
      1,
      expect.stringMatching(/does not hold ed25519-\d+, which signs now/),
    ])
    expect(cloud.live).toBe('4@100')
    await takenOver(await rotated(...shortly()))
    const dropped = await cloud.operate('rollback', cloud.api.state.script(GATEWAY).versions[1]?.id ?? '')
    expect([dropped.code, dropped.said]).toEqual([
      1,
      expect.stringContaining('it signs with slot-b, which CONSUMER (reports) no longer holds'),
    ])
    expect(cloud.live).toBe('5@100')
    expectNobodyDenied('rollback to dropped keys, rejected')
  })

  it('rollback brings back a version with the keys of today', async () => {
    await cloud.wrangler(['deploy'])
    expect(cloud.live).toBe('6@100')
    const { code, said } = await cloud.operate('rollback')
    expect([code, said]).toEqual([0, expect.stringContaining('Rolled back.')])
    expect(cloud.live).toBe('5@100')
    await until('more requests', () => cloud.traffic.counts.requests > counted.requests + 300)
    expectNobodyDenied('rollback to a version with the same keys')
  })

  it('by hand the same split denies users once its key signs: what is promised above can fail', async () => {
    await cloud.deployVersions('5@50 6@50')
    const spare = Object.entries(cloud.kids()).find(([, kid]) => kid !== cloud.traffic.lastKid)?.[0] ?? ''
    const key = keygen('--kid=by-hand', `--activate-in=${cloud.activateIn}`, '--force', '--private')
    await cloud.wrangler(['versions', 'secret', 'put', spare], key)
    await cloud.deployVersions('5@50 7@50')
    await until('users are denied', () => cloud.traffic.counts.rejected > 20, 120)
    const { requests, rejected } = cloud.traffic.counts
    note('a split past activation, by hand', `${requests - counted.requests} requests, ${rejected} denied`)
    await cloud.deployVersions('5@100')
  })

  it('rotate --emergency in a split waits for a word, then takes the newest version to all', async () => {
    await cloud.wrangler(['deploy'])
    await until('the key signs', () => cloud.traffic.lastKid === 'by-hand', 120)
    await cloud.wrangler(['versions', 'upload'])
    await cloud.deployVersions('8@50 9@50')
    const leaked = 'by-hand'
    const { code, said } = await cloud.operate('rotate', '--emergency', '--leaked', leaked)
    expect([code, said]).toEqual([2, expect.stringContaining('Both versions have the leaked key')])
    const flags = ['--emergency', '--leaked', leaked, '--finish-rollout']
    const done = await cloud.operate('rotate', ...flags)
    expect([done.code, done.said]).toEqual([0, expect.stringContaining('Never roll back to them')])
    expect(cloud.live).toBe('10@100')
    expect(Object.values(cloud.kids())).not.toContain(leaked)
  })

  it('rollback to a version with the leaked key is rejected, on this machine and on any other, and denies nobody', async () => {
    await new Promise((resolve) => setTimeout(resolve, (LIFE + LEEWAY + JWKS_TTL) * 1000))
    counted = cloud.traffic.counts
    const { live } = cloud
    const leaky = cloud.api.state.script(GATEWAY).versions[6]?.id ?? ''
    const here = await cloud.operate('rollback', leaky)
    expect([here.code, here.said]).toEqual([1, expect.stringContaining('is from before by-hand leaked')])
    // Another machine knows nothing, and of versions the newest ten: the deny-list has the key.
    const state = join(cloud.folder, '.sealgate')
    for (const name of readdirSync(state)) if (name.startsWith('leaked-')) rmSync(join(state, name))
    cloud.api.state
      .script(GATEWAY)
      .versions.forEach((version) => delete (version as { message?: string }).message)
    const elsewhere = await cloud.operate('rollback', leaky)
    expect([elsewhere.code, elsewhere.said]).toEqual([
      1,
      expect.stringContaining('it holds by-hand, which has leaked'),
    ])
    expect(cloud.live).toBe(live)
    expectNobodyDenied('rollback to a leaked key, rejected')
  })
})
