import { once } from 'node:events'
import { createServer } from 'node:https'

import { decodeJwt } from 'jose'
import * as oauth from 'oauth4webapi'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { logInAt, RESOURCE } from '../../../../../test/support/mcp-login.ts'
import { selfSigned } from '../../../../../test/support/self-signed.ts'
import { demoClients, demoUsers, startTenant, type Tenant } from './tenant.ts'

let tenant: Tenant
let server: oauth.AuthorizationServer

beforeAll(async () => {
  tenant = await startTenant({ quiet: true })
  const response = await fetch(`${tenant.baseUrl}/.well-known/oauth-authorization-server`)
  server = await oauth.processDiscoveryResponse(new URL(tenant.issuer), response)
})
afterAll(() => tenant.close())

const register = async (metadata: unknown): Promise<{ status: number; body: Record<string, unknown> }> => {
  const response = await fetch(String(server.registration_endpoint), {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Origin: 'http://localhost:6274' },
    body: JSON.stringify(metadata),
  })
  expect(response.headers.get('Access-Control-Allow-Origin')).toBe('http://localhost:6274')
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

const CALLBACK = 'http://127.0.0.1:33418/callback'
/** As the MCP SDK sends it. */
const METADATA = {
  client_name: 'A tool',
  redirect_uris: [CALLBACK],
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  token_endpoint_auth_method: 'none',
  scope: 'read:reports',
}

describe('the mock IdP’s clients that it learns of', () => {
  it('find registration and client ID metadata documents in the metadata', () => {
    expect(server).toMatchObject({
      registration_endpoint: `${tenant.baseUrl}/oidc/register`,
      client_id_metadata_document_supported: true,
      code_challenge_methods_supported: ['S256'],
    })
  })

  it('register, log a user in with PKCE, and get a token for the resource alone', async () => {
    const { status, body } = await register(METADATA)
    expect(status).toBe(201)
    expect(body).not.toHaveProperty('client_secret')
    const clientId = String(body.client_id)
    const { alice } = demoUsers
    const token = await logInAt(tenant, alice, { clientId, redirectUri: CALLBACK })
    expect(decodeJwt(token)).toMatchObject({
      ...{ iss: tenant.issuer, sub: alice.sub, aud: RESOURCE, azp: clientId, scope: 'read:reports' },
      [tenant.rolesClaim]: alice.roles,
    })
    expect(decodeJwt(token)).not.toHaveProperty('permissions')
  })

  it('get no scope that the user does not have, and no token without any', async () => {
    const { body } = await register(METADATA)
    const client = { clientId: String(body.client_id), redirectUri: CALLBACK }
    const token = await logInAt(tenant, demoUsers.bob, { ...client, scope: 'openid read:reports' })
    expect(decodeJwt(token)).toMatchObject({ aud: RESOURCE, scope: 'openid' })
    await expect(logInAt(tenant, demoUsers.bob, client)).rejects.toThrow('access_denied')
  })

  it('may come back at another port, as programs of a person’s machine do', async () => {
    const { body } = await register(METADATA)
    const redirectUri = CALLBACK.replace('33418', '40001')
    await expect(
      logInAt(tenant, demoUsers.alice, { clientId: String(body.client_id), redirectUri }),
    ).resolves.toBeTypeOf('string')
  })

  it.each([
    ['of another machine', ['https://evil.test/callback']],
    ['one of them of another machine', [CALLBACK, 'https://evil.test/callback']],
    ['that only look like this machine', ['http://localhost.evil.test/callback']],
    ['that are no strings', [1]],
    ['that are none', undefined],
  ])('cannot register redirect URIs %s', async (_, redirectUris) => {
    expect(await register({ ...METADATA, redirect_uris: redirectUris })).toMatchObject({
      status: 400,
      body: { error: 'invalid_redirect_uri' },
    })
  })

  it('register no address of another machine that the provider would request', async () => {
    const elsewhere = 'http://192.0.2.1/logout'
    const { body } = await register({ ...METADATA, backchannel_logout_uri: elsewhere })
    expect(body).not.toHaveProperty('backchannel_logout_uri')
    const here = 'http://127.0.0.1:33418/logout'
    expect((await register({ ...METADATA, backchannel_logout_uri: here })).body).toMatchObject({
      backchannel_logout_uri: here,
    })
  })

  it.each(['https://api.other.test', 'http://127.0.0.1.evil.test/mcp', 'urn:api'])(
    'get no token for %s, which is no resource of this machine',
    async (resource) => {
      const { body } = await register(METADATA)
      await expect(
        logInAt(tenant, demoUsers.alice, {
          clientId: String(body.client_id),
          redirectUri: CALLBACK,
          resource,
        }),
      ).rejects.toThrow('invalid_target')
    },
  )

  it('are no different for the applications that the tenant has: they may request a resource too', async () => {
    const { clientId, clientSecret, callbackUrls } = demoClients.web
    const token = await logInAt(tenant, demoUsers.alice, {
      clientId,
      clientSecret,
      redirectUri: callbackUrls[0] ?? '',
    })
    expect(decodeJwt(token)).toMatchObject({ aud: RESOURCE, azp: clientId })
  })
})

describe('a client ID metadata document', () => {
  const { key, cert } = selfSigned()
  const documents = createServer({ key, cert })
  let origin: string
  /** What the server of the document responds with. */
  let document: (clientId: string) => string
  let status = 200

  beforeAll(async () => {
    documents.on('request', ({ url = '' }, response) => {
      response.writeHead(status, { Location: `${origin}/elsewhere.json` })
      response.end(document(`${origin}${url}`))
    })
    documents.listen(0, '127.0.0.1')
    await once(documents, 'listening')
    const address = documents.address()
    origin = `https://127.0.0.1:${typeof address === 'object' ? (address?.port ?? 0) : 0}`
  })
  afterAll(() => documents.close())

  let count = 0
  const logIn = (): Promise<string> =>
    logInAt(tenant, demoUsers.alice, { clientId: `${origin}/${++count}.json`, redirectUri: CALLBACK })
  const metadataOf = (clientId: string): Record<string, unknown> => ({ ...METADATA, client_id: clientId })

  it('at its URL is a client, whose tokens carry that URL', async () => {
    document = (clientId) => JSON.stringify(metadataOf(clientId))
    const token = await logIn()
    expect(decodeJwt(token)).toMatchObject({ aud: RESOURCE, azp: `${origin}/${count}.json` })
  })

  it.each<[string, (clientId: string) => string]>([
    ['names another client', (id) => JSON.stringify({ ...metadataOf(id), client_id: `${id}x` })],
    ['has a secret', (id) => JSON.stringify({ ...metadataOf(id), client_secret: 'shared' })],
    [
      'has another redirect URI',
      (id) => JSON.stringify({ ...metadataOf(id), redirect_uris: ['https://a.test/'] }),
    ],
    [
      'has a redirect URI of another machine besides',
      (id) => JSON.stringify({ ...metadataOf(id), redirect_uris: [CALLBACK, 'https://evil.test/callback'] }),
    ],
    ['is no JSON', () => '<html>'],
    ['is too long', (id) => JSON.stringify({ ...metadataOf(id), x: 'x'.repeat(20_000) })],
  ])('that %s is none', async (_, how) => {
    document = how
    await expect(logIn()).rejects.toThrow('The login was rejected')
  })

  it('that is elsewhere is not fetched there', async () => {
    document = (clientId) => JSON.stringify(metadataOf(clientId))
    status = 302
    await expect(logIn()).rejects.toThrow('The login was rejected')
    status = 200
  })
})
