/** Routes to an origin, from a real Worker to a real server. */
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type LocalOrigin, startLocalOrigin } from '../support/local-origin.ts'
import { type GatewayWorker, startGatewayWorker } from '../support/gateway-worker.ts'

let vendor: LocalOrigin
let running: GatewayWorker
let token: string

beforeAll(async () => {
  vendor = await startLocalOrigin()
  const to = { methods: ['GET', 'POST'], origin: vendor.origin, allowPrivate: true, audience: 'reports' }
  running = await startGatewayWorker({
    bindings: {
      // Unset: its own address is that of the request.
      BASE_URL: '',
      AUDIENCES: JSON.stringify({ reports: { permissions: ['read:reports'], roles: [] } }),
      ROUTES: JSON.stringify([
        { ...to, match: '/vendor/*' },
        { ...to, match: '/vendor/slow', timeoutMs: 300 },
        {
          ...{ match: '/gone', methods: ['GET'], origin: 'http://127.0.0.1:9' },
          ...{ allowPrivate: true, auth: 'none' },
        },
      ]),
    },
  })
  token = running.tenant.control.issue({})
})
afterAll(async () => {
  await running.close()
  await vendor.close()
})

function send(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = { ...(init.headers as object), Authorization: `Bearer ${token}` }
  return fetch(new URL(path, running.url), { redirect: 'manual', ...init, headers })
}

describe('an origin, over a real network', () => {
  it('gets the request with an internal token, and no header of the gateway’s neighbours', async () => {
    const response = await send('/vendor/x.pdf?a=1', { method: 'POST', body: 'an order' })
    expect(response.status).toBe(200)
    expect(await response.text()).toBe('an order')
    const request = vendor.received.at(-1)
    expect(request?.url).toBe('/vendor/x.pdf?a=1')
    expect(request?.headers.host).toBe(new URL(vendor.origin).host)
    expect(request?.headers['x-request-id']).toBe(response.headers.get('X-Request-Id'))
    const internal = String(request?.headers.authorization).replace('Bearer ', '')
    expect(internal).not.toBe(token)
    expect(decodeJwt(internal)).toMatchObject({ aud: 'reports', iss: 'https://gateway.internal' })
  })

  it('is asked again for each caller: what it says may be kept is not kept on the way', async () => {
    const before = vendor.received.length
    await (await send('/vendor/report.pdf')).text()
    await (await send('/vendor/report.pdf')).text()
    expect(vendor.received.length - before).toBe(2)
  })

  it('has its redirects handed on, not followed', async () => {
    const before = vendor.received.length
    const response = await send('/vendor/redirect')
    expect(response.status).toBe(302)
    expect(response.headers.get('Location')).toBe(`${running.url.origin}/vendor/next`)
    expect(vendor.received.length - before).toBe(1)
  })

  it('may send what is compressed', async () => {
    expect(await (await send('/vendor/zipped')).text()).toBe('zipped text')
  })

  it('may stream: its first bytes do not wait for the last', async () => {
    const started = Date.now()
    const { body } = await send('/vendor/stream')
    for await (const chunk of body ?? []) {
      expect(Buffer.from(chunk as Uint8Array).toString()).toBe('first ')
      break
    }
    expect(Date.now() - started).toBeLessThan(1400)
  })

  it('has so long to begin its response, and no longer', async () => {
    const response = await send('/vendor/slow')
    expect(response.status).toBe(502)
  })

  it('that is not there is 502', async () => {
    const response = await send('/gone')
    expect(response.status).toBe(502)
    expect(await response.text()).not.toContain('127.0.0.1')
  })

  it('opens a WebSocket, whose token stays between the two', async () => {
    const url = new URL('/vendor/socket', running.url)
    url.protocol = 'ws:'
    const socket = new WebSocket(url, ['sealgate', `sealgate.bearer.${token}`])
    const echoed = new Promise<unknown>((resolve, reject) => {
      socket.addEventListener('message', ({ data }) => resolve(data))
      socket.addEventListener('error', () => reject(new Error('no socket')))
    })
    socket.addEventListener('open', () => socket.send('hello'))
    expect(await echoed).toBe('hello')
    expect(socket.protocol).toBe('sealgate')
    socket.close()
    const headers = vendor.received.at(-1)?.headers
    expect(headers?.['sec-websocket-protocol']).toBeUndefined()
    expect(headers?.authorization).toMatch(/^Bearer ey/)
    expect(JSON.stringify(headers)).not.toContain(token)
  })
})
