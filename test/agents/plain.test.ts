import type { TestIssuer } from '@sealgate/kit/testing'
import { beforeAll, expect, it } from 'vitest'
import { connect } from '../support/agents/client.ts'
import { bearer, issuerOfService, offer } from '../support/agents/service.ts'
import { seen } from '../support/agents/worker.ts'

let issuer: TestIssuer
let token: string

beforeAll(async () => {
  issuer = await issuerOfService()
  token = await issuer.token({ permissions: ['read:reports'] })
})

it('opens a plain WebSocket: 101 with the subprotocol, and the token only in Authorization', async () => {
  const client = await connect('/plain', token)
  expect(client.status).toBe(101)
  expect(client.headers.get('Sec-WebSocket-Protocol')).toBe('sealgate')
  await client.frame('sec-websocket-protocol')
  const passed = new Map(JSON.parse(client.frames[0] ?? '[]') as [string, string][])
  expect(passed.get('sec-websocket-protocol')).toBe('sealgate')
  expect(passed.get('authorization')).toBe(`Bearer ${token}`)
  expect([...passed.values()].filter((value) => value.includes(token))).toHaveLength(1)
})

it('answers no subprotocol to a client that offered none', async () => {
  const client = await connect('/plain', bearer(token))
  expect(client.status).toBe(101)
  expect(client.headers.get('Sec-WebSocket-Protocol')).toBeNull()
})

it.each([
  ['all that the client offered', '/echo-offer'],
  ['the protocol of the token', '/echo-last'],
])('does not echo the token when code chooses %s', async (_, path) => {
  const client = await connect(path, token)
  expect(client.headers.get('Sec-WebSocket-Protocol')).toBe('sealgate')
  expect(JSON.stringify([...client.headers])).not.toContain(token)
})

it('leaves another protocol of the service as it is', async () => {
  const client = await connect(
    '/plain?protocol=chat.v1',
    offer('chat.v1', 'sealgate', `sealgate.bearer.${token}`),
  )
  expect(client.headers.get('Sec-WebSocket-Protocol')).toBe('chat.v1')
})

it.each<[what: string, headers: () => HeadersInit | Promise<HeadersInit>, status: number]>([
  ['no credentials', () => ({}), 401],
  ['a token without the permission', async () => bearer(await issuer.token()), 403],
  ['two tokens', () => offer('sealgate', `sealgate.bearer.${token}`, `sealgate.bearer.${token}`), 400],
  ['the token without sealgate beside it', () => offer(`sealgate.bearer.${token}`), 400],
])('opens no socket for %s', async (_, headers, status) => {
  const client = await connect('/plain', await headers())
  expect([client.status, client.isOpen]).toEqual([status, false])
})

it('checks twice when the Worker asks before it wakes the Agent', async () => {
  const owner = await issuer.token({ sub: 'alice', kind: 'user' })
  const client = await connect('/checked/owned/of-alice', owner)
  await client.frame('welcome')
  expect(client.headers.get('Sec-WebSocket-Protocol')).toBe('sealgate')
  expect(seen, 'with trustProps').toContain('props {"from":"worker"}')
  const stranger = await issuer.token({ sub: 'mallory', kind: 'user' })
  expect((await connect('/checked/owned/of-alice', stranger)).status).toBe(403)
  expect((await connect('/checked/owned/of-alice')).status).toBe(401)
})
