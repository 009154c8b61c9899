import { decodeJwt } from 'jose'
import { describe, expect, it } from 'vitest'
import { defineGateway } from '../config/definition.ts'
import { createTestGateway, type TestGateway } from '../testing/create-test-gateway.ts'
import { catchLogs, expectError } from '../testing/fixtures.ts'

const ORIGIN = 'https://api.example.com'
const OWN = 'https://gateway.test'
const methods = ['GET', 'POST'] as const
catchLogs()

const definition = defineGateway({
  audiences: { vendor: { permissions: ['read:orders'], roles: [] } },
  routes: [
    { match: '/orders/*', methods, origin: ORIGIN, audience: 'vendor', forwardCookies: ['theme'] },
    { match: '/public/*', methods, origin: ORIGIN, auth: 'none' },
  ],
})

interface Sent extends TestGateway {
  /** What reached the origin, as it came. */
  readonly received: readonly Request[]
  bearer(): Promise<Record<string, string>>
}

async function start(
  answer: (request: Request) => Response | Promise<Response> = () => new Response('ok'),
): Promise<Sent> {
  const received: Request[] = []
  const gateway = await createTestGateway(definition, {
    services: {
      [ORIGIN]: (request: Request) => {
        received.push(request)
        return answer(request)
      },
    },
  })
  const bearer = async () => ({
    Authorization: `Bearer ${await gateway.auth0.token({ permissions: ['read:orders'] })}`,
  })
  return { ...gateway, received, bearer }
}

describe('a route to an origin', () => {
  it('sends the same path and query to that host, with an internal token for its audience', async () => {
    const gateway = await start()
    const headers = {
      ...(await gateway.bearer()),
      Cookie: 'theme=dark; x=1',
      'X-Evil': '1',
      Accept: 'text/plain',
    }
    const response = await gateway.fetch('/orders/7?year=2026&next=https://evil.test', { headers })
    expect(await response.text()).toBe('ok')
    const [request] = gateway.received
    expect(request?.url).toBe(`${ORIGIN}/orders/7?year=2026&next=https://evil.test`)
    expect(request?.redirect).toBe('manual')
    expect(request?.cache).toBe('no-store')
    expect(request?.headers.get('Cookie')).toBe('theme=dark')
    expect(request?.headers.get('Accept')).toBe('text/plain')
    expect(request?.headers.get('X-Request-Id')).toBe(response.headers.get('X-Request-Id'))
    expect(request?.headers.has('X-Evil')).toBe(false)
    const token = (request?.headers.get('Authorization') ?? '').replace('Bearer ', '')
    expect(decodeJwt(token)).toMatchObject({ aud: 'vendor', permissions: ['read:orders'] })
    expect((await gateway.kit('vendor').safeVerify(token)).ok).toBe(true)
  })

  it('sends no token of Auth0, and nothing at all for a caller without one', async () => {
    const gateway = await start()
    await expectError(await gateway.fetch('/orders/7'), 401, 'unauthorized')
    expect(gateway.received).toEqual([])
    const headers = await gateway.bearer()
    await gateway.fetch('/public/x', { headers })
    expect(gateway.received[0]?.headers.has('Authorization')).toBe(false)
  })

  it('passes a body on', async () => {
    const gateway = await start(async (request) => new Response(await request.text()))
    const init = { method: 'POST', headers: await gateway.bearer(), body: 'an order' }
    expect(await (await gateway.fetch('/orders/', init)).text()).toBe('an order')
  })

  it.each([
    '//evil.test/orders/x',
    '/orders/..//evil.test',
    '/orders/%2e%2e/%2fevil.test',
    '/orders/\\evil.test',
    '/orders/%5cevil.test',
    '/orders/x%0d%0aHost:%20evil.test',
  ])('goes nowhere else, whatever the path is: %s', async (path) => {
    const gateway = await start()
    await gateway.fetch(new Request(`${OWN}${path}`, { headers: await gateway.bearer() }))
    for (const { url } of gateway.received) expect(new URL(url).origin).toBe(ORIGIN)
  })

  it.each(['/public/@evil.test/x', '/public/:443@evil.test', '/public/x?@evil.test'])(
    'is of that host, though the path looks like another: %s',
    async (path) => {
      const gateway = await start()
      await gateway.fetch(path)
      expect(gateway.received.map(({ url }) => url)).toEqual([`${ORIGIN}${path}`])
    },
  )

  it('does not follow a redirect', async () => {
    const gateway = await start(
      () =>
        new Response(null, { status: 302, headers: { Location: 'http://169.254.169.254/latest/meta-data' } }),
    )
    const response = await gateway.fetch('/public/x')
    expect(response.status).toBe(302)
    expect(gateway.received).toHaveLength(1)
  })

  it.each([
    ['within the origin', `${ORIGIN}/public/next?a=1#top`, `${OWN}/public/next?a=1#top`],
    ['within the origin, by its path', '/public/next', `${OWN}/public/next`],
    ['within the origin, by a relative path', 'next', `${OWN}/public/next`],
    ['within the origin, by two slashes in the path', `${ORIGIN}//evil.test/x`, `${OWN}//evil.test/x`],
    ['within the origin, without its scheme', '//api.example.com/next', `${OWN}/next`],
    ['to another site', 'https://files.example.com/x', 'https://files.example.com/x'],
    ['to another port', `${ORIGIN}:8443/x`, `${ORIGIN}:8443/x`],
    ['to what is no URL', 'https://', 'https://'],
  ])('hands a redirect %s to the client', async (_, Location, expected) => {
    const gateway = await start(() => new Response(null, { status: 307, headers: { Location } }))
    expect((await gateway.fetch('/public/x')).headers.get('Location')).toBe(expected)
  })

  it('lets the origin say nothing of the gateway’s host, and set no cookie of its', async () => {
    const gateway = await start(
      () =>
        new Response('ok', {
          headers: [
            ['Strict-Transport-Security', 'max-age=1; includeSubDomains; preload'],
            ['Alt-Svc', 'h3="evil.test:443"'],
            ['NEL', '{}'],
            ['Report-To', '{}'],
            ['Clear-Site-Data', '"*"'],
            ['Access-Control-Allow-Origin', '*'],
            ['X-Error-Source', 'gateway'],
            ['Set-Cookie', '__Host-sealgate-session=x; Path=/; Secure'],
            ['Set-Cookie', 'theme=dark'],
            ['ETag', '"1"'],
          ],
        }),
    )
    const { headers } = await gateway.fetch('/public/x')
    for (const name of [
      'Alt-Svc',
      'NEL',
      'Report-To',
      'Clear-Site-Data',
      'Access-Control-Allow-Origin',
      'X-Error-Source',
    ]) {
      expect(headers.has(name), name).toBe(false)
    }
    expect(headers.get('Strict-Transport-Security') ?? '').not.toContain('preload')
    expect(headers.getSetCookie()).toEqual(['theme=dark'])
    expect(headers.get('ETag')).toBe('"1"')
  })

  it('whose origin fails is 502, and says no more', async () => {
    const gateway = await start(() => Promise.reject(new Error('connect ECONNREFUSED 10.0.0.5:443')))
    expect(await expectError(await gateway.fetch('/public/x'), 502, 'bad_gateway')).not.toContain('10.0.0.5')
  })

  it.each<[string, object, RegExp]>([
    ['neither', {}, /needs a service, or an origin/],
    ['both', { origin: ORIGIN, service: 'X' }, /has a service and an origin: keep one/],
    [
      'a private address',
      { origin: 'https://10.0.0.5' },
      /\/x goes to https:\/\/10\.0\.0\.5, which is a private/,
    ],
    ['another spelling of one', { origin: 'https://0x0a000005' }, /did you mean https:\/\/10\.0\.0\.5\?/],
    ['plain http', { origin: 'http://api.example.com' }, /which is not https/],
    ['the word for a private address on a service', { service: 'X', allowPrivate: true }, /is for an origin/],
  ])('does not start with %s', async (_, target, problem) => {
    const ROUTES = [{ match: '/x', methods: ['GET'], auth: 'none', ...target }]
    await expect(createTestGateway(definition, { env: { ROUTES, X: { fetch } } })).rejects.toThrow(problem)
  })

  it('compiles with a service or an origin, not with both or neither', () => {
    const route = { match: '/x', methods, auth: 'none' } as const
    defineGateway({ audiences: {}, routes: [{ ...route, origin: ORIGIN, allowPrivate: true }] })
    // @ts-expect-error -- a service and an origin
    defineGateway({ audiences: {}, routes: [{ ...route, origin: ORIGIN, service: 'X' }] })
    // @ts-expect-error -- neither service nor origin
    defineGateway({ audiences: {}, routes: [{ ...route }] })
    // @ts-expect-error -- an origin without its scheme
    defineGateway({ audiences: {}, routes: [{ ...route, origin: 'api.example.com' }] })
  })
})
