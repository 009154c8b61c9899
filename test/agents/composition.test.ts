import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { parse } from '@sealgate/kit'
import type { TestClaims, TestIssuer } from '@sealgate/kit/testing'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { connect } from '../support/agents/client.ts'
import { bearer, issuerOfService, request } from '../support/agents/service.ts'
import { ChatFree, seen } from '../support/agents/worker.ts'

let issuer: TestIssuer
let serial = 0

beforeAll(async () => {
  issuer = await issuerOfService()
})
beforeEach(() => {
  serial++
  seen.length = 0
})
afterEach(() => vi.useRealTimers())

const ada: TestClaims = { sub: 'ada', kind: 'user', permissions: ['read:reports'] }
const eve: TestClaims = { sub: 'eve', kind: 'user', permissions: ['read:reports'] }
const chatFrame = JSON.stringify({
  type: 'cf_agent_use_chat_request',
  id: 'r1',
  init: {
    method: 'POST',
    body: JSON.stringify({
      messages: [{ id: 'm1', role: 'user', parts: [{ type: 'text', text: 'Hello there' }] }],
    }),
  },
})

/** What a caller gets over HTTP and on an upgrade. */
async function statuses(path: string, claims?: TestClaims): Promise<readonly number[]> {
  const credentials = claims ? bearer(await issuer.token(claims)) : {}
  return [
    (await request(`${path}/get-messages`, credentials)).status,
    (await connect(path, credentials)).status,
  ]
}

describe.each([
  ['OwnedAgent(AuthAgent(AIChatAgent))', 'chat-inside'],
  ['AuthAgent(OwnedAgent(AIChatAgent))', 'chat-outside'],
])('%s', (_, binding) => {
  const path = (): string => `/agents/${binding}/of-ada.${serial}`

  it('lets in whoever satisfies both mixins, and nobody else', async () => {
    expect(await statuses(path(), ada)).toEqual([200, 101])
    expect(await statuses(path(), eve), 'not the owner').toEqual([403, 403])
    expect(await statuses(path(), { ...ada, permissions: [] }), 'without the permission').toEqual([403, 403])
    expect(await statuses(path(), { ...ada, kind: 'machine' })).toEqual([403, 403])
    expect(await statuses(path())).toEqual([401, 401])
  })

  it('is a chat: it replies, and keeps what was said', async () => {
    const client = await connect(path(), await issuer.token(ada))
    client.send(chatFrame)
    await client.frame('Good morning')
    await vi.waitFor(async () => {
      const kept = await request(`${path()}/get-messages`, bearer(await issuer.token(ada)))
      expect(await kept.text()).toMatch(/Hello there.*Good morning/)
    })
  })

  it('looks at no frame after the token has ended', async () => {
    const token = await issuer.token(ada)
    const client = await connect(path(), token)
    await client.frame('cf_agent_identity')
    vi.useFakeTimers({ toFake: ['Date'], now: (Number(parse(token).payload.exp) + 1) * 1000 })
    client.send(chatFrame)
    expect(await client.end()).toBe(4401)
    vi.useRealTimers()
    const kept = await request(`${path()}/get-messages`, bearer(await issuer.token(ada)))
    expect(await kept.json()).toEqual([])
  })
})

it('a chat without options has no owner until code sets one', async () => {
  const path = `/agents/chat-free/chat-${serial}`
  expect(await statuses(path, ada)).toEqual([403, 403])
  const { ChatFree: chats } = env as unknown as { readonly ChatFree: DurableObjectNamespace }
  await runInDurableObject(chats.get(chats.idFromName(`chat-${serial}`)), (agent) => {
    if (!(agent instanceof ChatFree)) throw new Error('the binding has another class')
    agent.setOwner('ada')
    expect(agent.owner).toBe('ada')
  })
  expect(await statuses(path, ada)).toEqual([200, 101])
  expect(await statuses(path, eve)).toEqual([403, 403])
})

it('a class below that sets hooks of its own keeps them, behind both checks', async () => {
  const path = `/agents/hooked/of-ada.${serial}`
  for (const claims of [eve, { ...ada, permissions: [] }]) {
    expect((await connect(path, await issuer.token(claims))).status).toBe(403)
  }
  expect(seen).toEqual([])
  const token = await issuer.token(ada)
  const client = await connect(path, token)
  client.send('count')
  await client.frame('1 connected')
  expect(seen).toEqual(['connect', 'wrapped', 'message'])
  vi.useFakeTimers({ toFake: ['Date'], now: (Number(parse(token).payload.exp) + 1) * 1000 })
  client.send('count')
  expect(await client.end()).toBe(4401)
  expect(seen).toEqual(['connect', 'wrapped', 'message'])
})
