import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  catchLogs,
  expectError,
  type FakeAuth0,
  fakeAuth0,
  gatewayEnv,
  ISSUER,
  newSlot,
} from '../testing/fixtures.ts'
import { app } from '../testing/test-gateway.ts'

let auth0: FakeAuth0
let env: Record<string, unknown>
catchLogs()

const BASE_URL = 'https://gateway.test'
const WELL_KNOWN = '/.well-known/oauth-protected-resource'
const common = { service: 'CONSUMER', audience: 'reports' }
const pages = {
  documentation: 'https://docs.test/mcp',
  policy: 'https://docs.test/policy',
  terms: 'https://docs.test/terms',
}
const ROUTES = [
  { ...common, match: '/mcp/reports', mcp: { name: 'Reports “2026”', scopes: ['read:reports'], ...pages } },
  { ...common, match: '/mcp/archive/*', mcp: { name: 'Archive', scopes: [] } },
  { ...common, match: '/api/*', methods: ['GET'] },
]

beforeAll(async () => {
  auth0 = await fakeAuth0()
})
beforeEach(async () => {
  vi.spyOn(globalThis, 'fetch').mockImplementation(auth0.fetch)
  env = gatewayEnv({ JWT_PRIVATE_JWK_NAME: 'SLOT_A', SLOT_A: await newSlot('slot-a'), ROUTES, BASE_URL })
})

const read = async (path: string, init: RequestInit = {}): Promise<Response> =>
  app.request(`${BASE_URL}${path}`, init, env)

describe('RFC 9728: the metadata of a protected resource', () => {
  const metadata = async (path = '/mcp/reports'): Promise<Record<string, unknown>> =>
    (await read(`${WELL_KNOWN}${path}`)).json()

  it('§2 resource: the identifier, an https URL without a fragment', async () => {
    expect(await metadata()).toMatchObject({ resource: `${BASE_URL}/mcp/reports` })
  })

  it('§2 authorization_servers: the issuer of the identity provider, as it writes it', async () => {
    expect(await metadata()).toMatchObject({ authorization_servers: [ISSUER] })
  })

  it('§2 scopes_supported: the scopes of the route', async () => {
    expect(await metadata()).toMatchObject({ scopes_supported: ['read:reports'] })
  })

  it('§2 bearer_methods_supported: the header alone, neither body nor query', async () => {
    expect(await metadata()).toMatchObject({ bearer_methods_supported: ['header'] })
  })

  it('§2 resource_name, resource_documentation, resource_policy_uri, resource_tos_uri: of the route', async () => {
    expect(await metadata()).toMatchObject({
      resource_name: 'Reports “2026”',
      resource_documentation: pages.documentation,
      resource_policy_uri: pages.policy,
      resource_tos_uri: pages.terms,
    })
  })

  it('§3.2 has no member without a value, and none that is not meant', async () => {
    expect(await metadata('/mcp/archive')).toEqual({
      resource: `${BASE_URL}/mcp/archive`,
      authorization_servers: [ISSUER],
      bearer_methods_supported: ['header'],
      resource_name: 'Archive',
    })
  })

  it('§3.1 stands at the well-known path, which is inserted before the path of the resource', async () => {
    const { resource } = await metadata()
    const { origin, pathname } = new URL(String(resource))
    expect((await app.request(`${origin}${WELL_KNOWN}${pathname}`, {}, env)).status).toBe(200)
  })

  it('§3.1 of a resource without a path stands at the well-known path itself', async () => {
    env = { ...env, ROUTES: [{ ...common, match: '/', mcp: { name: 'Root', scopes: [] } }] }
    expect(await metadata('')).toMatchObject({ resource: BASE_URL })
  })

  it('§3.2 is JSON with status 200', async () => {
    const response = await read(`${WELL_KNOWN}/mcp/reports`)
    expect([response.status, response.headers.get('Content-Type')]).toEqual([200, 'application/json'])
    expect(response.headers.get('Cache-Control')).toBe('public, max-age=300')
  })

  it('§3.3 names the resource whose path it was requested with', async () => {
    for (const path of ['/mcp/reports', '/mcp/archive']) {
      expect(await metadata(path)).toMatchObject({ resource: `${BASE_URL}${path}` })
    }
  })

  it.each([
    ['of no resource', ''],
    ['of a path above', '/mcp'],
    ['of a path below an exact route', '/mcp/reports/x'],
    ['of a path below a prefix: the prefix is the resource (§3.3)', '/mcp/archive/x'],
    ['of an ordinary route', '/api/reports'],
    ['of a path that nobody serves', '/nowhere'],
    ['with a slash at its end', '/mcp/reports/'],
    ['in capitals', '/MCP/reports'],
  ])('%s is 404', async (_, path) => {
    await expectError(await read(`${WELL_KNOWN}${path}`), 404, 'not_found')
  })

  it.each(['/mcp%2freports', '/mcp//reports', '/%6dcp/reports'])(
    'is not found by a path that only looks alike: %s',
    async (path) => {
      expect([400, 404]).toContain((await read(`${WELL_KNOWN}${path}`)).status)
    },
  )

  it('says the same to everybody, whatever host the request names', async () => {
    const other = await app.request(`https://evil.test${WELL_KNOWN}/mcp/reports`, {}, env)
    expect(await other.json()).toMatchObject({ resource: `${BASE_URL}/mcp/reports` })
  })
})

describe('pages of every origin', () => {
  const Origin = 'https://any.test'

  it.each([[''], ['https://listed.test'], [Origin]])('may read it, CORS_ORIGINS=%s', async (CORS_ORIGINS) => {
    env = { ...env, CORS_ORIGINS }
    const response = await read(`${WELL_KNOWN}/mcp/reports`, { headers: { Origin } })
    expect(response.headers.get('Access-Control-Allow-Origin')).toBe('*')
    expect(response.headers.get('Access-Control-Allow-Credentials')).toBeNull()
    expect(response.headers.get('Cross-Origin-Resource-Policy')).toBe('cross-origin')
  })

  it.each([[''], ['https://listed.test']])('may ask before, CORS_ORIGINS=%s', async (CORS_ORIGINS) => {
    env = { ...env, CORS_ORIGINS }
    const headers = {
      Origin,
      'Access-Control-Request-Method': 'GET',
      'Access-Control-Request-Headers': 'mcp-protocol-version',
    }
    const response = await read(`${WELL_KNOWN}/mcp/reports`, { method: 'OPTIONS', headers })
    expect(response.status).toBe(204)
    expect(response.headers.get('Access-Control-Allow-Origin')).toBe('*')
    expect(response.headers.get('Access-Control-Allow-Methods')).toBe('GET, HEAD, OPTIONS')
    expect(response.headers.get('Access-Control-Allow-Headers')).toBe('*')
  })

  it.each(['/mcp/reports', '/api/x', '/health', '/openapi.json', `${WELL_KNOWN}/nowhere`])(
    'may read nothing else: %s',
    async (path) => {
      const response = await read(path, { headers: { Origin } })
      expect(response.headers.get('Access-Control-Allow-Origin')).toBeNull()
    },
  )
})

it('HEAD has the headers alone, and no other method is allowed', async () => {
  const head = await read(`${WELL_KNOWN}/mcp/reports`, { method: 'HEAD' })
  expect([head.status, await head.text()]).toEqual([200, ''])
  const post = await read(`${WELL_KNOWN}/mcp/reports`, { method: 'POST', body: '{}' })
  expect(post.headers.get('Allow')).toBe('GET, HEAD, OPTIONS')
  await expectError(post, 405, 'method_not_allowed')
})

it('stands in the OpenAPI document, with the routes of the transport', async () => {
  const { paths } = await (await read('/openapi.json')).json<{ paths: Record<string, object> }>()
  expect(paths[`${WELL_KNOWN}/mcp/reports`]).toHaveProperty('get.responses.200')
  expect(Object.keys(paths['/mcp/reports'] ?? {})).toEqual(['get', 'post', 'delete'])
  expect(paths).not.toHaveProperty([`${WELL_KNOWN}/api/*`])
})
