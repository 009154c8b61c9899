import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import type { Revocation } from '@sealgate/kit'
import type { TestClaims, TestIssuer } from '@sealgate/kit/testing'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Client, connect } from '../support/agents/client.ts'
import {
  denylistOfService,
  Guarded,
  issuerOfService,
  request,
  Room,
  shortenTimers,
  type TestDenylist,
} from '../support/agents/service.ts'
import { Guarded as GuardedClass, seen } from '../support/agents/worker.ts'

let issuer: TestIssuer
let denylist: TestDenylist
let serial = 0
/** A new Agent, and people nobody knows yet, for each test. */
let name: string
let ada: string
let bob: string

beforeAll(async () => {
  issuer = await issuerOfService()
  denylist = denylistOfService(issuer)
})
beforeEach(() => {
  do {
    serial++
    name = `agent-${serial}`
  } while (secondsToCheck(name) < 10)
  ada = `ada-${serial}`
  bob = `bob-${serial}`
  seen.length = 0
  denylist.isDown = false
  denylist.gate = Promise.resolve()
})
afterEach(() => vi.useRealTimers())

/** An Agent looks at its sockets at times of its own, 30 s apart. None shall come while a test runs. */
function secondsToCheck(agentName: string): number {
  const offset = Number.parseInt(Guarded.idFromName(agentName).toString().slice(-4), 16) % 30
  return 30 - ((((Date.now() / 1000 - offset) % 30) + 30) % 30)
}

const stub = (): DurableObjectStub => Guarded.get(Guarded.idFromName(name))
const open = async (sub: string, claims: TestClaims = {}): Promise<Client> => {
  const token = await issuer.token(
    { sub, jti: `token-of-${sub}`, permissions: ['read:reports'], ...claims },
    { ttlSeconds: 3600 },
  )
  const client = await connect(`/agents/guarded/${name}`, token)
  await client.frame('welcome')
  return client
}
/** The Agents read the same clock; what they remember of the deny-list counts for 30 s. */
const passSeconds = (seconds: number): unknown =>
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + seconds * 1000 })

const stateFrame = JSON.stringify({ type: 'cf_agent_state', state: { count: 99 } })

/** When the Agent comes back to its open sockets, in seconds from now. */
const checks = (): Promise<readonly number[]> =>
  runInDurableObject(stub(), async (agent) => {
    if (!(agent instanceof GuardedClass)) throw new Error('the binding has another class')
    const schedules = await agent.listSchedules()
    return schedules.map(({ time }) => time - Date.now() / 1000).filter((left) => left < 600)
  })

describe('a revocation reaches the open socket of an Agent', () => {
  it.each<[what: string, revocationOf: () => Revocation]>([
    ['its token', () => ({ jti: `token-of-${ada}` })],
    ['its user', () => ({ sub: ada })],
    ['an agent that acts for its user', () => ({ sub: `agent-of-${ada}` })],
  ])('by %s: no frame is looked at, and it is closed', async (_, revocationOf) => {
    const [revoked, other] = [
      await open(ada, { act: { sub: 'gateway', act: { iss: 'https://idp.test/', sub: `agent-of-${ada}` } } }),
      await open(bob),
    ]
    await denylist.revoke(revocationOf())
    passSeconds(31)
    const before = revoked.frames.length
    seen.length = 0
    revoked.send(stateFrame)
    expect(await revoked.end()).toBe(4401)
    expect(revoked.frames).toHaveLength(before)
    expect(seen).toEqual([])
    other.send('count')
    await other.frame('1 connected')
  })

  it.each(['awake', 'hibernated'])('though nobody says a word, and the Agent is %s', async (state) => {
    const [revoked, other] = [await open(ada), await open(bob)]
    await denylist.revoke({ sub: ada })
    if (state === 'hibernated') await evictDurableObject(stub())
    passSeconds(31)
    expect(await runDurableObjectAlarm(stub())).toBe(true)
    expect(await revoked.end()).toBe(4401)
    other.send('who')
    await other.frame(`you are ${bob}`)
  })

  it('before a broadcast, once the Agent knows by another socket', async () => {
    const [idle, talker, other] = [await open(ada), await open(ada), await open(bob)]
    await denylist.revoke({ sub: ada })
    passSeconds(31)
    talker.send('count')
    expect(await talker.end()).toBe(4401)
    other.send('broadcast')
    await other.frame('to all')
    expect(await idle.end()).toBe(4401)
    expect(idle.frames).not.toContain('to all')
  })

  it("on the SDK's other wire, Cap'n Web", async () => {
    const token = await issuer.token({ sub: ada, permissions: ['read:reports'] }, { ttlSeconds: 3600 })
    const client = await connect(`/agents/guarded/${name}?__agents_transport=capnweb`, token)
    await client.frame('welcome')
    await denylist.revoke({ sub: ada })
    passSeconds(31)
    await runDurableObjectAlarm(stub())
    expect(await client.end()).toBe(4401)
  })
})

describe.each(['guarded', 'bare'])('the socket of a %s sub-agent, which its parent holds', (child) => {
  const below = async (sub: string): Promise<Client> => {
    const claims = { sub, permissions: ['read:reports'] }
    const token = await issuer.token(claims, { ttlSeconds: 3600 })
    const client = await connect(`/agents/guarded/${name}/sub/${child}/child`, token)
    await client.frame('welcome')
    return client
  }

  it.each(['a frame', 'the schedule'])('is closed by %s', async (by) => {
    const [revoked, other] = [await below(ada), await below(bob)]
    await denylist.revoke({ sub: ada })
    passSeconds(31)
    if (by === 'a frame') revoked.send(stateFrame)
    else await runDurableObjectAlarm(stub())
    expect(await revoked.end()).toBe(4401)
    other.send('count')
    await other.frame('1 connected')
  })
})

describe('the schedule', () => {
  it('comes back every 30 seconds as long as a socket is open, and then no more', async () => {
    const client = await open(ada)
    await open(bob)
    const [first, ...others] = await checks()
    expect(others, 'one entry, however many sockets').toEqual([])
    expect(first).toBeLessThanOrEqual(30)
    passSeconds(31)
    await runDurableObjectAlarm(stub())
    const [second] = await checks()
    expect(second).toBeGreaterThan(0)
    expect(second).toBeLessThanOrEqual(30)
    for (const sub of [ada, bob]) await denylist.revoke({ sub })
    passSeconds(31)
    await runDurableObjectAlarm(stub())
    expect(await client.end()).toBe(4401)
    passSeconds(31)
    await runDurableObjectAlarm(stub())
    expect(await checks()).toEqual([])
  })

  it('reads the list once for all sockets', async () => {
    for (let count = 0; count < 5; count++) await open(`${ada}.${count}`)
    denylist.reads = 0
    passSeconds(31)
    await runDurableObjectAlarm(stub())
    expect(denylist.reads).toBe(1)
  })
})

describe('frames that wait for the deny-list', () => {
  it('stay in order, and cause one read', async () => {
    const client = await open(ada)
    passSeconds(31)
    let release = (): void => undefined
    denylist.gate = new Promise((resolve) => {
      release = resolve
    })
    denylist.reads = 0
    client.send('count')
    client.send('who')
    await vi.waitFor(() => expect(denylist.reads).toBe(1))
    client.send('broadcast')
    release()
    await client.frame('to all')
    expect(client.frames.slice(-3)).toEqual(['1 connected', `you are ${ada}`, 'to all'])
    expect(denylist.reads).toBe(1)
  })
})

describe('a deny-list that cannot be read, and is set to "closed"', () => {
  it('keeps frames out, as it does requests', async () => {
    const client = await open(ada)
    passSeconds(31)
    denylist.isDown = true
    seen.length = 0
    client.send('count')
    expect(await client.end()).toBe(1013)
    expect(seen).toEqual([])
  })

  it('ends no idle socket by one read that fails', async () => {
    const client = await open(ada)
    passSeconds(31)
    denylist.isDown = true
    denylist.reads = 0
    const alarm = runDurableObjectAlarm(stub())
    await vi.waitFor(() => expect(denylist.reads).toBe(1))
    denylist.isDown = false
    await alarm
    client.send('count')
    await client.frame('1 connected')
  })

  it('ends idle sockets when it stays so: nobody knows whom it names', async () => {
    const client = await open(ada)
    passSeconds(31)
    denylist.isDown = true
    await runDurableObjectAlarm(stub())
    expect(await client.end()).toBe(1013)
  })
})

describe('sockets without the Agents SDK', () => {
  const room = (): DurableObjectStub => Room.get(Room.idFromName(`/rooms/${name}`))
  const enter = async (sub: string): Promise<Client> =>
    connect(`/rooms/${name}`, await issuer.token({ sub }, { ttlSeconds: 3600 }))

  it('of a Durable Object are closed on a frame and by its alarm, over hibernation too', async () => {
    const [talker, idle, other] = [await enter(ada), await enter(`${ada}.2`), await enter(bob)]
    for (const sub of [ada, `${ada}.2`]) await denylist.revoke({ sub })
    await evictDurableObject(room())
    passSeconds(31)
    talker.send('hello')
    expect(await talker.end()).toBe(4401)
    await runDurableObjectAlarm(room())
    expect(await idle.end()).toBe(4401)
    other.send('still here')
    await other.frame('still here')
    expect(other.frames).toEqual(['still here'])
  })

  it('of a Worker are closed by its timer', async () => {
    shortenTimers()
    const client = await connect('/plain', await issuer.token({ sub: ada, permissions: ['read:reports'] }))
    await denylist.revoke({ sub: ada })
    expect(await client.end()).toBe(4401)
    vi.unstubAllGlobals()
  })
})

it('opens no socket for somebody who is revoked', async () => {
  await denylist.revoke({ sub: ada })
  const token = await issuer.token({ sub: ada, auth_iat: 1, permissions: ['read:reports'] })
  expect((await connect(`/agents/guarded/${name}`, token)).status).toBe(401)
  expect((await request(`/agents/guarded/${name}`, { Authorization: `Bearer ${token}` })).status).toBe(401)
})

// The last one: the key has signed for every test.
it('a socket outlives the retirement of the key that signed its token, and not its revocation', async () => {
  const clients = [await open(ada), await open(bob)]
  await issuer.rotate({ withdraw: true })
  passSeconds(301)
  clients[0]?.send('who')
  await clients[0]?.frame(`you are ${ada}`)
  const thumbprint = await runInDurableObject(stub(), (_, state) =>
    /"thumbprint":"([\w-]{43})"/
      .exec(JSON.stringify(state.getWebSockets()[0]?.deserializeAttachment()))
      ?.at(1),
  )
  await denylist.revoke({ thumbprint: thumbprint ?? '' })
  passSeconds(31)
  await runDurableObjectAlarm(stub())
  expect(await Promise.all(clients.map((client) => client.end()))).toEqual([4401, 4401])
})
