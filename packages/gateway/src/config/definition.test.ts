import { describe, expect, expectTypeOf, it } from 'vitest'
import type * as z from 'zod/mini'
import { createGateway, type GatewayWorker } from '../index.ts'
import { gatewayEnv } from '../testing/fixtures.ts'
import { type AnyRoute, type AudienceDefinition, type ClientDefinition, defineGateway } from './definition.ts'
import type { audiences as audiencesSchema, clients, routes } from './definition-schema.ts'
import { parseConfig } from './read-config.ts'
import type { Route } from './route-table.ts'

const KEYS = { JWT_PRIVATE_JWK_NAME: 'SLOT', SLOT: '{}', AUDIENCES: undefined, ROUTES: undefined }
const reports = { permissions: ['read:reports'], roles: [] }

/** The members that any of several types has. */
type MemberOf<Type> = Type extends unknown ? keyof Type : never

it('the schema has the members of the types, and a route that is read has them all', () => {
  type Audience = z.infer<typeof audiencesSchema>[string]
  expectTypeOf<MemberOf<Audience>>().toEqualTypeOf<MemberOf<AudienceDefinition>>()
  type Client = z.infer<typeof clients>[string]
  expectTypeOf<MemberOf<Client>>().toEqualTypeOf<MemberOf<ClientDefinition>>()
  type Given = MemberOf<z.infer<typeof routes>[number]>
  expectTypeOf<Given>().toEqualTypeOf<MemberOf<AnyRoute>>()
  // Whether a route overrides another is settled when the table is made.
  expectTypeOf<MemberOf<Route>>().toEqualTypeOf<Exclude<Given, 'overrides'>>()
})

it('a client for an unknown audience does not compile, and does not start', () => {
  const definition = defineGateway({
    audiences: { reports },
    routes: [],
    // @ts-expect-error -- there is no audience of this name
    clients: { batch: { audiences: ['report'] } },
  })
  expect(() => parseConfig(gatewayEnv(KEYS), definition)).toThrow(
    'batch names report, which is not in AUDIENCES',
  )
})

it('clients of the definition count, unless CLIENTS replaces them', () => {
  const definition = defineGateway({
    audiences: { reports },
    routes: [],
    clients: { batch: { audiences: ['reports'] } },
  })
  const clientsOf = (more: object): readonly string[] => [
    ...parseConfig(gatewayEnv({ ...KEYS, ...more }), definition).exchange.clients.keys(),
  ]
  expect(clientsOf({})).toEqual(['batch'])
  expect(clientsOf({ CLIENTS: '{"other":{"audiences":["reports"]}}' })).toEqual(['other'])
  expect(clientsOf({ EXCHANGE_CLIENTS: { secretive: 'ab'.repeat(32) } })).toEqual(['batch', 'secretive'])
})

describe('a definition for a known environment', () => {
  /** As `wrangler types` makes it: a binding that one environment lacks is optional there. */
  interface Env {
    REPORTS: Fetcher
    BILLING?: Service
    DENYLIST: KVNamespace
    SESSIONS: DurableObjectNamespace
    SITE_NAME: 'Example'
  }
  const define = defineGateway<Env>()
  const audiences = { reports }
  const route = { match: '/api/*', methods: ['GET'], audience: 'reports' } as const

  it('is what was defined', () => {
    const definition = { audiences, routes: [{ ...route, service: 'REPORTS' as const }] }
    expect(define(definition)).toBe(definition)
    expect(defineGateway(definition)).toBe(definition)
  })

  it('compiles for services that have a binding, and for no other', () => {
    define({ audiences, routes: [{ ...route, service: 'BILLING' }] })
    define({ audiences, routes: [{ ...route, auth: 'anonymous', anonymousGrant: [], service: 'REPORTS' }] })
    define({ audiences, routes: [{ match: '/', methods: ['GET'], auth: 'none', service: 'REPORTS' }] })
    // @ts-expect-error -- a name that is misspelt
    define({ audiences, routes: [{ ...route, service: 'REPORT' }] })
    // @ts-expect-error -- on an open route too
    define({ audiences, routes: [{ match: '/', methods: ['GET'], auth: 'none', service: 'REPORT' }] })
    // @ts-expect-error -- a binding that is no service
    define({ audiences, routes: [{ ...route, service: 'DENYLIST' }] })
    // @ts-expect-error -- a variable
    define({ audiences, routes: [{ ...route, service: 'SITE_NAME' }] })
    // @ts-expect-error -- a Durable Object
    define({ audiences, routes: [{ ...route, service: 'SESSIONS' }] })
    // @ts-expect-error -- an audience that is misspelt
    define({ audiences, routes: [{ ...route, service: 'REPORTS', audience: 'report' }] })
    // @ts-expect-error -- a client of such an audience
    define({ audiences, routes: [], clients: { batch: { audiences: ['report'] } } })
  })

  it('makes a gateway', () => {
    const gateway: GatewayWorker = createGateway(define({ audiences, routes: [] }))
    expect(Object.keys(gateway)).toEqual(['fetch', 'Keys', 'Exchange', 'Admin', 'Session'])
  })
})
