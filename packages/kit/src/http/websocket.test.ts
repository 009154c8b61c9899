import { describe, expect, it } from 'vitest'
import {
  isWebSocketUpgrade,
  offeredProtocols,
  selectProtocol,
  serviceProtocols,
  setOfferedProtocols,
  setSelectedProtocol,
} from './websocket.ts'

const HEADER = 'Sec-WebSocket-Protocol'
const headersOf = (value?: string): Headers => new Headers(value === undefined ? {} : { [HEADER]: value })

it.each([
  ['websocket', true],
  ['WebSocket', true],
  ['h2c', false],
  [undefined, false],
])('a request with Upgrade: %s is a WebSocket handshake: %s', (upgrade, expected) => {
  const headers = upgrade === undefined ? {} : { Upgrade: upgrade }
  expect(isWebSocketUpgrade(new Request('https://a.test', { headers }))).toBe(expected)
})

describe('offered subprotocols', () => {
  it.each([
    [undefined, [], [], false],
    ['', [], [], false],
    ['sealgate, sealgate.bearer.abc', ['abc'], ['sealgate'], false],
    [' chat ,, sealgate.bearer.abc ,sealgate', ['abc'], ['chat', 'sealgate'], false],
    ['sealgate.bearer.abc', ['abc'], [], true],
    ['sealgate.bearer.', [''], [], true],
    ['sealgate, sealgate.bearer.a, sealgate.bearer.b', ['a', 'b'], ['sealgate'], false],
    ['Sealgate.bearer.a', [], ['Sealgate.bearer.a'], false],
  ])('of "%s" are told apart from the tokens among them', (value, tokens, protocols, isIncomplete) => {
    expect(offeredProtocols(headersOf(value))).toEqual({ tokens, protocols, isIncomplete })
  })

  it('that a service receives hold neither a token nor the one that carries it', () => {
    expect(serviceProtocols(offeredProtocols(headersOf('chat, sealgate, sealgate.bearer.a, v2')))).toEqual([
      'chat',
      'v2',
    ])
  })

  it('are written as one header, or none', () => {
    const headers = headersOf('old')
    setOfferedProtocols(headers, ['chat', 'v2'])
    expect(headers.get(HEADER)).toBe('chat, v2')
    setOfferedProtocols(headers, [])
    expect(headers.has(HEADER)).toBe(false)
  })
})

describe('the selected subprotocol', () => {
  const offered = offeredProtocols(headersOf('chat, sealgate, sealgate.bearer.a'))
  const nothing = offeredProtocols(headersOf())
  const respondWith = (value?: string): Response => new Response(null, { headers: headersOf(value) })

  it.each([
    ['is the one that the service selected, when it was offered', 'chat', offered, 'chat', false],
    ['is sealgate, when the service selected none', undefined, offered, 'sealgate', false],
    ['is none, when none was offered', undefined, nothing, undefined, false],
    ['that was never offered is foreign', 'other', offered, 'sealgate', true],
    ['that was never offered is foreign, when nothing was offered', 'other', nothing, undefined, true],
    ['that holds the token is foreign', 'sealgate.bearer.a', offered, 'sealgate', true],
  ])('%s', (_, selected, offer, protocol, isForeign) => {
    expect(selectProtocol(respondWith(selected), offer)).toEqual({ protocol, isForeign })
  })

  it('is written to the response, or removed from it', () => {
    const headers = headersOf('other')
    setSelectedProtocol(headers, 'sealgate')
    expect(headers.get(HEADER)).toBe('sealgate')
    setSelectedProtocol(headers, undefined)
    expect(headers.has(HEADER)).toBe(false)
  })
})
