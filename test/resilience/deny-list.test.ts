import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ClockedKit, type Faults, publishedBy, startFaults } from '../support/resilience/clocked.ts'
import { json } from '../support/resilience/jwks-server.ts'

let faults: Faults
let keys: readonly object[]

beforeAll(async () => {
  faults = await startFaults()
  keys = await publishedBy(faults.issuer)
})
afterAll(() => faults.close())

/** A kit with a deny-list in a real KV namespace, which all kits here share. */
function kitWith(denylistOnError: 'closed' | 'open'): ClockedKit {
  const kit = faults.kit({ denylistOnError })
  faults.jwks.answer(kit.path, json({ keys }))
  return kit
}

const long = { ttlSeconds: 3600 }
let serial = 0
async function newToken(): Promise<{ readonly token: string; readonly jti: string }> {
  const name = ++serial
  const jti = `token-${name}`
  return { jti, token: await faults.issuer.token({ jti, sub: `user-${name}` }, long) }
}

const granted = { status: 200, reason: 'granted' }
const revoked = { status: 401, reason: 'revoked' }
const unavailable = { status: 503, reason: 'revocation_unavailable' }

describe.concurrent.each(['throwing', 'slow'] as const)('KV that is %s', (store) => {
  it('is an outage where the list is closed: 503 with Retry-After, and never 401', async () => {
    const kit = kitWith('closed')
    const { token } = await newToken()
    kit.store = store
    const outcome = await kit.ask(token)
    expect(outcome).toMatchObject(unavailable)
    expect(outcome.retryAfterSeconds).toBeGreaterThan(0)
    expect(outcome.events.join()).toContain('denylist_failed')
    kit.store = 'well'
    expect(await kit.ask(token)).toMatchObject(granted)
  })

  it('is passed over and reported where it is open', async () => {
    const kit = kitWith('open')
    const { token } = await newToken()
    kit.store = store
    const outcome = await kit.ask(token)
    expect(outcome).toMatchObject(granted)
    expect(outcome.events.join()).toContain('denylist_failed')
  })

  it.each(['closed', 'open'] as const)('is not asked about a forged token (%s)', async (onError) => {
    const kit = kitWith(onError)
    kit.store = store
    expect(await kit.ask(await faults.issuer.forged())).toMatchObject({
      status: 401,
      reason: 'bad_signature',
      reads: 0,
    })
  })

  it.each(['closed', 'open'] as const)(
    'does not forgive what is known to be revoked (%s)',
    async (onError) => {
      const kit = kitWith(onError)
      const { token, jti } = await newToken()
      await kit.revoke({ jti })
      expect(await kit.ask(token)).toMatchObject(revoked)
      kit.store = store
      expect(await kit.ask(token)).toMatchObject(revoked)
      // The verdict is remembered for 30 s. After that a closed list cannot tell; an open one goes by what it knew.
      kit.now += 31
      expect(await kit.ask(token)).toMatchObject(onError === 'closed' ? unavailable : revoked)
    },
  )

  it('costs nothing while the verdict is remembered', async () => {
    const kit = kitWith('closed')
    const { token } = await newToken()
    expect(await kit.ask(token)).toMatchObject({ ...granted, reads: 1 })
    kit.store = store
    kit.now += 29
    expect(await kit.ask(token)).toMatchObject({ ...granted, reads: 1 })
    kit.now += 2
    expect(await kit.ask(token)).toMatchObject(unavailable)
  })
})

describe('KV that is stale', () => {
  it('delays a revocation by 90 seconds at most', async () => {
    const here = kitWith('closed')
    const elsewhere = kitWith('closed')
    here.store = 'stale'
    const { token, jti } = await newToken()
    const start = here.now
    expect(await here.ask(token)).toMatchObject(granted)
    await elsewhere.revoke({ jti })
    const outcomes: string[] = []
    for (const after of [1, 29, 31, 59, 91]) {
      here.now = start + after
      outcomes.push((await here.ask(token)).reason)
    }
    // 30 s by the kit, 60 s by KV's edge cache: the worst case of both together.
    expect(outcomes).toEqual(['granted', 'granted', 'granted', 'granted', 'revoked'])
  })

  it('delays nothing where the token was never seen before', async () => {
    const here = kitWith('closed')
    const elsewhere = kitWith('closed')
    here.store = 'stale'
    const { token, jti } = await newToken()
    await elsewhere.revoke({ jti })
    expect(await here.ask(token)).toMatchObject(revoked)
  })
})
