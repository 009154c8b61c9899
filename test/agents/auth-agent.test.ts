import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { parse } from '@sealgate/kit'
import type { TestIssuer } from '@sealgate/kit/testing'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { connect } from '../support/agents/client.ts'
import { bearer, Guarded, issuerOfService, offer, request } from '../support/agents/service.ts'
import { seen } from '../support/agents/worker.ts'

let issuer: TestIssuer
let serial = 0
/** A new Agent for each test. */
let name: string
let path: string

beforeAll(async () => {
  issuer = await issuerOfService()
})
beforeEach(() => {
  serial++
  name = `agent-${serial}`
  path = `/agents/guarded/${name}`
  seen.length = 0
})
afterEach(() => vi.useRealTimers())

const stub = (): DurableObjectStub => Guarded.get(Guarded.idFromName(name))
const reader = (sub = 'user-1', ttlSeconds = 300): Promise<string> =>
  issuer.token({ sub, kind: 'user', permissions: ['read:reports'] }, { ttlSeconds })

/** From here on it is one second after the end of this token. The Agents read the same clock. */
function passEndOf(token: string): void {
  vi.useFakeTimers({ toFake: ['Date'], now: (Number(parse(token).payload.exp) + 1) * 1000 })
}

const stateFrame = JSON.stringify({ type: 'cf_agent_state', state: { count: 99 } })
const callFrame = JSON.stringify({ type: 'rpc', id: '1', method: 'increment', args: [] })

async function countOf(): Promise<unknown> {
  return runInDurableObject(stub(), (agent) => ('state' in agent ? agent.state : undefined))
}

describe('an upgrade that is rejected opens no socket', () => {
  it.each<[what: string, status: number, headers: () => Promise<HeadersInit>]>([
    ['without credentials', 401, () => Promise.resolve({})],
    ['with a forged token', 401, async () => bearer(await issuer.forged({ permissions: ['read:reports'] }))],
    ['with a token that ended', 401, async () => bearer(await issuer.expired())],
    ['without the permission', 403, async () => bearer(await issuer.token())],
    [
      'with header and subprotocol',
      400,
      async () => ({ ...bearer(await reader()), ...offer('sealgate', `sealgate.bearer.${await reader()}`) }),
    ],
  ])('%s', async (_, status, headers) => {
    const client = await connect(path, await headers())
    expect(client.status).toBe(status)
    expect(client.isOpen).toBe(false)
    expect(client.headers.get('WWW-Authenticate')).toMatch(/^Bearer/)
    expect(client.headers.get('Sec-WebSocket-Protocol')).toBeNull()
    expect(seen).toEqual([])
  })

  it('in the last seconds of leeway, when the socket would be closed at once', async () => {
    const token = await reader()
    passEndOf(token)
    expect((await connect(path, token)).status).toBe(401)
    const response = await request(path, bearer(token))
    expect(response.status).toBe(200)
  })
})

it('no client gives props to onStart by the header that the SDK puts them in', async () => {
  const props = { 'X-Agents-Lifecycle-Props': JSON.stringify({ admin: true }) }
  const headers = { ...bearer(await reader()), ...props }
  await (await connect(path, headers)).frame('welcome')
  expect(seen).toEqual(['connect'])
  name = `${name}-2`
  expect((await request(`/agents/guarded/${name}`, headers)).status).toBe(200)
  expect(seen).toEqual(['connect', 'request'])
})

describe('an upgrade that is granted', () => {
  it('gets the frames of the SDK, and the subprotocol without the token', async () => {
    const token = await reader()
    const client = await connect(path, token)
    await client.frame('welcome')
    expect(client.headers.get('Sec-WebSocket-Protocol')).toBe('sealgate')
    expect(client.frames.map((frame) => /cf_agent_\w+/.exec(frame)?.[0] ?? frame)).toEqual([
      'cf_agent_identity',
      'cf_agent_state',
      'cf_agent_mcp_servers',
      'welcome',
    ])
    expect(JSON.stringify([...client.headers, ...client.frames])).not.toContain(token)
  })

  it.each(['header', 'query'])('may have the token in its %s; the Agent keeps it nowhere', async (place) => {
    const token = await reader()
    const client =
      place === 'query'
        ? await connect(`${path}?token=${token}&room=1`)
        : await connect(`${path}?room=1`, bearer(token))
    await client.frame('welcome')
    const kept = await runInDurableObject(stub(), async (_, state) => {
      const sockets = state
        .getWebSockets()
        .map((socket): unknown[] => [socket.deserializeAttachment(), state.getTags(socket)])
      return JSON.stringify([sockets, [...(await state.storage.list())]])
    })
    expect(kept).toContain('room=1')
    expect(kept).toContain('user-1')
    expect(kept).not.toContain(token)
    expect(kept).not.toContain(token.split('.')[2])
  })

  it('knows its caller in each frame, whatever code or client write into its state', async () => {
    const client = await connect(path, await reader())
    client.send('forget')
    client.send('who')
    await client.frame('you are user-1')
    expect(client.closed).toBeUndefined()
  })
})

it('asks HTTP requests for the same', async () => {
  expect((await request(path)).status).toBe(401)
  expect((await request(path, bearer(await issuer.token()))).status).toBe(403)
  expect((await request(`${path}?token=${await reader()}`)).status).toBe(401)
  expect(seen).toEqual([])
  const response = await request(path, bearer(await reader()))
  expect(await response.json()).toEqual({ caller: 'user-1' })
})

describe('when the token ends', () => {
  it.each([
    ['a state write', stateFrame],
    ['a call', callFrame],
    ['a message', 'who'],
  ])('%s is not looked at, and the socket is closed', async (_, frame) => {
    const token = await reader()
    const client = await connect(path, token)
    await client.frame('welcome')
    const before = client.frames.length
    passEndOf(token)
    client.send(frame)
    expect(await client.end()).toBe(4401)
    expect(client.frames).toHaveLength(before)
    expect(seen).toEqual(['connect'])
    expect(await countOf()).toEqual({ count: 0 })
  })

  it('an idle socket is closed by the schedule', async () => {
    const token = await reader()
    const client = await connect(path, token)
    await client.frame('welcome')
    passEndOf(token)
    expect(await runDurableObjectAlarm(stub())).toBe(true)
    expect(await client.end()).toBe(4401)
  })

  it('the schedule leaves sockets open whose token lives', async () => {
    const [short, long] = [await reader('user-1', 60), await reader('user-2', 600)]
    const [ending, living] = [await connect(path, short), await connect(path, long)]
    await living.frame('welcome')
    passEndOf(short)
    await runDurableObjectAlarm(stub())
    expect(await ending.end()).toBe(4401)
    living.send('count')
    await living.frame('1 connected')
  })

  it('a broadcast does not reach it', async () => {
    const [short, long] = [await reader('user-1', 60), await reader('user-2', 600)]
    const [ending, living] = [await connect(path, short), await connect(path, long)]
    await ending.frame('welcome')
    passEndOf(short)
    living.send('broadcast')
    await living.frame('to all')
    expect(await ending.end()).toBe(4401)
    expect(ending.frames).not.toContain('to all')
  })
})

describe('before the token ends', () => {
  it('state writes and calls do what they do', async () => {
    const client = await connect(path, await reader())
    client.send(stateFrame)
    client.send(callFrame)
    await client.frame('"result":100')
    expect(await countOf()).toEqual({ count: 100 })
  })
})

describe('over hibernation', () => {
  it('a connection keeps its caller', async () => {
    const client = await connect(path, await reader('user-7'))
    await client.frame('welcome')
    await runInDurableObject(stub(), (agent) => Object.assign(agent, { inMemory: true }))
    await evictDurableObject(stub())
    client.send('who')
    await client.frame('you are user-7')
    expect(await runInDurableObject(stub(), (agent) => 'inMemory' in agent)).toBe(false)
  })

  it('a frame that wakes the Agent after the end is not looked at', async () => {
    const token = await reader()
    const client = await connect(path, token)
    await client.frame('welcome')
    const before = client.frames.length
    await evictDurableObject(stub())
    passEndOf(token)
    client.send(stateFrame)
    expect(await client.end()).toBe(4401)
    expect(client.frames).toHaveLength(before)
    expect(await countOf()).toEqual({ count: 0 })
  })

  it('a wake-up by somebody else closes what has ended, before anything is sent', async () => {
    const [short, long] = [await reader('user-1', 60), await reader('user-2', 600)]
    const ending = await connect(path, short)
    await ending.frame('welcome')
    const before = ending.frames.length
    await evictDurableObject(stub())
    passEndOf(short)
    await (await connect(path, long)).frame('welcome')
    expect(await ending.end()).toBe(4401)
    expect(ending.frames).toHaveLength(before)
  })
})

describe("on the SDK's other wire, Cap'n Web", () => {
  const wire = '?__agents_transport=capnweb'
  const push = (frame: string): string =>
    JSON.stringify(['push', ['pipeline', 0, ['__cf_agent_send'], [frame]]])

  it('an upgrade needs a token', async () => {
    const client = await connect(path + wire)
    expect([client.status, client.isOpen]).toEqual([401, false])
  })

  it('a frame after the end is not looked at, and the socket is closed', async () => {
    const token = await reader()
    const client = await connect(path + wire, token)
    client.send(push('who'))
    await client.frame('you are user-1')
    passEndOf(token)
    client.send(push(callFrame))
    expect(await client.end()).toBe(4401)
    expect(seen).not.toContain('call')
  })

  it('an idle socket is closed by the schedule', async () => {
    const token = await reader()
    const client = await connect(path + wire, token)
    await client.frame('welcome')
    passEndOf(token)
    await runDurableObjectAlarm(stub())
    expect(await client.end()).toBe(4401)
  })
})

describe('which request it is about', () => {
  const id = 'a1b2c3d4-of-the-client'
  const named = (token: string): Readonly<Record<string, string>> => ({
    ...offer('sealgate', `sealgate.bearer.${token}`),
    'X-Request-Id': id,
  })

  it('is in the body and a header of a denied upgrade and of a denied request', async () => {
    for (const headers of [{ Upgrade: 'websocket' }, {}]) {
      const denied = await request(path, { ...headers, 'X-Request-Id': id })
      expect([denied.status, denied.headers.get('X-Request-Id')]).toEqual([401, id])
      expect(await denied.json()).toMatchObject({ error: 'invalid_token', request_id: id })
    }
  })

  it.each(['awake', 'hibernated'])(
    'is in the reason when a frame closes the socket, and the Agent is %s',
    async (how) => {
      const token = await reader()
      const client = await connect(path, named(token))
      await client.frame('welcome')
      if (how === 'hibernated') await evictDurableObject(stub())
      passEndOf(token)
      client.send('who')
      await client.end()
      expect(client.closed).toEqual({ code: 4401, reason: `The access token has ended; request_id=${id}` })
    },
  )

  it('is in the reason when the schedule closes the socket, after hibernation too', async () => {
    const token = await reader()
    const client = await connect(path, named(token))
    await client.frame('welcome')
    await evictDurableObject(stub())
    passEndOf(token)
    expect(await runDurableObjectAlarm(stub())).toBe(true)
    await client.end()
    expect(client.closed?.reason).toBe(`The access token has ended; request_id=${id}`)
  })

  it('is in the line about a frame that came too late, after hibernation', async () => {
    const lines: unknown[] = []
    const warn = vi.spyOn(console, 'warn').mockImplementation((line) => lines.push(line))
    const token = await reader()
    const client = await connect(path, named(token))
    await client.frame('welcome')
    await evictDurableObject(stub())
    passEndOf(token)
    client.send('who')
    await client.end()
    warn.mockRestore()
    expect(lines).toMatchObject([
      {
        event: 'decision',
        reason: 'expired',
        request_id: id,
        trace_id: expect.stringMatching(/^[\da-f]{32}$/) as string,
      },
    ])
  })

  it('is one that the Agent was given, where the client’s may not stand in a log', async () => {
    const token = await reader()
    const client = await connect(path, { ...named(token), 'X-Request-Id': '{"event":"forged"}' })
    await client.frame('welcome')
    passEndOf(token)
    client.send('who')
    await client.end()
    expect(client.closed?.reason).toMatch(/^The access token has ended; request_id=[\da-f-]{36}$/)
  })
})
