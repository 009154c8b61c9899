import type { TestIssuer } from '@sealgate/kit/testing'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { connect } from '../../support/agents/client.ts'
import {
  bearer,
  denylistOfService,
  issuerOfService,
  offer,
  request,
  shortenTimers,
  type TestDenylist,
} from '../../support/agents/service.ts'

let issuer: TestIssuer
let denylist: TestDenylist

beforeAll(async () => {
  issuer = await issuerOfService()
  denylist = denylistOfService(issuer)
  vi.spyOn(console, 'warn').mockImplementation(() => undefined)
})

describe.each(['/echo', '/api/echo'])('%s', (path) => {
  it.each<[what: string, status: number, headers: () => HeadersInit | Promise<HeadersInit>]>([
    ['no token', 401, () => ({})],
    ['a forged token', 401, async () => bearer(await issuer.forged())],
    ['a token that ended', 401, async () => bearer(await issuer.expired())],
    ['an anonymous caller', 401, async () => bearer(await issuer.token({ kind: 'anonymous' }))],
    [
      'two tokens',
      400,
      async () => ({ ...bearer(await issuer.token()), ...offer('sealgate', 'sealgate.bearer.x') }),
    ],
  ])('opens no socket for %s', async (_, status, headers) => {
    const client = await connect(path, await headers())
    expect([client.status, client.isOpen]).toEqual([status, false])
    expect(client.headers.get('WWW-Authenticate')).toMatch(/^Bearer/)
  })

  it('says back what it hears, to a browser and behind the gateway', async () => {
    const token = await issuer.token()
    for (const credentials of [token, bearer(token)]) {
      const client = await connect(path, credentials)
      client.send('ping')
      await client.frame('ping')
      expect(client.frames).toEqual(['ping'])
      expect(client.headers.get('Sec-WebSocket-Protocol')).toBe(credentials === token ? 'sealgate' : null)
    }
  })

  it('tells a caller without an upgrade what to do, when the token is good', async () => {
    const response = await request(path, bearer(await issuer.token()))
    expect([response.status, response.headers.get('Upgrade')]).toEqual([426, 'websocket'])
    expect((await request(path)).status).toBe(401)
  })
})

it('closes the socket when the token ends, though nobody says a word', async () => {
  const client = await connect('/echo', await issuer.token({}, { ttlSeconds: 1 }))
  expect(client.isOpen).toBe(true)
  const opened = Date.now()
  await vi.waitFor(() => expect(client.closed).toMatchObject({ code: 4401 }))
  expect(Date.now() - opened).toBeLessThan(2000)
})

it('closes the socket when its user is revoked, though nobody says a word', async () => {
  shortenTimers()
  const [revoked, other] = await Promise.all(
    ['ada', 'bob'].map(async (sub) => connect('/echo', await issuer.token({ sub }))),
  )
  await denylist.revoke({ sub: 'ada' })
  expect(await revoked?.end()).toBe(4401)
  other?.send('still here')
  await other?.frame('still here')
  vi.unstubAllGlobals()
})
