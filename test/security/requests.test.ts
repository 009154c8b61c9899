/** What a client can write on the wire, method, path, headers and body: the gateway never responds with 500. */
import { once } from 'node:events'
import { connect } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoUsers } from 'sealgate/internal'
import { Browser, startWithLogins } from '../support/browser.ts'
import type { System } from '../support/system.ts'

let system: System
let token: string
/** Of a browser that is logged in. */
let cookie: string

beforeAll(async () => {
  system = await startWithLogins()
  token = await system.login(demoUsers.alice)
  const browser = new Browser(system)
  await browser.logIn(demoUsers.alice)
  cookie = [...browser.cookies].map((pair) => pair.join('=')).join('; ')
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

describe('no request line, header or body is a 500', () => {
  const text = fc.string({
    unit: fc.constantFrom(...Array.from('aA0/.%;,=:{}[]"\\ \t\u00e9\u00ff-_~!*()\'&?#')),
    maxLength: 40,
  })
  const method = fc.constantFrom(
    ...['GET', 'POST', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'X'],
  )
  const name = fc.constantFrom(
    ...['Accept', 'Authorization', 'Cookie', 'Content-Type', 'Origin', 'Range', 'Upgrade', 'X-Request-Id'],
    ...['Sec-WebSocket-Protocol', 'Sec-Fetch-Site', 'Access-Control-Request-Method', 'If-None-Match'],
    ...['traceparent', 'Content-Encoding', 'Expect', 'Connection', 'Accept-Encoding'],
  )
  const header = fc.tuple(name, text).map(([one, value]) => `${one}: ${value}`)
  const segment = text.map((part) => part.replace(/[ \t]/g, ''))

  /** Sends requests to these paths, with these headers and whatever else. */
  async function sendAny(paths: fc.Arbitrary<string>, given: readonly string[] = []): Promise<void> {
    const request = fc.record({
      method,
      path: paths,
      headers: fc.array(header, { maxLength: 4 }),
      body: text,
    })
    await fc.assert(
      fc.asyncProperty(request, async ({ method: verb, path, headers, body }) => {
        expect(await send(requestOf(verb, path, [...given, ...headers], body))).not.toBe(500)
      }),
      { numRuns: 300 },
    )
  }

  it('to the gateway’s own routes', async () => {
    await sendAny(
      fc.oneof(
        fc.constantFrom(
          ...[
            '/health',
            '/ready',
            '/operator',
            '/oauth/token',
            '/oauth/revoke',
            '/auth/login',
            '/auth/callback',
            '/auth/profile',
          ],
          ...['/auth/refresh', '/auth/logout', '/openapi.json', '/.well-known/jwks.json'],
          ...['/.well-known/oauth-authorization-server', '/dev/token', '/dev/keys'],
        ),
        segment.map((part) => `/${part}`),
      ),
    )
  })

  it.each<[string, given: () => readonly string[]]>([
    ['with no credentials', () => []],
    ['with a token', () => [`Authorization: Bearer ${token}`]],
    ['with a session', () => [`Cookie: ${cookie}`, 'Sec-Fetch-Site: same-origin']],
  ])('to forwarded routes, %s', async (_, given) => {
    const reached = given().length > 0 ? '/api/reports' : '/api/whoami'
    expect(await send(requestOf('GET', reached, given())), 'it reaches the service').toBe(200)
    const known = ['/app/', '/app/app.js', '/api/reports', '/api/whoami', '/api/profile/x', '/api/echo']
    await sendAny(
      fc.oneof(
        fc.constantFrom(...known, '/api/agents/chat/x', '/api/admin/users'),
        fc.tuple(fc.constantFrom('/api/', '/app/'), segment).map((parts) => parts.join('')),
      ),
      given(),
    )
  })
})
