import { ConfigError } from '@sealgate/kit'
import { describe, expect, it } from 'vitest'
import type { RouteDefinition } from './definition.ts'
import { RouteTable } from './route-table.ts'

const base = { methods: ['GET'], service: 'S', audience: 'reports' } as const
const routeAt = (match: string, more: object = {}): RouteDefinition => ({ ...base, match, ...more })
const openAt = (match: string, more: object = {}): RouteDefinition => ({
  methods: ['GET'],
  service: 'S',
  auth: 'none',
  match,
  ...more,
})

/** The pattern that takes a path, or what stands in its place. */
function taken(table: RouteTable, path: string, method = 'GET'): string | readonly string[] | undefined {
  const found = table.find(path, method)
  if (!found) return undefined
  return 'route' in found ? found.route.match : found.allow
}

describe('RouteTable', () => {
  const table = new RouteTable([
    routeAt('/api/*'),
    routeAt('/api/reports'),
    routeAt('/api/reports/*', { methods: ['GET', 'POST'] }),
    routeAt('/api/reports/*', { methods: ['DELETE'], require: ['manage:reports'] }),
    openAt('/app/*'),
  ])

  it.each([
    ['/api/reports', '/api/reports'],
    ['/api/reports/', '/api/reports/*'],
    ['/api/reports/1/2/3', '/api/reports/*'],
    ['/api/reportsx', '/api/*'],
    ['/api/', '/api/*'],
    ['/api/*', '/api/*'],
    ['/app/x', '/app/*'],
  ])('%s goes to %s: the longest literal pattern', (path, match) => {
    expect(taken(table, path)).toBe(match)
  })

  it.each(['/', '/api', '/apix', '/API/reports', '/app', '/other/api/reports', ''])(
    '%o has no route',
    (path) => {
      expect(taken(table, path)).toBeUndefined()
    },
  )

  it.each([
    ['the slash after an exact path', '/api/admin', '/api/admin/'],
    ['the folder of a prefix, without its slash', '/api/admin/*', '/api/admin'],
  ])('lets %s fall to no laxer route', (_, match, path) => {
    const strict = routeAt(match, { require: ['manage:all'] })
    const twins = new RouteTable([routeAt('/api/*'), strict])
    expect(taken(twins, path)).toBeUndefined()
    expect(taken(new RouteTable([routeAt('/api/*'), strict, routeAt(path)]), path)).toBe(path)
    expect(taken(twins, '/api/administrators/')).toBe('/api/*')
  })

  it('tells apart equal patterns by method', () => {
    const found = table.find('/api/reports/1', 'DELETE')
    expect(found).toMatchObject({ route: { require: ['manage:reports'] } })
  })

  it('names the methods of the longest pattern, and never falls back to a shorter one', () => {
    expect(taken(table, '/api/reports/1', 'PUT')).toEqual(['GET', 'POST', 'DELETE'])
    expect(taken(table, '/api/reports', 'POST')).toEqual(['GET'])
    expect(taken(table, '/api/reports', 'get')).toEqual(['GET'])
  })

  it('accepts every path for /*', () => {
    const all = new RouteTable([routeAt('/*')])
    expect(taken(all, '/')).toBe('/*')
    expect(taken(all, '/a/b')).toBe('/*')
  })

  it('has no route when there is none', () => {
    expect(taken(new RouteTable([]), '/')).toBeUndefined()
  })

  it('fills in the defaults: a token is required, ten seconds', () => {
    expect(new RouteTable([routeAt('/a')]).routes).toEqual([
      {
        match: '/a',
        methods: ['GET'],
        service: 'S',
        origin: undefined,
        allowPrivate: false,
        auth: 'required',
        login: undefined,
        cloudflareAccess: false,
        audience: 'reports',
        require: [],
        grant: undefined,
        identityHeaders: false,
        forwardHeaders: [],
        forwardCookies: [],
        timeoutMs: 10_000,
      },
    ])
  })
})

describe('routes in each other’s way', () => {
  it('rejects equal patterns with a method in common', () => {
    const routes = [routeAt('/a', { methods: ['GET', 'POST'] }), routeAt('/a', { methods: ['POST'] })]
    expect(() => new RouteTable(routes)).toThrow(
      new ConfigError('ROUTES has two routes for POST /a: keep one'),
    )
  })

  it.each(['/health', '/oauth/token', '/auth/login', '/.well-known/jwks.json'])(
    'rejects %s, which the gateway serves itself',
    (path) => {
      expect(() => new RouteTable([routeAt(path)])).toThrow(
        new ConfigError(`ROUTES has ${path}, which the gateway serves itself: choose another path`),
      )
    },
  )

  const wide = routeAt('/api/*', { require: ['read:reports'] })
  it.each([
    ['no token', openAt('/api/open')],
    ['no token, below a prefix', openAt('/api/open/*')],
    ['fewer permissions', routeAt('/api/other')],
    ['another permission', routeAt('/api/other', { require: ['read:other'] })],
  ])('rejects a hole in a stricter route: %s', (_, hole) => {
    expect(() => new RouteTable([wide, hole])).toThrow(/is less strict than \/api\/\*, which covers it/)
    expect(() => new RouteTable([hole, wide])).toThrow(ConfigError)
    expect(new RouteTable([wide, { ...hole, overrides: true }]).routes).toHaveLength(2)
  })

  it.each([
    ['a stricter one', routeAt('/api/x', { require: ['read:reports', 'export:reports'] })],
    ['another method', openAt('/api/x', { methods: ['POST'] })],
    ['another path', openAt('/apix')],
  ])('takes %s', (_, other) => {
    expect(new RouteTable([wide, other]).routes).toHaveLength(2)
  })
})
