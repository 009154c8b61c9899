/** What a client can write on the wire, method, path, headers and body: the gateway never responds with 500. */
import { once } from 'node:events'
import { connect } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoUsers } from 'sealgate/internal'
import { startSystem, type System } from '../support/system.ts'

let system: System
let token: string

beforeAll(async () => {
  system = await startSystem()
  token = await system.login(demoUsers.alice)
})
afterAll(() => system.close())

/** Sends bytes as they are, and returns the status; `undefined` when the connection ends without one. */
async function send(text: string): Promise<number | undefined> {
  const { hostname, port } = system.url
  const socket = connect(Number(port), hostname)
  let received = ''
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    received += chunk
    if (received.includes('\r\n')) socket.destroy()
  })
  socket.on('error', () => undefined)
  socket.setTimeout(5000, () => socket.destroy())
  socket.write(text, 'latin1')
  await once(socket, 'close')
  const status = /^HTTP\/1\.1 (\d{3})/.exec(received)?.[1]
  return status === undefined ? undefined : Number(status)
}

function requestOf(method: string, path: string, headers: readonly string[], body = ''): string {
  const lines = [`${method} ${path} HTTP/1.1`, `Host: ${system.url.host}`, 'Connection: close', ...headers]
  if (body !== '') lines.push(`Content-Length: ${Buffer.byteLength(body, 'latin1')}`)
  return `${lines.join('\r\n')}\r\n\r\n${body}`
}

// CONNECT never reaches a Worker: no runtime makes a Request of it.
describe('a forwarded request', () => {
  it.each(['GET', 'HEAD'])('%s with a body is forwarded without it', async (method) => {
    const headers = [`Authorization: Bearer ${token}`, 'Content-Type: application/json']
    expect(await send(requestOf(method, '/api/reports', headers, '{"a":1}'))).toBe(200)
  })

  it.each([
    ['TRACE', [400, 405, 501]],
    ['PROPFIND', [501]],
    ['BREW', [400, 501]],
    ['OPTIONS', [204, 401, 405]],
  ])('%s is no fault of the gateway', async (method, allowed) => {
    const status = await send(requestOf(method, '/api/whoami', [`Authorization: Bearer ${token}`]))
    // The server itself may end a connection whose method it does not know.
    if (status !== undefined) expect(allowed).toContain(status)
  })
})

it('ten Cookie headers with a long run of spaces at once do not delay others', async () => {
  const cookie = `Cookie: a=1;${' '.repeat(7900)}x`
  const statuses = await Promise.all(
    Array.from({ length: 10 }, () => send(requestOf('GET', '/auth/profile', [cookie]))),
  )
  expect(new Set(statuses)).toEqual(new Set([401]))
  const long = `Cookie: a=1;${' '.repeat(12_000)}x`
  expect(await send(requestOf('GET', '/auth/profile', [long]))).toBe(431)
})

it('no request line, header or body is a 500', { timeout: 120_000 }, async () => {
  const text = fc.string({
    unit: fc.constantFrom(...Array.from('aA0/.%;,=:{}[]"\\ \t\u00e9\u00ff-_~!*()\'&?#')),
    maxLength: 40,
  })
  const method = fc.constantFrom(
    'GET',
    'POST',
    'HEAD',
    'PUT',
    'PATCH',
    'DELETE',
    'OPTIONS',
    'TRACE',
    'PROPFIND',
    'X',
  )
  const path = fc.oneof(
    fc.constantFrom(
      '/',
      '/health',
      '/api/x',
      '/oauth/token',
      '/oauth/revoke',
      '/auth/login',
      '/auth/callback',
    ),
    fc.constantFrom(
      '/auth/profile',
      '/auth/refresh',
      '/auth/logout',
      '/.well-known/jwks.json',
      '/openapi.json',
    ),
    text.map((part) => `/${part.replace(/[ \t]/g, '')}`),
  )
  const name = fc.constantFrom(
    ...['Accept', 'Authorization', 'Cookie', 'Content-Type', 'Origin', 'Range', 'Upgrade', 'X-Request-Id'],
    ...[
      'Sec-WebSocket-Protocol',
      'Sec-Fetch-Site',
      'Access-Control-Request-Method',
      'If-None-Match',
      'traceparent',
    ],
  )
  const header = fc.tuple(name, text).map(([one, value]) => `${one}: ${value}`)
  const request = fc.record({ method, path, headers: fc.array(header, { maxLength: 4 }), body: text })
  await fc.assert(
    fc.asyncProperty(request, async ({ method: verb, path: where, headers, body }) => {
      expect(await send(requestOf(verb, where, headers, body))).not.toBe(500)
    }),
    { numRuns: 300 },
  )
})
