import { beforeEach, describe, expect, it } from 'vitest'
import { rollback, rotate, rotateInEmergency } from 'sealgate/internal'
import { FakeKeysWorld, LEEWAY, LIFETIME, thumbprintOf } from '../support/keys-world.ts'

const A = 'GATEWAY_PRIVATE_A'
const B = 'GATEWAY_PRIVATE_B'
const DAY = 86_400
const plainly = { activateIn: undefined, force: false, finishRollout: false, isDryRun: false }
const leak = { leakedKid: undefined, finishRollout: false, isDryRun: false }
const back = { version: undefined, isDryRun: false, force: false }

let world: FakeKeysWorld
/** B signs for a day; A did before. */
beforeEach(() => {
  world = new FakeKeysWorld({ [A]: 30 * DAY, [B]: DAY })
})

/** A second version with the same keys, and a rollout to it. */
function startRollout(): readonly [string, string] {
  const before = world.newest.id
  const after = world.upload('new code')
  world.deploy([before, 90], [after, 10])
  return [before, after]
}

describe('rotate', () => {
  it('overwrites the slot that does not sign, and waits until every service that says so holds the key', async () => {
    await world.gateway.probe()
    const start = world.time
    const report = await rotate(plainly, world)
    expect(world.commands).toContain(`secret put ${A}`)
    expect(report).toMatchObject({ outcome: 'rotated', slot: A, signsAt: start + 600 })
    expect(report.nextRotationAt).toBe(report.signsAt + LIFETIME + LEEWAY)
    expect(report.services).toEqual([
      { service: 'reports', audience: 'reports', holds: 'yes' },
      { service: 'old', audience: 'old', holds: 'unknown', problem: 'it has no probe()' },
    ])
    // The service's JWKS was fresh for five minutes more.
    expect(world.time - start).toBeGreaterThanOrEqual(300)
    expect(report).not.toHaveProperty('problem')
    expect(world.kidsOf(world.newest.id)).toMatchObject({ [A]: report.kid, [B]: 'first-b' })
  })

  it('overwrites a slot that is unset first', async () => {
    world = new FakeKeysWorld({ [A]: 60, [B]: undefined })
    expect(await rotate(plainly, world)).toMatchObject({ outcome: 'rotated', slot: B })
  })

  it('says which service does not hold the key a minute before it signs', async () => {
    await world.gateway.probe()
    world.isCutOff = true
    const report = await rotate(plainly, world)
    expect(report.problem).toMatch(/^reports \(reports\): ed25519-\d+ is not there/)
    expect(world.time).toBe(report.signsAt - 60)
  })

  it('shows the key to nobody: no argument and no line has it', async () => {
    await rotate(plainly, world)
    expect([...world.commands, ...world.said].join('\n')).not.toContain('SECRET')
  })

  it('changes nothing with --dry-run, or when the operator says no', async () => {
    expect(await rotate({ ...plainly, isDryRun: true }, world)).toMatchObject({
      outcome: 'would rotate',
      slot: A,
    })
    world.consent = false
    expect(await rotate(plainly, world)).toMatchObject({ outcome: 'stopped' })
    expect(world.versions).toHaveLength(1)
    expect(world.deployments).toHaveLength(1)
  })

  it('is not allowed while tokens of the slot are out, and says when it is', async () => {
    await rotate(plainly, world)
    world.time += 600
    await expect(rotate(plainly, world)).rejects.toThrow(
      /allowed from 2027-.*until then tokens are out that GATEWAY_PRIVATE_B/,
    )
    expect(await rotate({ ...plainly, force: true }, world)).toMatchObject({ outcome: 'rotated', slot: B })
  })

  it('goes on with a key that an earlier run announced, and makes no other', async () => {
    const { kid } = await rotate(plainly, world)
    expect(await rotate(plainly, world)).toMatchObject({ outcome: 'announced', kid, slot: A })
    expect(world.versions).toHaveLength(2)
  })

  it('goes on after wrangler failed', async () => {
    world.failOn = /^secret put/
    await expect(rotate(plainly, world)).rejects.toThrow('wrangler secret put failed:\nthe connection broke')
    expect(await rotate(plainly, world)).toMatchObject({ outcome: 'rotated' })
  })

  it('goes on after the key was put into a version and not deployed, with a key that is announced in time', async () => {
    const [before] = startRollout()
    world.failOn = /^versions deploy/
    const long = { ...plainly, activateIn: '24h' }
    await expect(rotate(long, world)).rejects.toThrow('the connection broke')
    world.time += DAY
    const report = await rotate(long, world)
    expect(report).toMatchObject({ outcome: 'rotated', slot: A })
    expect(report.signsAt).toBeGreaterThan(world.time + DAY - 60)
    expect(world.live).toBe('1@90 4@10')
    expect(before).toMatch(/^0+1-/)
  })

  it('goes on after an emergency was interrupted only with that', async () => {
    world.failOn = /^secret put/
    await expect(rotateInEmergency(leak, world)).rejects.toThrow('the connection broke')
    await expect(rotate(plainly, world)).rejects.toThrow('First: sealgate rotate --emergency')
  })

  it('names HS512 plainly', async () => {
    world.mode = 'HS512'
    await expect(rotate(plainly, world)).rejects.toThrow('signs with secrets (HS512)')
  })
})

describe('rotate while a rollout is under way', () => {
  it('is rejected: the split would serve two JWKS once the key signs', async () => {
    startRollout()
    for (const activateIn of [undefined, '10m', '59m']) {
      await expect(rotate({ ...plainly, activateIn }, world)).rejects.toThrow('would serve two JWKS')
    }
    expect(world.live).toBe('1@90 2@10')
    expect(world.versions).toHaveLength(2)
  })

  it('announces the key for as long as the operator says, and keeps the proportions', async () => {
    startRollout()
    const report = await rotate({ ...plainly, activateIn: '24h' }, world)
    expect(world.live).toBe('1@90 3@10')
    expect(report).toMatchObject({ outcome: 'rotated', slot: A })
    expect(report).not.toHaveProperty('problem')
    expect(world.said.at(-1)).toMatch(/divides the JWKS.*until 2027-/)
    // Too late: an hour before it signs is well, a minute is not.
    world.time = report.signsAt - 60
    expect((await rotate(plainly, world)).problem).toMatch(/roll it back, now/)
    world.deploy([world.newest.id, 100])
    expect(await rotate(plainly, world)).not.toHaveProperty('problem')
  })

  it('--finish-rollout takes the newest version to all requests with the key', async () => {
    startRollout()
    expect(await rotate({ ...plainly, finishRollout: true }, world)).toMatchObject({ outcome: 'rotated' })
    expect(world.live).toBe('3@100')
  })

  it('deploys no code that nobody deployed (10215), unless it is said so', async () => {
    world.upload('half done')
    await expect(rotate(plainly, world)).rejects.toThrow(/is not deployed.*\n.*10215/)
    expect(world.live).toBe('1@100')
    await rotate({ ...plainly, finishRollout: true }, world)
    expect(world.live).toBe('3@100')
  })

  it('goes on where a rollback was interrupted that had a version with 0 % to look at', async () => {
    const before = world.newest.id
    world.deploy([world.upload('more code'), 100], [before, 0])
    expect(await rotate(plainly, world)).toMatchObject({ outcome: 'rotated' })
    expect(world.live).toBe('3@100')
  })

  it('deploys nothing that somebody else uploaded meanwhile', async () => {
    startRollout()
    world.beforeCommand = (command) => {
      if (command.startsWith('versions secret')) world.upload('not ours')
    }
    await expect(rotate({ ...plainly, finishRollout: true }, world)).rejects.toThrow('Somebody else deploys')
    expect(world.live).toBe('1@90 2@10')
  })
})

describe('rotate --emergency', () => {
  it('replaces the key that signs, and lets the other slot’s key sign meanwhile', async () => {
    const report = await rotateInEmergency(leak, world)
    expect(report).toMatchObject({ outcome: 'replaced', isDenied: true, leaked: { kid: 'first-b', slot: B } })
    expect([...world.denied]).toEqual([thumbprintOf('first-b')])
    const { slots } = await world.gateway.health()
    expect(slots.map(({ kid, state }) => [kid, state])).toEqual([
      ['first-a', 'signing'],
      [report.kid, 'next'],
    ])
    expect(world.remembered).toMatchObject([{ kid: 'first-b', isDone: true }])
  })

  it('signs with the new key at once where no other may', async () => {
    world = new FakeKeysWorld({ [A]: 60, [B]: undefined })
    const report = await rotateInEmergency(leak, world)
    const { slots } = await world.gateway.health()
    expect(slots[0]).toMatchObject({ kid: report.kid, state: 'signing' })
  })

  it('does not let a key sign meanwhile that has leaked as well', async () => {
    await rotateInEmergency({ ...leak, leakedKid: 'first-a' }, world)
    world.time += 2 * DAY
    await rotateInEmergency({ ...leak, leakedKid: 'first-b' }, world)
    const { keys } = await world.gateway.health()
    expect(keys.map(({ kid }) => kid)).not.toContain('first-b')
    expect(keys.map(({ kid }) => kid)).not.toContain('first-a')
  })

  it('lists the versions that would bring the key back, and no newer one', async () => {
    const old = [world.newest.id, world.upload('more code')]
    world.deploy([world.newest.id, 100])
    expect((await rotateInEmergency(leak, world)).unsafeVersions).toEqual(old)
  })

  it.each([
    ['the key was put', /^secret put/],
    ['wrangler could be reached again', /^deployments/],
  ])('goes on where it ended before %s', async (_, failOn) => {
    world.failOn = failOn
    await expect(rotateInEmergency(leak, world)).rejects.toThrow()
    const report = await rotateInEmergency(leak, world)
    expect(report).toMatchObject({ outcome: 'replaced', leaked: { kid: 'first-b' } })
    expect(world.versions).toHaveLength(2)
  })

  it('goes on after the key was put and not denied: it denies the one that leaked, and replaces no other', async () => {
    const { denyKey } = world.gateway
    world.gateway.denyKey = () => Promise.reject(new Error('no connection'))
    await expect(rotateInEmergency(leak, world)).rejects.toThrow('no connection')
    world.gateway.denyKey = denyKey
    const report = await rotateInEmergency(leak, world)
    expect(report).toMatchObject({ outcome: 'replaced', leaked: { kid: 'first-b' }, isDenied: true })
    expect([...world.denied]).toEqual([thumbprintOf('first-b')])
    expect(world.versions).toHaveLength(2)
    expect(report.unsafeVersions).toEqual([world.versions[0]?.id])
  })

  it('says what to do without a deny-list', async () => {
    world.hasDenylist = false
    expect(await rotateInEmergency(leak, world)).toMatchObject({ isDenied: false })
    expect(world.said.join('\n')).toContain(`JWT_DENIED_THUMBPRINTS=${thumbprintOf('first-b')}`)
  })

  it('rejects a kid that no slot holds, and names those that there are', async () => {
    await expect(rotateInEmergency({ ...leak, leakedKid: 'x' }, world)).rejects.toThrow(
      'There are: first-a, first-b',
    )
  })

  it('takes the newest version to all requests in a rollout, once it is told to, and tells other machines', async () => {
    startRollout()
    await expect(rotateInEmergency(leak, world)).rejects.toThrow('Both versions have the leaked key')
    await rotateInEmergency({ ...leak, finishRollout: true }, world)
    expect(world.live).toBe('3@100')
    expect(world.newest.message).toBe(`sealgate rotate --emergency: leaked ${thumbprintOf('first-b')}`)
  })

  it('changes nothing with --dry-run, or when the operator says no', async () => {
    expect(await rotateInEmergency({ ...leak, isDryRun: true }, world)).toMatchObject({
      outcome: 'would replace',
    })
    world.consent = false
    expect(await rotateInEmergency(leak, world)).toMatchObject({ outcome: 'stopped' })
    expect([world.versions.length, world.denied.size, world.remembered.length]).toEqual([1, 0, 0])
  })
})

describe('rollback', () => {
  /** Code that is worse, with the keys of before. */
  function deployWorse(): string {
    const before = world.newest.id
    world.deploy([world.upload('worse'), 100])
    return before
  }

  it('brings back what was deployed to all before, once it has looked at its keys', async () => {
    const before = deployWorse()
    expect(await rollback(back, world)).toMatchObject({ outcome: 'rolled back', to: before })
    expect(world.commands).toContain(
      `versions deploy ${world.newest.id}@100% ${before}@0% --message sealgate rollback: looks at 00000001 --yes`,
    )
    expect(world.live).toBe('1@100')
  })

  it('brings back a version that does not have a key which was announced since: nothing signs with it yet', async () => {
    await rotate(plainly, world)
    expect(await rollback(back, world)).toMatchObject({ outcome: 'rolled back' })
  })

  it('rejects a version whose key services no longer hold, and leaves the deployment as it was', async () => {
    const before = world.newest.id
    await rotate(plainly, world)
    world.time += 2 * DAY
    await rotate(plainly, world)
    world.time += 700
    await expect(rollback({ ...back, version: before }, world)).rejects.toThrow(
      /may not come back: it signs with first-b, which reports \(reports\) no longer holds.*\n.*sealgate deploy/,
    )
    expect(world.live).toBe('3@100')
  })

  it('rejects a version that lacks the key which signs now: its tokens are out', async () => {
    await rotate(plainly, world)
    world.time += 700
    await expect(rollback(back, world)).rejects.toThrow(/does not hold ed25519-\d+, which signs now/)
    expect(world.live).toBe('2@100')
  })

  it('rejects a version from before a leak, on the machine that dealt with it and without a look', async () => {
    await rotateInEmergency(leak, world)
    await expect(rollback(back, world)).rejects.toThrow(/from before first-b leaked/)
    expect(world.commands.join()).not.toContain('@0%')
  })

  it('rejects it on another machine too: the deny-list has its key', async () => {
    await rotateInEmergency(leak, world)
    world.remembered.length = 0
    await expect(rollback(back, world)).rejects.toThrow(/it holds first-b, which has leaked/)
    expect(world.live).toBe('2@100')
  })

  it('rejects it on another machine without a deny-list, where the version that replaced it says so', async () => {
    world.hasDenylist = false
    startRollout()
    await rotateInEmergency({ ...leak, finishRollout: true }, world)
    world.remembered.length = 0
    await expect(rollback({ ...back, version: '00000001' }, world)).rejects.toThrow(/from before .* leaked/)
  })

  it('rejects a version that does not say what it holds, unless it is told to take it', async () => {
    const silent = world.upload('old', world.newest.secrets, true)
    world.deploy([silent, 100])
    const after = world.upload('new', world.newest.secrets)
    world.deploy([after, 100])
    await expect(rollback(back, world)).rejects.toThrow('does not say which keys it holds')
    expect(world.live).toBe('3@100')
    expect(await rollback({ ...back, force: true }, world)).toMatchObject({ to: silent })
  })

  it('ends a rollout with one of its versions, and with no other', async () => {
    const first = world.newest.id
    deployWorse()
    const [before] = startRollout()
    await expect(rollback({ ...back, version: first }, world)).rejects.toThrow('A rollout is under way')
    expect(await rollback({ ...back, version: before }, world)).toMatchObject({ outcome: 'rolled back' })
    expect(world.live).toBe('2@100')
  })

  it('brings back a version that is older than the ten that wrangler lists, by its whole id', async () => {
    const before = world.newest.id
    for (let count = 0; count < 11; count++) world.deploy([world.upload('more code'), 100])
    await expect(rollback({ ...back, version: before.slice(0, 8) }, world)).rejects.toThrow(
      'Say which version',
    )
    expect(await rollback({ ...back, version: before }, world)).toMatchObject({
      outcome: 'rolled back',
      to: before,
    })
  })

  it('rejects a version that is not there, is not the only one of that beginning, or is deployed already', async () => {
    deployWorse()
    await expect(rollback({ ...back, version: 'f' }, world)).rejects.toThrow('Say which version')
    await expect(rollback({ ...back, version: '0' }, world)).rejects.toThrow('Say which version')
    await expect(rollback({ ...back, version: world.newest.id }, world)).rejects.toThrow(
      'is deployed already',
    )
  })

  it('changes nothing with --dry-run, or when the operator says no', async () => {
    deployWorse()
    expect(await rollback({ ...back, isDryRun: true }, world)).toMatchObject({ outcome: 'would roll back' })
    world.consent = false
    expect(await rollback(back, world)).toMatchObject({ outcome: 'stopped' })
    expect(world.deployments).toHaveLength(2)
  })
})
