import type { TestClaims, TestIssuer } from '@sealgate/kit/testing'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { openChat } from '../support/agents/chat.ts'
import { offered } from '../support/agents/scripted-model.ts'
import { exchangeOfService, issuerOfService } from '../support/agents/service.ts'
import { done } from '../support/agents/tools.ts'

let issuer: TestIssuer
let serial = 0
let lines: Readonly<Record<string, unknown>>[]

beforeAll(async () => {
  issuer = await issuerOfService()
  exchangeOfService(issuer)
})
beforeEach(() => {
  serial++
  done.length = 0
  offered.length = 0
  lines = []
  vi.spyOn(console, 'warn').mockImplementation((line) => lines.push(line as never))
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

const ada: TestClaims = { sub: 'ada', kind: 'user', permissions: ['use:weather', 'write:payments'] }
const rights = {
  denied: true,
  reason: 'insufficient_rights',
  message: 'The user does not have the right to use this tool. Do not try it again.',
}

describe.each([
  ['ai 7', 'tool-chat'],
  ['ai 6', 'tool-chat6'],
])('tools of %s', (_, binding) => {
  const open = async (claims = ada) =>
    openChat(`/agents/${binding}/of-ada-${serial}`, await issuer.token(claims))

  it('are offered to the model as far as the caller may use them', async () => {
    await (await open()).say('Hello')
    expect(offered).toEqual([['weather', 'read', 'slow', 'strict', 'transfer', 'pay']])
    await (await open({ ...ada, permissions: [] })).say('Hello again')
    expect(offered[1]).toEqual(['read', 'slow', 'strict'])
  })

  it('run for whoever spoke', async () => {
    const chat = await open()
    await chat.say('call weather {"city":"Rome"} as c1')
    await chat.returned('c1', 'sun in Rome, for ada')
    expect(chat.chunks().filter(({ toolCallId }) => toolCallId === 'c1')).toHaveLength(2)
    expect(lines).toEqual([])
  })

  it('that yield say so as they go on', async () => {
    const chat = await open()
    await chat.say('call slow {} as c1')
    const outputs = chat.chunks().filter(({ type }) => type === 'tool-output-available')
    expect(outputs.map(({ output }) => output)).toEqual(['half', 'whole', 'whole'])
  })

  it('that are hidden are denied when the model calls them by name', async () => {
    const chat = await open()
    await chat.say('call secrets {"of":"ada"} as c1')
    await chat.returned('c1', rights)
    expect(done).toEqual([])
    expect(lines).toMatchObject([
      {
        event: 'decision',
        decision: 'denied',
        reason: 'insufficient_rights',
        rule: 'has the permission read:secrets',
        detail: 'the tool secrets: the policy does not grant this',
      },
    ])
  })

  it('are denied by policy when the result of another one orders the model to use them', async () => {
    const chat = await open()
    await chat.say('call read {} as c1')
    await chat.returned('call-2', rights)
    expect(offered[1]).not.toContain('secrets')
    expect(done).toEqual([])
    expect(lines).toHaveLength(1)
  })

  it('that check more themselves are denied in the same words', async () => {
    const chat = await open()
    await chat.say('call strict {} as c1')
    await chat.returned('c1', rights)
    expect(lines).toMatchObject([{ reason: 'insufficient_rights', rule: 'has the permission write:reports' }])
  })

  it('without a need to ask run at once', async () => {
    const chat = await open()
    await chat.say('call transfer {"to":"bob","amount":50} as c1')
    await chat.returned('c1', '50 to bob')
  })
})
