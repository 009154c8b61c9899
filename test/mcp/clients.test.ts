/** Both official clients against the development system: each knows the URL of the MCP server, and nothing else. */
import { decodeJwt } from 'jose'
import { demoClients, demoUsers } from 'sealgate/internal'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Dev, startDev } from '../support/dev-system.ts'
import { logInAt } from '../support/mcp-login.ts'
import { type ClientDocument, serveClientDocument } from '../support/mcp/client-document.ts'
import { type ClientName, connect, sayingOf } from '../support/mcp/clients.ts'

let dev: Dev
let document: ClientDocument
let url: string

beforeAll(async () => {
  dev = await startDev()
  document = await serveClientDocument()
  url = `${dev.addresses.gateway}/mcp/reports`
})
afterAll(async () => {
  await dev.stop()
  await document.close()
})

it('is told from what a token for the API in general reaches, when the system looks whether it fits together', () => {
  const route = dev.definition.routes.find(({ match }) => match === '/mcp/reports')
  expect(route).toMatchObject({ mcp: true })
})

describe.each<[string, ClientName]>([
  ['@modelcontextprotocol/sdk', 'sdk'],
  ['@modelcontextprotocol/client', 'client'],
])('%s', (_, name) => {
  it.each([
    ['registers itself (RFC 7591)', false],
    ['has a client ID metadata document', true],
  ])(
    '%s, logs its user in, and calls tools that know who asks, through which client',
    async (_how, isDocument) => {
      const metadataUrl = isDocument ? document.url : undefined
      const { client, clientId, accessToken, authorization } = await connect(
        name,
        url,
        demoUsers.alice,
        metadataUrl,
      )
      // RFC 8707, RFC 7636: the client took both from what it read on its way.
      expect(Object.fromEntries(authorization.searchParams)).toMatchObject({
        resource: url,
        code_challenge_method: 'S256',
        // One of them also requests offline_access, for a refresh token.
        scope: expect.stringMatching(/^read:reports( offline_access)?$/) as string,
      })
      expect(decodeJwt(accessToken)).toMatchObject({ aud: url, azp: clientId })
      if (isDocument) expect(clientId).toBe(document.url)

      const { tools } = await client.listTools()
      expect(tools.map((tool) => tool.name)).toEqual(['whoami', 'list_reports'])
      const who = await sayingOf(client, 'whoami')
      expect(who).toMatchObject({
        sub: demoUsers.alice.sub,
        kind: 'user',
        client: clientId,
        permissions: ['read:reports'],
        roles: ['analyst'],
        actor: { iss: 'https://gateway.internal', sub: 'gateway' },
      })
      expect(await sayingOf(client, 'list_reports')).toMatchObject({ for: demoUsers.alice.sub })
      await client.close()
    },
  )
})

it('a user without the rights sees no tool that needs them, and cannot call it', async () => {
  const { clientId, callbackUrls } = demoClients.spa
  const [redirectUri = ''] = callbackUrls
  const login = { clientId, redirectUri, resource: url, scope: 'openid read:reports' }
  const tenant = { baseUrl: dev.addresses.idp, issuer: `${dev.addresses.idp}/` }
  const token = await logInAt(tenant, demoUsers.bob, login)
  const send = async (method: string, params: object): Promise<string> => {
    const headers = {
      Authorization: `Bearer ${token}`,
      'Content-Type': 'application/json',
      Accept: 'application/json, text/event-stream',
    }
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
    return (await fetch(url, { method: 'POST', headers, body })).text()
  }
  const listed = await send('tools/list', {})
  expect(listed).toContain('whoami')
  expect(listed).not.toContain('list_reports')
  expect(await send('tools/call', { name: 'list_reports', arguments: {} })).not.toContain('2026-09')
})
