import { expect, it } from 'vitest'
import { gatewayEnv } from '../testing/fixtures.ts'
import { defineGateway } from './definition.ts'
import { parseConfig } from './read-config.ts'

const KEYS = { JWT_PRIVATE_JWK_NAME: 'SLOT', SLOT: '{}', AUDIENCES: undefined, ROUTES: undefined }
const reports = { permissions: ['read:reports'], roles: [] }

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
