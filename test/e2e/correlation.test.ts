/** One request through gateway, service and the next service, on real workerd: one id and one trace for all. */
import { join } from 'node:path'
import { build } from 'esbuild'
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { type GatewayWorker, startGatewayWorker } from '../support/gateway-worker.ts'

const ID = 'a1b2c3d4-of-the-client'
const TRACE_ID = '0af7651916cd43dd8448eb211c80319c'
const PARENT_ID = 'b7ad6b7169203331'
const HEADERS = { 'X-Request-Id': ID, traceparent: `00-${TRACE_ID}-${PARENT_ID}-01`, tracestate: 'a=1' }

let running: GatewayWorker
let token: string
/** What all Workers logged since the last test. */
let log: string[]

beforeAll(async () => {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, '../support/hops/worker.ts')],
    ...{ bundle: true, write: false, format: 'esm', target: 'es2022' },
    ...{ conditions: ['workerd'], external: ['node:*', 'cloudflare:*'] },
  })
  const script = outputFiles[0]?.text ?? ''
  const hop = (name: string) => ({
    ...{ name, modules: true, script, compatibilityDate: '2026-10-23' },
    bindings: {
      JWT_ISS: 'https://gateway.internal',
      JWT_AUD: name,
      JWT_JWKS_SERVICE_NAME: 'KEYS',
      JWT_EXCHANGE_SERVICE_NAME: 'EXCHANGE',
    },
    serviceBindings: {
      KEYS: { name: 'gateway', entrypoint: 'Keys' },
      EXCHANGE: { name: 'gateway', entrypoint: 'Exchange', props: { service: name } },
      NEXT: 'archive',
    },
  })
  const audience = { permissions: ['read:reports'], roles: [] }
  running = await startGatewayWorker({
    bindings: {
      AUDIENCES: JSON.stringify({ reports: audience, archive: audience }),
      ROUTES: JSON.stringify([
        { match: '/api/*', methods: ['GET'], service: 'CONSUMER', audience: 'reports' },
      ]),
    },
    worker: { serviceBindings: { CONSUMER: 'reports' } },
    others: [hop('reports'), hop('archive')],
    onLog: (message) => log.push(message),
  })
  token = running.tenant.control.issue({})
})
beforeEach(() => {
  log = []
})
afterAll(() => running.close())

function send(path: string, headers: Readonly<Record<string, string>> = HEADERS): Promise<Response> {
  return fetch(new URL(path, running.url), { headers: { Authorization: `Bearer ${token}`, ...headers } })
}

/** Waits for a line that has all of these texts. */
function line(...texts: readonly string[]): Promise<void> {
  return vi.waitFor(() => {
    expect(log.filter((one) => texts.every((text) => one.includes(text)))).not.toEqual([])
  })
}

it('a denial of the delegated service has the client’s id in its body, and in lines of service and gateway', async () => {
  const response = await send('/api/next/denied')
  expect([response.status, response.headers.get('X-Request-Id')]).toEqual([403, ID])
  expect(await response.json()).toMatchObject({ error: 'insufficient_scope', request_id: ID })
  await line('decision', 'archive', ID, TRACE_ID)
  await line("'request'", ID, TRACE_ID)
})

it('a delegation that the gateway denies has it in the line of the call, and in the body of the error', async () => {
  const response = await send('/api/nowhere')
  expect(response.status).toBe(500)
  expect(await response.json()).toMatchObject({ error: 'server_error', request_id: ID })
  await line('denied_call', 'Exchange.delegate', ID, TRACE_ID)
})

it('each hop has the same trace, and another parent', async () => {
  const hops = await Promise.all(
    ['/api/headers', '/api/next/headers'].map(async (path) => (await send(path)).json()),
  )
  const parents = hops.map((hop) => {
    expect(hop).toMatchObject({ 'x-request-id': ID, tracestate: 'a=1' })
    const { traceparent } = hop as { readonly traceparent: string }
    expect(traceparent).toMatch(new RegExp(`^00-${TRACE_ID}-[\\da-f]{16}-01$`))
    return traceparent.slice(36, 52)
  })
  expect(new Set([...parents, PARENT_ID]).size).toBe(3)
})

it('what is hostile reaches no line, no body and no hop', async () => {
  const hostile = {
    'X-Request-Id': '{"event":"forged"}',
    traceparent: `00-${TRACE_ID}-${PARENT_ID}-01-forged`,
    tracestate: 'forged=<script>',
  }
  const denied = await send('/api/next/denied', hostile)
  const id = denied.headers.get('X-Request-Id') ?? ''
  expect(id).toMatch(/^[\da-f-]{36}$/)
  expect(await denied.json()).toMatchObject({ request_id: id })
  await line("'request'", id)
  await line('decision', 'archive', id)
  const passed = await (await send('/api/next/headers', hostile)).text()
  expect(`${log.join('\n')}${passed}`).not.toMatch(/forged|script|0af76519/)
})
