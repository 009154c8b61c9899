import { exportJWK, generateKeyPair } from 'jose'
import { customFetch, discoveryRequest, processDiscoveryResponse } from 'oauth4webapi'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  AUDIENCES,
  catchLogs,
  expectError,
  gatewayEnv,
  memoryKv,
  newSlot,
  plain,
} from '../testing/fixtures.ts'
import { makeGateway } from '../gateway.ts'
import { app, definition } from '../testing/test-gateway.ts'
import { openapi } from './openapi.ts'

let env: Record<string, unknown>
catchLogs()

beforeAll(async () => {
  env = gatewayEnv({
    JWT_PRIVATE_JWK_NAME: 'SLOT_A',
    SLOT_A: await newSlot('slot-a'),
    JWT_ISS: 'https://gateway.test',
    BASE_URL: 'https://gateway.test',
  })
})

const get = (path: string, on = env): Promise<Response> =>
  Promise.resolve(app.request(`https://gateway.test${path}`, {}, on))

describe('GET /.well-known/oauth-authorization-server', () => {
  it('is what an OAuth client discovers', async () => {
    const issuer = new URL('https://gateway.test')
    const response = await discoveryRequest(issuer, {
      algorithm: 'oauth2',
      [customFetch]: async (url) => app.request(url, {}, env),
    })
    const server = await processDiscoveryResponse(issuer, response)
    expect(server).toEqual({
      issuer: 'https://gateway.test',
      token_endpoint: 'https://gateway.test/oauth/token',
      token_endpoint_auth_methods_supported: ['none'],
      response_types_supported: [],
      grant_types_supported: ['urn:ietf:params:oauth:grant-type:token-exchange'],
      scopes_supported: ['read:reports', 'export:reports'],
      dpop_signing_alg_values_supported: ['ES256', 'ES384', 'EdDSA', 'Ed25519', 'PS256', 'RS256'],
    })
  })

  it('names what is there: revocation, public keys, client authentication', async () => {
    const on = {
      ...env,
      JWKS_PUBLIC: true,
      JWT_DENYLIST_NAME: 'DENYLIST',
      DENYLIST: memoryKv(),
      EXCHANGE_CLIENTS: { batch: 'a'.repeat(64) },
    }
    expect(await (await get('/.well-known/oauth-authorization-server', on)).json()).toMatchObject({
      jwks_uri: 'https://gateway.test/.well-known/jwks.json',
      revocation_endpoint: 'https://gateway.test/oauth/revoke',
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
    })
  })

  it('names how clients sign, where one does', async () => {
    const { publicKey } = await generateKeyPair('ES256')
    const on = {
      ...env,
      JWT_DENYLIST_NAME: 'DENYLIST',
      DENYLIST: memoryKv(),
      CLIENTS: { batch: { audiences: ['reports'], keys: [plain(await exportJWK(publicKey))] } },
    }
    const algorithms = ['EdDSA', 'Ed25519', 'ES256', 'PS256', 'RS256']
    expect(await (await get('/.well-known/oauth-authorization-server', on)).json()).toMatchObject({
      token_endpoint_auth_methods_supported: ['private_key_jwt'],
      token_endpoint_auth_signing_alg_values_supported: algorithms,
      revocation_endpoint_auth_methods_supported: ['private_key_jwt'],
      revocation_endpoint_auth_signing_alg_values_supported: algorithms,
    })
  })

  it('lists the resources that are https URLs (RFC 9728 §4)', async () => {
    const resources = ['https://reports.test', 'urn:reports']
    const on = { ...env, AUDIENCES: { ...AUDIENCES, reports: { ...AUDIENCES.reports, resources } } }
    expect(await (await get('/.well-known/oauth-authorization-server', on)).json()).toMatchObject({
      protected_resources: ['https://reports.test'],
    })
  })

  it('is not there when the issuer is another than the address (RFC 8414 §3.3)', async () => {
    const without = { ...env, BASE_URL: '' }
    for (const on of [without, { ...env, JWT_ISS: 'https://gateway.internal' }]) {
      await expectError(await get('/.well-known/oauth-authorization-server', on), 404, 'not_found')
    }
  })
})

describe('GET /openapi.json', () => {
  it('is made once for a gateway, at the first request for it', async () => {
    const gateway = makeGateway(env, definition)
    let documents = 0
    const config = {
      ...gateway.config,
      get routes() {
        documents++
        return gateway.config.routes
      },
    }
    const counted = { ...gateway, config }
    const first = await openapi(counted).text()
    expect(await openapi(counted).text()).toBe(first)
    expect(documents).toBe(1)
  })

  interface Document {
    openapi: string
    paths: Record<string, Record<string, { requestBody?: unknown; security?: unknown }>>
    components: { schemas: Record<string, { required?: string[]; properties: Record<string, unknown> }> }
  }
  const read = async (on = env): Promise<Document> => (await get('/openapi.json', on)).json()

  it('has every route of the gateway, and the routes table', async () => {
    const { openapi, paths } = await read()
    expect(openapi).toBe('3.1.0')
    const own = app.routes.map(({ path }) => path).filter((path) => !path.endsWith('*'))
    for (const path of new Set(own)) expect(Object.keys(paths)).toContain(path)
    expect(Object.keys(paths['/api/{rest}'] ?? {})).toEqual(['get', 'post'])
  })

  it('has the very schemas that check requests', async () => {
    const { components } = await read()
    const form = components.schemas.TokenExchangeRequest
    expect(form?.required).toEqual(['grant_type', 'subject_token', 'subject_token_type'])
    for (const name of ['request_details', 'audience', 'resource'])
      expect(form?.properties).toHaveProperty(name)
    expect(components.schemas).toHaveProperty('Error')
  })

  it('names nothing that the gateway is made of: no binding, no variable, no audience', async () => {
    const ROUTES = [{ match: '/a/*', methods: ['GET'], service: 'CANARY', audience: 'archive' }]
    const text = JSON.stringify(await read({ ...env, ROUTES, CANARY: { fetch: () => undefined } }))
    expect(text).not.toMatch(/CANARY|archive|[A-Z]{2}_[A-Z]/)
  })

  it('is not there when it is switched off', async () => {
    await expectError(await get('/openapi.json', { ...env, OPENAPI_PUBLIC: 'false' }), 404, 'not_found')
    expect((await get('/openapi.json', { ...env, OPENAPI_PUBLIC: 'true' })).status).toBe(200)
  })

  it('says which routes need a token', async () => {
    const ROUTES = [
      { match: '/open', methods: ['GET'], service: 'CONSUMER', auth: 'none' },
      { match: '/a/*', methods: ['GET'], service: 'CONSUMER', audience: 'reports' },
    ]
    const { paths } = await read({ ...env, ROUTES })
    expect(paths['/open']?.get?.security).toEqual([])
    expect(paths['/a/{rest}']?.get?.security).toEqual([{ auth0: [] }])
  })
})

describe('BASE_URL', () => {
  it.each(['http://gateway.test', 'https://gateway.test/path', 'gateway.test', 'https://a@gateway.test'])(
    'is rejected as %s',
    async (BASE_URL) => {
      await expectError(await get('/openapi.json', { ...env, BASE_URL }), 500, 'misconfigured')
    },
  )
})
