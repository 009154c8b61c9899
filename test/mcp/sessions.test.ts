/** An McpAgent behind the gateway, with sessions and streams, and what attackers try on the way there. */
import { demoClients, demoUsers } from 'sealgate/internal'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { logInAt } from '../support/mcp-login.ts'
import { connect, type Connected, sayingOf } from '../support/mcp/clients.ts'
import { type McpSystem, startMcp } from '../support/mcp/start.ts'

/** Of internal tokens, in seconds: streams are short here. */
const TTL_SECONDS = 4

let system: McpSystem
let alice: Connected
let admin: Connected
let tools: string
let seen: string

beforeAll(async () => {
  system = await startMcp(TTL_SECONDS)
  tools = `${system.origin}/mcp/tools`
  seen = `${system.origin}/mcp/seen`
  alice = await connect('sdk', tools, demoUsers.alice)
  admin = await connect('client', tools, demoUsers.carol)
})
afterAll(async () => {
  await alice.client.close()
  await admin.client.close()
  await system.close()
})

/** One message with a token, as a client sends it. */
function send(url: string, token: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      Accept: 'application/json, text/event-stream',
      ...(token !== '' && { Authorization: `Bearer ${token}` }),
      ...headers,
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} }),
  })
}

describe('an McpAgent through AuthAgent, behind the gateway', () => {
  it('has a session for each client, and its tools know the caller', async () => {
    expect(alice.sessionId).toMatch(/^[\w.-]{100,}$/)
    for (const [connected, user] of [
      [alice, demoUsers.alice],
      [admin, demoUsers.carol],
    ] as const) {
      expect(await sayingOf(connected.client, 'whoami')).toMatchObject({
        sub: user.sub,
        kind: 'user',
        client: connected.clientId,
        permissions: ['read:reports'],
        actor: { sub: 'gateway' },
      })
    }
  })

  it('goes on after the internal token has ended: the next request brings another', async () => {
    await new Promise((resolve) => setTimeout(resolve, TTL_SECONDS * 1000 + 500))
    expect(await sayingOf(alice.client, 'whoami')).toMatchObject({ sub: demoUsers.alice.sub })
  })

  it('neither lists nor runs a tool whose policy the caller does not pass', async () => {
    const { tools: listed } = await alice.client.listTools()
    expect(listed.map(({ name }) => name)).toEqual(['whoami'])
    const denied = await alice.client.callTool({ name: 'forbidden', arguments: {} })
    expect(denied).toMatchObject({ isError: true })
    expect(JSON.stringify(denied)).toContain('The user does not have the right to use this tool')
  })
})

describe('an attacker', () => {
  it('with the id of another’s session finds none', async () => {
    const headers = { 'Mcp-Session-Id': alice.sessionId ?? '' }
    expect((await send(tools, alice.accessToken, headers)).status).toBe(200)
    expect((await send(tools, admin.accessToken, headers)).status).toBe(404)
    const init = { headers: { ...headers, Authorization: `Bearer ${admin.accessToken}` } }
    expect((await fetch(tools, { ...init, method: 'DELETE' })).status).toBe(404)
    expect(await sayingOf(alice.client, 'whoami')).toMatchObject({ sub: demoUsers.alice.sub })
  })

  it('with the id of a session alone gets no further than 401', async () => {
    expect((await send(tools, '', { 'Mcp-Session-Id': alice.sessionId ?? '' })).status).toBe(401)
  })

  it('with a token for one server gets none of another, and nothing of the API', async () => {
    for (const url of [seen, `${system.origin}/api/x`]) {
      expect((await send(url, alice.accessToken)).status).toBe(401)
    }
  })

  it('with a token for the API in general gets nothing of a server', async () => {
    expect((await send(tools, await tokenFor(system.tenant.audience))).status).toBe(401)
    expect((await send(tools, await tokenFor(tools))).status).not.toBe(401)
  })

  it('who sends the token in the query, or a cookie, or from another site, gets nothing', async () => {
    expect((await send(`${tools}?access_token=${alice.accessToken}`, '')).status).toBe(401)
    expect((await send(tools, '', { Cookie: `sealgate-session=${alice.accessToken}` })).status).toBe(401)
    expect((await send(tools, alice.accessToken, { Origin: 'https://evil.test' })).status).toBe(403)
  })

  it('who reads along at the service never sees the token of the identity provider', async () => {
    const token = await tokenFor(seen)
    const headers = await (await send(seen, token)).text()
    expect(headers).toContain('"authorization":"Bearer ey')
    expect(headers).not.toContain(token.slice(-40))
  })

  it('who holds a stream open has it no longer than its token', async () => {
    const headers = { Authorization: `Bearer ${await tokenFor(seen)}`, Accept: 'text/event-stream' }
    const began = Date.now()
    const response = await fetch(seen, { headers })
    expect(response.status).toBe(200)
    const reader = (response.body as ReadableStream<Uint8Array>).getReader()
    await reader.read()
    // It is not buffered: the first event came long before the last.
    expect(Date.now() - began).toBeLessThan(TTL_SECONDS * 1000 - 1000)
    let events = 1
    while (!(await reader.read()).done) events++
    expect(events).toBeGreaterThan(3)
    // A second for the timer and for the seconds of the token, which are whole.
    expect(Date.now() - began).toBeLessThan((TTL_SECONDS + 1) * 1000)
  })
})

/** A token of alice's for a resource, through a client that the tenant knows. */
function tokenFor(resource: string): Promise<string> {
  const [redirectUri = ''] = demoClients.spa.callbackUrls
  const client = { clientId: demoClients.spa.clientId, redirectUri, resource }
  return logInAt(system.tenant, demoUsers.alice, client)
}
