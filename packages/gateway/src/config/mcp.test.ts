import { describe, expect, it } from 'vitest'
import { gatewayEnv } from '../testing/fixtures.ts'
import { defineGateway, type GatewayDefinition } from './definition.ts'
import { parseConfig } from './read-config.ts'

const route = {
  match: '/mcp/reports',
  service: 'CONSUMER',
  audience: 'reports',
  mcp: { name: 'Reports', scopes: ['read:reports'] },
} as const
const SECRETS = { JWT_PRIVATE_JWK_NAME: 'SLOT', SLOT: '{}' }

function settings(routes: readonly object[], env: object = {}) {
  return parseConfig(
    gatewayEnv({ ...SECRETS, BASE_URL: 'https://gateway.test', ROUTES: routes, ...env }),
    {} as GatewayDefinition,
  )
}

describe('a route with mcp', () => {
  it('is a resource whose metadata has the well-known path before its own (RFC 9728 §3.1)', () => {
    const { mcp } = settings([route])
    expect(mcp.byMatch.get('/mcp/reports')).toMatchObject({
      resource: 'https://gateway.test/mcp/reports',
      metadataPath: '/.well-known/oauth-protected-resource/mcp/reports',
      metadataUrl: 'https://gateway.test/.well-known/oauth-protected-resource/mcp/reports',
      audiences: ['https://gateway.test/mcp/reports'],
      clients: undefined,
    })
  })

  it.each([
    ['/mcp/*', 'https://gateway.test/mcp', ['https://gateway.test/mcp']],
    ['/', 'https://gateway.test', ['https://gateway.test', 'https://gateway.test/']],
    ['/*', 'https://gateway.test', ['https://gateway.test', 'https://gateway.test/']],
  ])('at %s is the resource %s', (match, resource, audiences) => {
    const found = settings([{ ...route, match }]).mcp.byMatch.get(match)
    expect(found).toMatchObject({ resource, audiences })
  })

  it('has the methods of the transport, and a minute for its tools', () => {
    expect(settings([route]).routes.routes).toMatchObject([
      { methods: ['GET', 'POST', 'DELETE'], timeoutMs: 60_000 },
    ])
    expect(settings([{ ...route, methods: ['POST'], timeoutMs: 5 }]).routes.routes).toMatchObject([
      { methods: ['POST'], timeoutMs: 5 },
    ])
  })

  it('may list other audiences and clients', () => {
    const mcp = { ...route.mcp, audiences: ['https://api.test'], clients: ['inspector'] }
    expect(settings([{ ...route, mcp }]).mcp.byMatch.get('/mcp/reports')).toMatchObject({
      audiences: ['https://gateway.test/mcp/reports', 'https://api.test'],
      clients: new Set(['inspector']),
    })
  })

  const plain = { match: '/mcp/reports', methods: ['PUT'], service: 'CONSUMER', audience: 'reports' }
  it.each([
    ['without BASE_URL', [route], { BASE_URL: '' }, 'BASE_URL is missing: the address of the MCP server at'],
    [
      'for everybody',
      [{ ...route, methods: ['GET'], auth: 'none', audience: undefined }],
      {},
      'auth: required',
    ],
    [
      'for anonymous callers',
      [{ ...route, methods: ['GET'], auth: 'anonymous', anonymousGrant: [] }],
      {},
      'auth: required',
    ],
    ['without an audience', [{ ...route, audience: undefined }], {}, 'audience'],
    [
      'with another method',
      [{ ...route, methods: ['POST', 'PUT'] }],
      {},
      'PUT, and MCP has GET, POST, DELETE',
    ],
    ['with logins', [{ ...route, login: 'redirect' }], {}, 'mcp for clients with a token'],
    ['with cookies', [{ ...route, forwardCookies: ['theme'] }], {}, 'none counts on a route with mcp'],
    [
      'with a scope that is never issued',
      [{ ...route, mcp: { ...route.mcp, scopes: ['write:reports'] } }],
      {},
      'write:reports, which the audience reports never carries',
    ],
    ['without a name', [{ ...route, mcp: { scopes: [] } }], {}, 'name'],
    ['with a name that is empty', [{ ...route, mcp: { name: '', scopes: [] } }], {}, 'must not be empty'],
    [
      'with a page over http',
      [{ ...route, mcp: { ...route.mcp, documentation: 'http://docs.test' } }],
      {},
      'https URL',
    ],
    ['with an unknown member', [{ ...route, mcp: { ...route.mcp, scope: [] } }], {}, 'scope'],
    [
      'beside a prefix that is the same resource',
      [
        { ...route, match: '/mcp/*' },
        { ...route, match: '/mcp' },
      ],
      {},
      '/mcp/* and /mcp are one MCP server, https://gateway.test/mcp',
    ],
    ['beside another route for its path', [route, plain], {}, 'has another route for PUT'],
    [
      'beside a route in the way of its metadata',
      [route, { ...plain, methods: ['GET'], match: '/.well-known/oauth-protected-resource/mcp/reports' }],
      {},
      'which the gateway serves itself',
    ],
  ])('%s does not start', (_, routes, env, problem) => {
    expect(() => settings(routes, env)).toThrow(problem)
  })

  it('without any, the well-known path is free', () => {
    const own = { ...plain, methods: ['GET'], match: '/.well-known/oauth-protected-resource' }
    expect(settings([own], { BASE_URL: '' }).mcp.byMatch.size).toBe(0)
  })
})

it('a definition compiles with mcp on a route that needs a token, and on no other', () => {
  const audiences = { reports: { permissions: ['read:reports'], roles: [] } }
  defineGateway({ audiences, routes: [route] })
  defineGateway({ audiences, routes: [{ ...route, methods: ['POST'], auth: 'required' }] })
  const put = { ...route, methods: ['PUT'] } as const
  // @ts-expect-error -- a method that MCP has not
  defineGateway({ audiences, routes: [put] })
  const anonymous = { ...route, methods: ['GET'], auth: 'anonymous', anonymousGrant: [] } as const
  // @ts-expect-error -- for anonymous callers
  defineGateway({ audiences, routes: [anonymous] })
  // @ts-expect-error -- methods are left out for MCP alone
  defineGateway({ audiences, routes: [{ match: '/api', service: 'CONSUMER', audience: 'reports' }] })
})

describe('the ids of sessions are encrypted', () => {
  const secret = 'A'.repeat(43)

  it('with the session secret, where there is one', () => {
    const { secrets } = settings([route], { SESSION_SECRET: `${secret}, ${'E'.repeat(43)}` }).mcp
    expect(secrets).toHaveLength(2)
    expect(secrets[0]).toEqual(new Uint8Array(32))
  })

  it.each([
    ['EdDSA', { JWT_PRIVATE_JWK_NAME: 'SLOT, OTHER', OTHER: '{"other":1}' }, ['{}', '{"other":1}']],
    [
      'HS512',
      { JWT_PRIVATE_JWK_NAME: '', JWT_SECRET_NAME: 'ONE', ONE: secret.repeat(2) },
      [secret.repeat(2)],
    ],
    [
      'HS512 by audience',
      {
        JWT_PRIVATE_JWK_NAME: '',
        JWT_SECRETS_BY_AUDIENCE: JSON.stringify({ reports: 'ONE', archive: 'TWO' }),
        ONE: 'one'.repeat(40),
        TWO: 'two'.repeat(40),
      },
      ['one'.repeat(40), 'two'.repeat(40)],
    ],
  ])('else with the keys that sign: %s', (_, env, texts) => {
    const { secrets } = settings([route], env).mcp
    expect(secrets.map((one) => new TextDecoder().decode(one))).toEqual(texts)
  })

  it('and a session secret that is too short is named', () => {
    expect(() => settings([route], { SESSION_SECRET: 'short' })).toThrow('SESSION_SECRET must be')
  })
})
