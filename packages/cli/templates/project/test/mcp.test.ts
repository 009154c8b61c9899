import { createTestIssuer } from '@sealgate/kit/testing'
import { expect, it } from 'vitest'
import mcp from '../services/mcp/index.ts'

const issuer = await createTestIssuer({ audience: 'mcp' })

/** Sends a message as an MCP client does. */
function send(method: string, params: object, token?: string): Response | Promise<Response> {
  const headers = {
    'Content-Type': 'application/json',
    Accept: 'application/json, text/event-stream',
    ...(token !== undefined && { Authorization: `Bearer ${token}` }),
  }
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
  return mcp.request('/mcp', { method: 'POST', headers, body }, issuer.env)
}

const call = { name: 'list-reports', arguments: { year: 2026 } }

it('runs a tool for a caller who may use it, and the tool knows who that is', async () => {
  const token = await issuer.token({ sub: 'ada', permissions: ['read:reports'] })
  const response = await send('tools/call', call, token)
  expect(response.status).toBe(200)
  expect(await response.text()).toContain('2026-10, for ada')
})

it('runs nothing for anybody else', async () => {
  expect((await send('tools/call', call)).status).toBe(401)
  expect((await send('tools/call', call, await issuer.token({ sub: 'bob' }))).status).toBe(403)
})
