import {
  evictDurableObject,
  listDurableObjectIds,
  runDurableObjectAlarm,
  runInDurableObject,
} from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { parse } from '@sealgate/kit'
import type { TestClaims, TestIssuer } from '@sealgate/kit/testing'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { chatNameOf, ownerOfChat } from '../../../workers/consumer/src/chat-name.ts'
import { Chat as ChatClass } from '../../../workers/consumer/src/chat.ts'
import { type Client, connect } from '../../support/agents/client.ts'
import {
  bearer,
  denylistOfService,
  issuerOfService,
  request,
  type TestDenylist,
} from '../../support/agents/service.ts'

const { Chat } = env as unknown as { readonly Chat: DurableObjectNamespace }

let issuer: TestIssuer
let denylist: TestDenylist
let serial = 0
/** Somebody new for each test, and where their chat is. */
let ada: TestClaims & { readonly sub: string }
let path: string

beforeAll(async () => {
  issuer = await issuerOfService()
  denylist = denylistOfService(issuer)
  vi.spyOn(console, 'warn').mockImplementation(() => undefined)
})
beforeEach(() => {
  serial++
  ada = { sub: `auth0|ada-${serial}`, kind: 'user' }
  path = `/agents/chat/${chatNameOf(ada.sub)}`
})
afterEach(() => vi.useRealTimers())

const idOf = (sub: string): DurableObjectId => Chat.idFromName(chatNameOf(sub))
const open = async (): Promise<Client> => connect(path, await issuer.token(ada))
const texts = (client: Client): unknown[] =>
  client.frames.flatMap((frame) => {
    const { message, history = [] } = JSON.parse(frame) as {
      message?: { text: string }
      history?: { text: string }[]
    }
    return [...history, ...(message ? [message] : [])].map(({ text }) => text)
  })

async function say(client: Client, text: string): Promise<void> {
  client.send(JSON.stringify({ text }))
  await client.frame(JSON.stringify(text))
}

describe('somebody who is not the owner', () => {
  const mallory: TestClaims = { sub: 'auth0|mallory', kind: 'user', roles: ['admin'] }

  it.each<[who: string, status: number, claims: () => TestClaims | undefined]>([
    ['nobody', 401, () => undefined],
    ['an anonymous caller', 401, () => ({ ...ada, kind: 'anonymous' })],
    ['a machine of the owner’s name', 403, () => ({ ...ada, kind: 'machine' })],
    ['an admin', 403, () => mallory],
  ])('%s gets %i, no socket, and wakes no Agent', async (_, status, claimsOf) => {
    const claims = claimsOf()
    const credentials = claims ? bearer(await issuer.token(claims)) : {}
    const client = await connect(path, credentials)
    expect([client.status, client.isOpen]).toEqual([status, false])
    expect((await connect(`/api${path}`, credentials)).status).toBe(status)
    expect((await request(path, credentials)).status).toBe(status)
    const awake = (await listDurableObjectIds(Chat)).map(String)
    expect(awake).not.toContain(String(idOf(ada.sub)))
  })

  it('is rejected by the Agent too, when code forgets to ask', async () => {
    const stub = Chat.get(idOf(ada.sub))
    const headers = { ...bearer(await issuer.token(mallory)), Upgrade: 'websocket' }
    const response = await stub.fetch('https://service.test/', { headers })
    expect([response.status, response.webSocket]).toEqual([403, null])
  })

  it('finds no chat under a name that is nobody’s, or another spelling of somebody’s', async () => {
    const token = bearer(await issuer.token(ada))
    for (const name of [`${chatNameOf(ada.sub)}=`, 'auth0|ada', '', '!', 'AB']) {
      const response = await request(`/agents/chat/${encodeURIComponent(name)}`, token)
      expect(response.status).toBe(name === '' ? 404 : 403)
    }
    expect((await request('/agents/nothing/x', token)).status).toBe(404)
  })
})

describe('the owner', () => {
  it('sees the same in every window, and what was said before', async () => {
    const [one, two] = [await open(), await open()]
    await two.frame('history')
    await say(one, 'Buy milk')
    await two.frame('Buy milk')
    const late = await open()
    await late.frame('Buy milk')
    expect([texts(one), texts(two), texts(late)]).toEqual([['Buy milk'], ['Buy milk'], ['Buy milk']])
  })

  it('makes no Agents below the chat', async () => {
    const token = await issuer.token(ada)
    for (const below of [`/sub/chat/${chatNameOf(ada.sub)}`, '/sub/chat/more', '//sub/chat/more', '/more']) {
      expect((await request(`${path}${below}`, bearer(token))).status).toBe(404)
      expect((await connect(`/api${path}${below}`, token)).status).toBe(404)
    }
    await (await open()).frame('history')
    const made = await runInDurableObject(Chat.get(idOf(ada.sub)), (agent) => {
      if (!(agent instanceof ChatClass)) throw new Error('the binding has another class')
      return agent.listSubAgents()
    })
    expect(made).toEqual([])
  })

  it('goes on after the Agent slept, on the same socket', async () => {
    const client = await open()
    await say(client, 'before')
    await evictDurableObject(Chat.get(idOf(ada.sub)))
    await say(client, 'after')
    expect(texts(await opened())).toEqual(['before', 'after'])
  })

  /** A new window that has its history. */
  async function opened(): Promise<Client> {
    const client = await open()
    await client.frame('history')
    return client
  }

  it('reads and forgets over HTTP', async () => {
    const client = await open()
    await say(client, 'secret')
    const token = await issuer.token(ada)
    const read = await request(path, bearer(token))
    expect(read.headers.get('Cache-Control')).toBe('no-store')
    expect(await read.json()).toMatchObject({ history: [{ text: 'secret' }] })
    const forgotten = await request(path, bearer(token), 'DELETE')
    expect(await forgotten.json()).toEqual({ history: [] })
    await client.frame('{"history":[]}')
    expect(texts(await opened())).toEqual([])
    expect((await request(path, bearer(token), 'PUT')).status).toBe(405)
  })

  it('is told what to send, and nothing else is kept', async () => {
    const client = await open()
    const frames = [
      'hello',
      '{}',
      '{"text":""}',
      '{"text":7}',
      'null',
      JSON.stringify({ text: 'x'.repeat(1001) }),
    ]
    for (const frame of frames) client.send(frame)
    await vi.waitFor(() => expect(client.frames).toHaveLength(1 + frames.length))
    expect(client.frames.slice(1)).toEqual(
      frames.map(() => '{"problem":"Send {\\"text\\": \\"…\\"}, 1 to 1000 characters"}'),
    )
    expect(texts(await opened())).toEqual([])
  })

  it('has the last hundred messages', async () => {
    const client = await open()
    for (let number = 1; number <= 101; number++) client.send(JSON.stringify({ text: `no. ${number}` }))
    await client.frame('no. 101')
    const kept = texts(await opened())
    expect([kept.length, kept[0], kept.at(-1)]).toEqual([100, 'no. 2', 'no. 101'])
  })

  it('gets no frame of the SDK, and writes no state past the chat', async () => {
    const client = await open()
    client.send(JSON.stringify({ type: 'cf_agent_state', state: { filled: 'up' } }))
    await say(client, 'still here')
    expect(client.frames.join()).not.toMatch(/cf_agent_(identity|mcp_servers|state")/)
    const state = await runInDurableObject(
      Chat.get(idOf(ada.sub)),
      (agent) => 'state' in agent && agent.state,
    )
    expect(state).toBeUndefined()
  })

  it('is heard no more when the token has ended', async () => {
    const token = await issuer.token(ada)
    const client = await connect(path, token)
    await client.frame('history')
    vi.useFakeTimers({ toFake: ['Date'], now: (Number(parse(token).payload.exp) + 1) * 1000 })
    client.send('{"text":"too late"}')
    expect(await client.end()).toBe(4401)
    vi.useRealTimers()
    expect(texts(await opened())).toEqual([])
  })

  it.each(['a word', 'none'])(
    'is heard no more when they were revoked, whether they say %s',
    async (said) => {
      const client = await connect(path, await issuer.token(ada, { ttlSeconds: 3600 }))
      await client.frame('history')
      await denylist.revoke({ sub: ada.sub })
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 31_000 })
      if (said === 'none') await runDurableObjectAlarm(Chat.get(idOf(ada.sub)))
      else client.send('{"text":"too late"}')
      expect(await client.end()).toBe(4401)
      expect(client.frames.join()).not.toContain('too late')
    },
  )
})

it('names a chat after any subject, and each name after one', () => {
  for (const sub of ['auth0|ada', 'oidc|conn|https://id.test/u/1?x=%2f', 'ä€𝄞', '..', 'a', 'ab', 'abc']) {
    const name = chatNameOf(sub)
    expect(name).toMatch(/^[\w-]+$/)
    expect(ownerOfChat(name)).toBe(sub)
  }
})
