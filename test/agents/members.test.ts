import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { parse } from '@sealgate/kit'
import type { TestClaims, TestIssuer } from '@sealgate/kit/testing'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { connect } from '../support/agents/client.ts'
import { bearer, exchangeOfService, issuerOfService, request } from '../support/agents/service.ts'
import { AgentInside, told } from '../support/agents/members.ts'

let issuer: TestIssuer
let exchange: ReturnType<typeof exchangeOfService>
let serial = 0

beforeAll(async () => {
  issuer = await issuerOfService()
  exchange = exchangeOfService(issuer)
})
beforeEach(() => {
  serial++
  told.length = 0
  exchange.requests.length = 0
})
afterEach(() => vi.useRealTimers())

const ada: TestClaims = { sub: 'ada', kind: 'user', permissions: ['read:reports'] }

const bindings = env as unknown as Readonly<Record<string, DurableObjectNamespace>>
/** An Agent of Ada's that no other test has. */
const nameOf = (binding: string): string =>
  binding.startsWith('tools') ? `streamable-http:of-ada-${serial}` : `of-ada-${serial}`
const pathOf = (binding: string): string => `/agents/${binding}/${nameOf(binding)}`
function stubOf(className: string): DurableObjectStub {
  const namespace = bindings[className]
  if (!namespace) throw new Error(`no binding ${className}`)
  return namespace.get(namespace.idFromName(nameOf(className.toLowerCase())))
}

interface Report {
  readonly credentials: { readonly token: string; readonly expiresAt: number }
  readonly delegated: object
}

describe.each([
  ['OwnedAgent(AuthAgent(Agent))', 'AgentInside', 'agent-inside'],
  ['AuthAgent(OwnedAgent(Agent))', 'AgentOutside', 'agent-outside'],
  ['OwnedAgent(AuthAgent(AIChatAgent))', 'MessagesInside', 'messages-inside'],
  ['AuthAgent(OwnedAgent(AIChatAgent))', 'MessagesOutside', 'messages-outside'],
  ['OwnedAgent(AuthAgent(McpAgent))', 'ToolsInside', 'tools-inside'],
  ['AuthAgent(OwnedAgent(McpAgent))', 'ToolsOutside', 'tools-outside'],
  ['OwnedAgent(AuthAgent(a class with hooks of its own))', 'HooksInside', 'hooks-inside'],
  ['AuthAgent(OwnedAgent(a class with hooks of its own))', 'HooksOutside', 'hooks-outside'],
])('%s', (_, className, binding) => {
  it('knows who speaks, what they may do, and how to call others in their name', async () => {
    const token = await issuer.token(ada)
    const client = await connect(pathOf(binding), token)
    client.send('report')
    await client.frame('"sub":"ada"')
    const report = JSON.parse(client.frames.find((frame) => frame.includes('"sub":"ada"')) ?? '') as Report
    expect(report).toEqual({
      sub: 'ada',
      same: true,
      credentials: { token, expiresAt: parse(token).payload.exp },
      allowed: 'ada',
      forbidden:
        'DenialError: insufficient_scope: The access token does not grant what this resource requires',
      delegated: expect.objectContaining({ sub: 'ada', aud: 'payments' }) as object,
      sent: expect.stringMatching(/^Bearer ey/) as string,
    })
    expect(exchange.requests).toMatchObject([
      { token, request: { audience: 'payments' } },
      { token, request: { audience: 'payments' } },
    ])
  })

  it('keeps the token in memory alone: after hibernation the caller is known, and their token gone', async () => {
    const token = await issuer.token(ada)
    const client = await connect(pathOf(binding), token)
    client.send('report')
    await client.frame('"sub":"ada"')
    const kept = await runInDurableObject(stubOf(className), async (_agent, state) => {
      const sockets = state.getWebSockets().map((socket): unknown => socket.deserializeAttachment())
      const tables = state.storage.sql
        .exec<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'")
        .toArray()
      const rows = tables
        .filter(({ name }) => !name.startsWith('_cf_'))
        .map(({ name }) => state.storage.sql.exec(`SELECT * FROM "${name}"`).toArray())
      return JSON.stringify([sockets, rows, [...(await state.storage.list())]])
    })
    expect(kept).toContain('"ada"')
    expect(kept).not.toContain(token.split('.')[2])
    await evictDurableObject(stubOf(className))
    client.send('report')
    const gone = 'CredentialsGoneError: the token of this connection is gone: its Agent slept; connect again'
    await client.frame(gone)
    const report = JSON.parse(client.frames.find((frame) => frame.includes(gone)) ?? '') as Report
    expect(report).toMatchObject({
      sub: 'ada',
      allowed: 'ada',
      credentials: gone,
      delegated: gone,
      sent: gone,
    })
  })

  it('says who the owner is', async () => {
    const stub = stubOf(className) as unknown as { getOwner(): Promise<string | undefined> }
    await (await connect(pathOf(binding), await issuer.token(ada))).frame('cf_agent_identity')
    expect(await stub.getOwner()).toBe('ada')
  })
})

describe('the current caller', () => {
  const path = (): string => pathOf('agent-inside')
  const call = (method: string): string => JSON.stringify({ type: 'rpc', id: method, method, args: [] })

  it('is there in a callable method, and a denial tells the client no more than a response would', async () => {
    const client = await connect(path(), await issuer.token(ada))
    client.send(call('whoami'))
    await client.frame('"result":"ada"')
    client.send(call('forbidden'))
    await client.frame('"success":false')
    const denied = client.frames.find((frame) => frame.includes('"success":false'))
    expect(denied).toContain('The access token does not grant what this resource requires')
    expect(denied).not.toContain('write:reports')
  })

  it('is there in onRequest, onAuthenticatedRequest and onAuthenticatedConnect', async () => {
    const headers = bearer(await issuer.token(ada))
    expect(await (await request(path(), headers)).json()).toEqual({ caller: 'ada' })
    expect(await (await request(`${path()}?mine`, headers)).json()).toEqual({ hello: 'ada' })
    const client = await connect(path(), headers)
    await client.frame('welcome ada')
    expect((await request(`${path()}?mine`)).status).toBe(401)
  })

  it('is there in onChatMessage', async () => {
    const client = await connect(pathOf('messages-inside'), await issuer.token(ada))
    const messages = [{ id: 'm1', role: 'user', parts: [{ type: 'text', text: 'Hello' }] }]
    const init = { method: 'POST', body: JSON.stringify({ messages }) }
    client.send(JSON.stringify({ type: 'cf_agent_use_chat_request', id: 'r1', init }))
    await client.frame('Good morning, ada')
  })

  it('is there when its connection is closed', async () => {
    const client = await connect(path(), await issuer.token(ada))
    await client.frame('welcome ada')
    client.close()
    await vi.waitFor(() => expect(told).toEqual([expect.stringMatching(/^start: ConfigError/), 'close: ada']))
  })

  it('is nobody in onStart, in a schedule, in a queue, and for the code of other Workers', async () => {
    const client = await connect(path(), await issuer.token(ada))
    client.send('later')
    await client.frame('planned')
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 2000 })
    await runDurableObjectAlarm(stubOf('AgentInside'))
    await vi.waitFor(() => expect(told).toHaveLength(3))
    expect([...told].sort()).toEqual(
      ['queue', 'schedule', 'start'].map(
        (by) => expect.stringMatching(`^${by}: ConfigError: there is no caller`) as string,
      ),
    )
    const thrown = await runInDurableObject(stubOf('AgentInside'), (agent) => {
      if (!(agent instanceof AgentInside)) throw new Error('the binding has another class')
      try {
        return agent.whoami()
      } catch (error) {
        return String(error)
      }
    })
    expect(thrown).toContain('there is no caller here')
  })

  it('is whoever sent the frame, also when frames of others come meanwhile', async () => {
    const shared = `/agents/shared-board/board-${serial}`
    const [one, two] = await Promise.all(
      ['ada', 'bob'].map(async (sub) => connect(shared, await issuer.token({ ...ada, sub }))),
    )
    one?.send('slow')
    two?.send('slow')
    await Promise.all([one?.frame('after a while ada'), two?.frame('after a while bob')])
  })

  it('keeps its token when the client connects again before its old connection has ended', async () => {
    const token = await issuer.token(ada)
    const [old, again] = [
      await connect(`${path()}?_pk=same`, token),
      await connect(`${path()}?_pk=same`, token),
    ]
    old.close()
    await vi.waitFor(() => expect(told).toContain('close: ada'))
    again.send('report')
    await again.frame('"sub":"ada"')
    expect(again.frames.join()).toContain(token)
  })

  it('is never that of another connection that took the same id', async () => {
    const shared = `/agents/shared-board/board-${serial}?_pk=chosen`
    const one = await connect(shared, await issuer.token({ ...ada, sub: 'ada' }))
    const two = await connect(shared, await issuer.token({ ...ada, sub: 'bob' }))
    for (const client of [one, two]) client.send('report')
    await one.frame('"sub":"ada"')
    await two.frame('"sub":"bob"')
    expect(one.frames.join()).not.toContain('"sub":"bob"')
  })
})
