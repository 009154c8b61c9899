import { createTestIssuer, type TestClaims, type TestIssuer } from '@sealgate/kit/testing'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { app } from './app.ts'

let issuer: TestIssuer
vi.spyOn(console, 'warn').mockImplementation(() => undefined)

beforeAll(async () => {
  issuer = await createTestIssuer({ audience: 'reports' })
})

const analyst: TestClaims = {
  sub: 'auth0|ada',
  kind: 'user',
  client_id: 'inspector',
  permissions: ['read:reports'],
  roles: ['analyst'],
}
const stranger: TestClaims = { sub: 'auth0|eve', kind: 'user' }

/** Sends one message, as a client of 2025-11-25 does, and reads what comes back as an event or as JSON. */
async function send(method: string, params: object, claims?: TestClaims, headers: object = {}) {
  const response = await app.request(
    '/mcp/reports',
    {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        Accept: 'application/json, text/event-stream',
        'MCP-Protocol-Version': '2025-11-25',
        // The SDK compares it with the URL; over a binding it comes with the request.
        Host: 'localhost',
        ...(claims && { Authorization: `Bearer ${await issuer.token(claims)}` }),
        ...headers,
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    },
    issuer.env,
  )
  const text = await response.text()
  const json = /^data: (.*)$/m.exec(text)?.[1] ?? text
  return { response, body: JSON.parse(json) as { result?: Record<string, unknown>; error?: object } }
}

const call = (name: string, claims: TestClaims) => send('tools/call', { name, arguments: {} }, claims)

async function toolsOf(claims: TestClaims): Promise<unknown[]> {
  const { tools } = (await send('tools/list', {}, claims)).body.result ?? {}
  return (tools as { name: string }[]).map(({ name }) => name)
}

function saidIn(body: { result?: Record<string, unknown> }): unknown {
  const [{ text }] = body.result?.content as [{ text: string }]
  return JSON.parse(text)
}

describe('the MCP server for reports', () => {
  it('tells who asks, through which client, with which rights', async () => {
    const { body } = await call('whoami', analyst)
    expect(saidIn(body)).toMatchObject({
      sub: 'auth0|ada',
      kind: 'user',
      client: 'inspector',
      permissions: ['read:reports'],
      roles: ['analyst'],
    })
  })

  it('shows a tool to whom its policy lets, and runs it for nobody else', async () => {
    expect(await toolsOf(analyst)).toEqual(['whoami', 'list_reports'])
    expect(await toolsOf(stranger)).toEqual(['whoami'])
    expect(saidIn((await call('list_reports', analyst)).body)).toMatchObject({ for: 'auth0|ada' })
    const { body } = await call('list_reports', stranger)
    expect(body.result).toMatchObject({ isError: true })
    expect(saidIn(body)).toEqual({
      denied: true,
      reason: 'insufficient_rights',
      message: expect.stringContaining('does not have the right') as string,
    })
    expect(saidIn((await call('whoami', stranger)).body)).toMatchObject({ sub: 'auth0|eve' })
  })

  it('lets nobody in without a token', async () => {
    const { response } = await send('tools/list', {})
    expect([response.status, response.headers.get('WWW-Authenticate')]).toEqual([401, 'Bearer'])
  })

  it('leaves origins and CORS to the gateway', async () => {
    const { response } = await send('tools/list', {}, analyst, { Origin: 'https://client.test' })
    expect(response.status).toBe(200)
    expect(response.headers.get('Access-Control-Allow-Origin')).toBeNull()
  })
})
