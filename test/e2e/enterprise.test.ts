/** Enterprise-managed authorization, from a login at the identity provider to a call of the MCP server: nobody consents twice. */
import { createGateway, defineGateway } from '@sealgate/gateway'
import { decodeJwt, exportJWK, generateKeyPair } from 'jose'
import { demoClients, demoUsers, startTenant, type Tenant } from 'sealgate/internal'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { tokensAt } from '../support/mcp-login.ts'

const BASE_URL = 'http://127.0.0.1:8787'
const REPORTS = `${BASE_URL}/mcp/reports`
const { clientId, clientSecret, callbackUrls } = demoClients.desktop

const gateway = createGateway(
  defineGateway({
    audiences: { 'reports-mcp': { permissions: ['read:reports'], roles: [] } },
    routes: [
      {
        match: '/mcp/reports',
        service: 'REPORTS',
        audience: 'reports-mcp',
        require: ['read:reports'],
        mcp: { name: 'Reports', scopes: ['read:reports'], enterprise: { issuers: ['tenant'] } },
      },
    ],
    clients: { [clientId]: { audiences: ['reports-mcp'], kind: 'agent' } },
  }),
)

let tenant: Tenant
let env: Record<string, unknown>

beforeAll(async () => {
  tenant = await startTenant({ quiet: true })
  const { privateKey } = await generateKeyPair('EdDSA', { extractable: true })
  const secret = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(clientSecret))
  env = {
    WORKER_ENV: 'test',
    AUTH0_DOMAIN: new URL(tenant.baseUrl).host,
    AUTH0_BASE_URL: tenant.baseUrl,
    AUTH0_AUDIENCE: tenant.audience,
    JWT_ISS: 'https://gateway.internal',
    JWT_AUD: 'gateway',
    BASE_URL,
    JWT_PRIVATE_JWK_NAME: 'SLOT',
    SLOT: JSON.stringify({ ...(await exportJWK(privateKey)), kid: 'slot', alg: 'EdDSA', nbf: 0 }),
    EXCHANGE_CLIENTS: { [clientId]: Buffer.from(secret).toString('hex') },
    LOG_LEVEL: 'off',
    // The MCP server: it tells whom it was called by.
    REPORTS: {
      fetch: (request: Request) => {
        const token = request.headers.get('Authorization')?.replace('Bearer ', '') ?? ''
        return Promise.resolve(Response.json(decodeJwt(token)))
      },
    },
  }
})
afterAll(() => tenant.close())

const call = async (path: string, init: RequestInit = {}): Promise<Response> => {
  const context = { waitUntil: () => undefined, passThroughOnException: () => undefined, props: {} }
  return gateway.fetch(new Request(`${BASE_URL}${path}`, init), env, context)
}

const read = async (path: string): Promise<Record<string, unknown>> =>
  (await (await call(path)).json()) as Record<string, unknown>

async function formOf(url: string, parameters: Record<string, string>): Promise<Record<string, unknown>> {
  const init = { method: 'POST', body: new URLSearchParams(parameters) }
  const response = await (url.startsWith(BASE_URL)
    ? call(url.slice(BASE_URL.length), init)
    : fetch(url, init))
  return (await response.json()) as Record<string, unknown>
}

it('a client that knows the URL finds its way to a call in the name of its user', async () => {
  const challenge = (await call('/mcp/reports', { method: 'POST', body: '{}' })).headers.get(
    'WWW-Authenticate',
  )
  const [, metadataUrl = ''] = /resource_metadata="([^"]+)"/.exec(challenge ?? '') ?? []
  const resource = await read(metadataUrl.slice(BASE_URL.length))
  expect(resource).toMatchObject({ resource: REPORTS, authorization_servers: [tenant.issuer, BASE_URL] })
  const server = await read('/.well-known/oauth-authorization-server')
  expect(server.authorization_grant_profiles_supported).toContain(
    'urn:ietf:params:oauth:grant-profile:id-jag',
  )

  // The login that its user has anyway.
  const login = { clientId, clientSecret, redirectUri: callbackUrls[0], scope: 'openid read:reports' }
  const { id_token: idToken = '' } = await tokensAt(tenant, demoUsers.alice, login)
  const client = { client_id: clientId, client_secret: clientSecret }
  const { access_token: assertion } = await formOf(`${tenant.baseUrl}/oauth/token`, {
    ...{ ...client, grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange', subject_token: idToken },
    subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
    requested_token_type: 'urn:ietf:params:oauth:token-type:id-jag',
    ...{ audience: String(server.issuer), resource: String(resource.resource), scope: 'read:reports' },
  })
  const grant = {
    ...{ ...client, grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion: String(assertion) },
  }
  const token = await formOf(String(server.token_endpoint), grant)
  expect(token).toMatchObject({ token_type: 'Bearer', scope: 'read:reports' })
  const headers = { Authorization: `Bearer ${String(token.access_token)}` }
  const response = await call('/mcp/reports', { method: 'POST', body: '{}', headers })
  expect(response.status).toBe(200)
  expect(await response.json()).toMatchObject({
    ...{ aud: 'reports-mcp', sub: demoUsers.alice.sub, client_id: clientId, kind: 'agent' },
    permissions: ['read:reports'],
  })
  // And once only.
  expect(await formOf(String(server.token_endpoint), grant)).toMatchObject({ error: 'invalid_grant' })
})
