import { parse } from '@sealgate/kit'
import type { TestClaims, TestIssuer } from '@sealgate/kit/testing'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Chat, openChat } from '../support/agents/chat.ts'
import { connect } from '../support/agents/client.ts'
import { pace } from '../support/agents/scripted-model.ts'
import { issuerOfService } from '../support/agents/service.ts'

let issuer: TestIssuer
let serial = 0

beforeAll(async () => {
  issuer = await issuerOfService()
})
beforeEach(() => {
  serial++
})
afterEach(() => {
  pace.milliseconds = 0
  vi.useRealTimers()
})

const ada: TestClaims = { sub: 'ada', kind: 'user' }

describe.each([
  ['ai 7', 'tool-chat'],
  ['ai 6', 'tool-chat6'],
])('a reply by %s, when the token ends in the middle of it', (_, binding) => {
  const path = (): string => `/agents/${binding}/stream-${serial}`
  const heard = (chat: Chat): string => JSON.stringify(chat.chunks())

  it('stops: nothing more is sent to anybody, the socket is closed, and the model is read no more', async () => {
    Object.assign(pace, { milliseconds: 20, words: 0 })
    const short = await issuer.token(ada, { ttlSeconds: 60 })
    const other = await openChat(path(), await issuer.token(ada, { ttlSeconds: 600 }))
    const chat = await openChat(path(), short)
    const words = Array.from({ length: 500 }, (_word, index) => `word${index}`)
    chat.say(words.join(' ')).catch(() => undefined)
    await vi.waitFor(() => expect(heard(other)).toContain('word3'))
    vi.useFakeTimers({ toFake: ['Date'], now: (Number(parse(short).payload.exp) + 1) * 1000 })
    const before = [chat, other].map(({ frames }) => frames.length)
    expect(await chat.end()).toBe(4401)
    await vi.waitFor(() => expect(other.frames.join()).toContain('"done":true'))
    expect([chat, other].map(({ frames }) => frames.length)).toEqual([before[0], expect.any(Number)])
    expect(heard(other)).not.toContain('word100')
    expect(pace.words).toBeLessThan(150)
  })
})

it('what code sends to a connection after the end of its token does not arrive', async () => {
  const token = await issuer.token({ ...ada, permissions: ['read:reports'] })
  const client = await connect(`/agents/shared-board/slow-${serial}`, token)
  client.send('until the end')
  await client.frame('one moment')
  const before = client.frames.length
  vi.useFakeTimers({ toFake: ['Date'], now: (Number(parse(token).payload.exp) + 1) * 1000 })
  expect(await client.end()).toBe(4401)
  expect(client.frames).toHaveLength(before)
})
