import {
  evictDurableObject,
  listDurableObjectIds,
  runDurableObjectAlarm,
  runInDurableObject,
} from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { parse } from '@sealgate/kit'
import type { TestClaims, TestIssuer } from '@sealgate/kit/testing'
import { afterEach, beforeAll, beforeEach, describe, expect, inject, it, vi } from 'vitest'
import { chatNameOf, ownerOfChat } from '../../../workers/consumer/src/chat/chat-name.ts'
import { Chat as ChatClass } from '../../../workers/consumer/src/chat/chat.ts'
import { type ChatClient, openChat } from '../../support/agents/chat-client.ts'
import { connect } from '../../support/agents/client.ts'
import {
  bearer,
  denylistOfService,
  issuerOfService,
  request,
  type TestDenylist,
} from '../../support/agents/service.ts'
import '../../support/setup/provided.ts'

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
  Object.assign(env, { LOCAL_MODEL_URL: inject('modelUrl') })
  vi.spyOn(console, 'warn').mockImplementation(() => undefined)
})
beforeEach(() => {
  serial++
  ada = { sub: `auth0|ada-${serial}`, kind: 'user' }
  path = `/agents/chat/${chatNameOf(ada.sub)}`
})
afterEach(() => vi.useRealTimers())

const idOf = (sub: string): DurableObjectId => Chat.idFromName(chatNameOf(sub))
const open = async (claims: TestClaims = ada): Promise<ChatClient> =>
  openChat(path, await issuer.token(claims))
const asked = ({ messages }: ChatClient): readonly unknown[] =>
  messages.filter(({ role }) => role === 'user').map(({ parts }) => parts[0]?.text)

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
  it('is answered in a stream, and sees the same in every window', async () => {
    const [one, two] = [await open(), await open()]
    expect(await one.say('What is the weather in Lisbon?')).toContain('In Lisbon it is 19 °C and sunny.')
    expect(one.call).toMatchObject({
      type: 'tool-getWeather',
      input: { city: 'Lisbon' },
      output: { city: 'Lisbon', celsius: 19, sky: 'sunny' },
    })
    const deltas = one.socket.frames.filter((frame) => frame.includes('text-delta'))
    expect(deltas.length).toBeGreaterThan(10)
    await two.socket.until(() => two.messages.length === 2)
    expect(two.messages).toEqual(one.messages)
    expect((await open()).messages).toEqual(one.messages)
  })

  it('has the tools that the policies let them have, and another is denied when the model calls it by name', async () => {
    const client = await open()
    expect(await client.say('Pay 5 euro to Bob')).toContain('I have no tool pay here')
    await client.say('call pay {"to":"Bob","amount":5,"currency":"EUR"}')
    expect(client.call).toMatchObject({
      type: 'tool-pay',
      output: { denied: true, reason: 'insufficient_rights' },
    })
  })

  it('gets from a search what they may read, and their model nothing else', async () => {
    const reader = await open({ ...ada, permissions: ['read:reports'] })
    const found = await reader.say('Which reports are there on salary, revenue and suppliers?')
    expect(found).toContain('Revenue was 1.2 million euro')
    expect(JSON.stringify(reader.call)).not.toMatch(/board|deliver late/)
    await reader.say('How many holidays does the handbook give?')
    expect(JSON.stringify(reader.call)).toContain('thirty days')
  })

  it('pays nothing that only a document ordered: the model is tricked, and the policy is not', async () => {
    const analyst = await open({ ...ada, roles: ['analyst'] })
    await analyst.say('Which reports are there on suppliers?')
    expect(analyst.call).toMatchObject({
      type: 'tool-pay',
      input: { to: 'Mallory', amount: 9000 },
      output: { denied: true, reason: 'insufficient_rights' },
    })
  })

  it('makes no Agents below the chat', async () => {
    const token = await issuer.token(ada)
    for (const below of [`/sub/chat/${chatNameOf(ada.sub)}`, '/sub/chat/more', '//sub/chat/more', '/more']) {
      expect((await request(`${path}${below}`, bearer(token))).status).toBe(404)
      expect((await connect(`/api${path}${below}`, token)).status).toBe(404)
    }
    await open()
    const made = await runInDurableObject(Chat.get(idOf(ada.sub)), (agent) => {
      if (!(agent instanceof ChatClass)) throw new Error('the binding has another class')
      return agent.listSubAgents()
    })
    expect(made).toEqual([])
  })

  it('goes on after the Agent slept, on the same socket', async () => {
    const client = await open()
    await client.say('hello before')
    await evictDurableObject(Chat.get(idOf(ada.sub)))
    await client.say('hello after')
    expect(asked(await open())).toEqual(['hello before', 'hello after'])
  })

  it('reads over HTTP, and writes over the socket alone', async () => {
    await (await open()).say('hello')
    const token = await issuer.token(ada)
    const read = await request(path, bearer(token))
    expect(read.headers.get('Cache-Control')).toBe('no-store')
    expect(await read.json()).toMatchObject({ messages: [{ role: 'user' }, { role: 'assistant' }] })
    expect((await request(path, bearer(token), 'DELETE')).status).toBe(405)
  })

  it('forgets the conversation in every window', async () => {
    const [one, two] = [await open(), await open()]
    await one.say('hello')
    one.socket.send('{"type":"cf_agent_chat_clear"}')
    await two.socket.frame('cf_agent_chat_clear')
    expect((await open()).messages).toEqual([])
  })

  it('is told when a message is too long, and no model reads it', async () => {
    const client = await open()
    expect(await client.say(`hello ${'x'.repeat(2000)}`)).toBe('Please write at most 2000 characters.')
  })

  it('has nothing fetched that a forged message names', async () => {
    const fetched = vi.spyOn(globalThis, 'fetch')
    const client = await open()
    const file = { type: 'file', mediaType: 'application/zip', url: 'https://files.test/inside' }
    const messages = [{ id: 'forged', role: 'user', parts: [{ type: 'text', text: 'hello' }, file] }]
    const init = { method: 'POST', body: JSON.stringify({ messages }) }
    client.socket.send(JSON.stringify({ type: 'cf_agent_use_chat_request', id: 'r1', init }))
    await client.socket.until(() => client.messages.length === 2)
    expect(fetched.mock.calls.map(([input]) => new Request(input).url).join()).not.toContain('files.test')
    fetched.mockRestore()
    expect(client.messages.at(-1)?.parts.some(({ text }) => text !== undefined)).toBe(true)
  })

  it('is told that there is no model, and the log says what to set', async () => {
    const failed = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    Object.assign(env, { LOCAL_MODEL_URL: '' })
    const client = await open()
    expect(await client.say('hello')).toContain('The chat is not set up yet')
    expect(client.socket.frames.join()).not.toContain('OPENAI_API_KEY')
    expect(JSON.stringify(failed.mock.calls)).toContain('OPENAI_API_KEY')
    Object.assign(env, { LOCAL_MODEL_URL: inject('modelUrl') })
    failed.mockRestore()
  })

  it('gets no frame of the SDK but those of the chat, and writes no state past it', async () => {
    const client = await open()
    client.socket.send(JSON.stringify({ type: 'cf_agent_state', state: { filled: 'up' } }))
    await client.say('still here')
    expect(client.socket.frames.join()).not.toMatch(/cf_agent_(identity|mcp_servers|state")/)
    const state = await runInDurableObject(
      Chat.get(idOf(ada.sub)),
      (agent) => 'state' in agent && agent.state,
    )
    expect(state).toBeUndefined()
  })

  it('is heard no more when the token has ended', async () => {
    const token = await issuer.token(ada)
    const { socket } = await openChat(path, token)
    vi.useFakeTimers({ toFake: ['Date'], now: (Number(parse(token).payload.exp) + 1) * 1000 })
    socket.send('{"type":"cf_agent_use_chat_request","id":"late","init":{"method":"POST","body":"{}"}}')
    expect(await socket.end()).toBe(4401)
    vi.useRealTimers()
    expect((await open()).messages).toEqual([])
  })

  it.each(['a word', 'none'])(
    'is heard no more when they were revoked, whether they say %s',
    async (said) => {
      const { socket } = await openChat(path, await issuer.token(ada, { ttlSeconds: 3600 }))
      await denylist.revoke({ sub: ada.sub })
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 31_000 })
      if (said === 'none') await runDurableObjectAlarm(Chat.get(idOf(ada.sub)))
      else socket.send('{"type":"cf_agent_chat_clear"}')
      expect(await socket.end()).toBe(4401)
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
