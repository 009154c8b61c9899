/** A caller who follows the work, on real workerd: services, RPC, a queue, workflows, and the alarm of a Durable Object. */
import { join } from 'node:path'
import { build } from 'esbuild'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { ends } from '../support/ends.ts'
import { newSlots } from '../support/system.ts'

let miniflare: Miniflare
let close: () => Promise<void>
const ADA = 'auth0|ada'

async function scriptOf(name: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, `../support/caller/${name}.ts`)],
    ...{ bundle: true, write: false, format: 'esm', target: 'es2022' },
    ...{ conditions: ['workerd'], external: ['node:*', 'cloudflare:*'] },
  })
  return outputFiles[0]?.text ?? ''
}

beforeAll(async () => {
  const [gateway, web, jobs] = await Promise.all(['gateway', 'web', 'jobs'].map(scriptOf))
  const worker = (name: string, script = '') => ({
    name,
    modules: true,
    script,
    compatibilityDate: '2026-10-23',
  })
  const service = (name: string) => ({
    bindings: {
      JWT_ISS: 'https://gateway.internal',
      JWT_AUD: name,
      JWT_JWKS_SERVICE_NAME: 'KEYS',
      JWT_EXCHANGE_SERVICE_NAME: 'EXCHANGE',
      JWT_LEEWAY: '0',
      LOG_LEVEL: 'off',
    },
    kvNamespaces: { RESULTS: 'results' },
  })
  const gatewayOf = (name: string) => ({
    KEYS: { name: 'gateway', entrypoint: 'Keys' },
    EXCHANGE: { name: 'gateway', entrypoint: 'Exchange', props: { service: name } },
  })
  miniflare = new Miniflare(
    convertV4MiniflareOptions({
      cf: false,
      structuredWorkerdLogs: true,
      handleStructuredLogs: () => undefined,
      workers: [
        {
          ...worker('web', web),
          ...service('web'),
          serviceBindings: {
            ...gatewayOf('web'),
            ADMIN: { name: 'gateway', entrypoint: 'Admin', props: { service: 'web', admin: true } },
            JOBS: 'jobs',
            JOBS_RPC: { name: 'jobs', entrypoint: 'Jobs' },
          },
          durableObjects: {
            REMINDERS: { className: 'Reminder', scriptName: 'jobs' },
            LIBRARY: { className: 'Library', scriptName: 'jobs' },
          },
          queueProducers: { QUEUE: { queueName: 'jobs' } },
          workflows: { EXPORT: { name: 'export', className: 'Export', scriptName: 'jobs' } },
        },
        {
          ...worker('jobs', jobs),
          ...service('jobs'),
          serviceBindings: gatewayOf('jobs'),
          durableObjects: {
            USED: { className: 'UsedApprovals', useSQLite: true },
            REMINDERS: { className: 'Reminder', useSQLite: true },
            LIBRARY: { className: 'Library', useSQLite: true },
          },
          queueConsumers: { jobs: { maxBatchTimeout: 0, maxBatchSize: 10, maxRetries: 5 } },
        },
        {
          ...worker('gateway', gateway),
          bindings: {
            ...newSlots(),
            JWT_PRIVATE_JWK_NAME: 'GATEWAY_PRIVATE_A',
            WORKER_ENV: 'test',
            AUTH0_DOMAIN: 'tenant.test',
            AUTH0_AUDIENCE: 'https://api.test',
            JWT_ISS: 'https://gateway.internal',
            JWT_AUD: 'gateway',
            JWT_DENYLIST_NAME: 'DENYLIST',
            ADMIN_SIGN: 'web',
            LOG_LEVEL: 'off',
          },
          kvNamespaces: { DENYLIST: 'denylist' },
        },
      ],
    }),
  )
  close = ends(() => miniflare.dispose())
  await miniflare.ready
})
afterAll(() => close())

const send = (path: string, init?: { method?: string; body?: string; headers?: Record<string, string> }) =>
  miniflare.dispatchFetch(`http://web.test/${path}`, init)
const post = async (path: string, body: object): Promise<unknown> => {
  const response = await send(path, { method: 'POST', body: JSON.stringify(body) })
  const text = await response.text()
  return text.startsWith('{') ? (JSON.parse(text) as unknown) : text
}
/** A caller's own token. */
async function tokenOf(sub = ADA): Promise<string> {
  const { token = '', ...rest } = (await post('sign', {
    sub,
    permissions: ['run:jobs', 'read:reports'],
  })) as { token?: string }
  if (token === '') throw new Error(JSON.stringify(rest))
  return token
}
async function as(sub: string, path: string): Promise<unknown> {
  const headers = { Authorization: `Bearer ${await tokenOf(sub)}` }
  const response = await send(path, { headers })
  const text = await response.text()
  return text.startsWith('{') || text.startsWith('"') ? (JSON.parse(text) as unknown) : text
}
const resultOf = (name: string): Promise<Record<string, unknown>> =>
  vi.waitFor(async () => {
    const text = await (await send(`results/${name}`)).text()
    if (text === '') throw new Error(`nothing is known of ${name}`)
    return JSON.parse(text) as Record<string, unknown>
  })
const GRANTED = { sub: ADA, actor: 'web', offline: false }

describe('between services', () => {
  it('the caller comes along by HTTP, in place of the request’s own token', async () => {
    expect(await as(ADA, 'fetch')).toMatchObject({ ...GRANTED, permissions: ['run:jobs', 'read:reports'] })
  })

  it('the caller comes along over RPC, where each method has its policy', async () => {
    expect(await as(ADA, 'rpc')).toMatchObject({ ...GRANTED, greeting: 'hello' })
    const denied = { name: 'DenialError', code: 'ERR_DENIED', status: 403 }
    const error = await as(ADA, 'remove')
    expect(error).toMatchObject(denied)
    expect(JSON.stringify(error)).not.toContain('remove:jobs')
  })

  it.each([[{}], [{ 'X-Nothing': '1' }]])('a call without a good token is denied: %j', async (headers) => {
    const response = await send('raw-rpc', { headers })
    expect(await response.json()).toMatchObject({ code: 'ERR_DENIED', status: 401 })
  })
})

describe('a queue', () => {
  it('brings each message with its caller', async () => {
    await as(ADA, 'queue/one')
    expect(await resultOf('one')).toMatchObject({ ...GRANTED, attempts: 1 })
    await as(ADA, 'batch/many')
    expect([await resultOf('many-1'), await resultOf('many-2')]).toMatchObject([GRANTED, GRANTED])
  })

  it('may deliver a message again: that is no copy', async () => {
    await as(ADA, 'retry/again')
    expect(await resultOf('again')).toMatchObject({ ...GRANTED, attempts: 3 })
  })

  it('brings no copy of a message, and none that was edited', async () => {
    await as(ADA, 'queue/genuine')
    const { body } = (await resultOf('genuine')) as { body: { sealgate: object; body: object } }
    await post('raw-queue', { ...body, body: { name: 'edited' } })
    expect(await resultOf('edited')).toMatchObject({ denied: 'request_mismatch' })
    await post('raw-queue', { body: { name: 'alone' } })
    expect(await resultOf('alone')).toMatchObject({ denied: 'no_credentials' })
    await (await miniflare.getKVNamespace('RESULTS', 'web')).delete('genuine')
    await post('raw-queue', body)
    expect(await resultOf('genuine')).toMatchObject({ denied: 'replayed' })
  })
})

describe('what outlives its caller’s token', () => {
  it('goes on in a workflow, by the grant of the gateway', async () => {
    await as(ADA, 'workflow/sleeping')
    expect(await resultOf('sleeping-first')).toMatchObject(GRANTED)
    expect(await resultOf('sleeping-later')).toMatchObject({
      sub: ADA,
      actor: 'web',
      permissions: ['read:reports'],
      offline: true,
    })
  })

  it('is denied in a workflow that goes on after a revocation', async () => {
    const bob = 'auth0|bob'
    await as(bob, 'workflow/revoked')
    expect(await resultOf('revoked-first')).toMatchObject({ sub: bob })
    expect(await post('revoke', { sub: bob })).toMatchObject({ ok: true })
    expect(await resultOf('revoked-later')).toMatchObject({ denied: 'expired', status: 401 })
  })

  it('is denied in a workflow that somebody starts with the parameters of another', async () => {
    await as(ADA, 'workflow/mine')
    const { payload } = await resultOf('mine-first')
    await (await miniflare.getKVNamespace('RESULTS', 'web')).delete('mine-first')
    await post('raw-workflow', payload as object)
    expect(await resultOf('mine-first')).toMatchObject({ denied: 'request_mismatch' })
  })

  it('is known to a Durable Object at its alarm; what it kept is no bearer token', async () => {
    await as(ADA, 'alarm/reminder')
    const { token, ...outcome } = await resultOf('reminder')
    expect(outcome).toMatchObject({ sub: ADA, actor: 'jobs', permissions: ['read:reports'], offline: true })
    const response = await send('fetch', { headers: { Authorization: `Bearer ${String(token)}` } })
    expect(response.status).toBe(401)
  })
})

it('a document that one user’s answer cites is never in what another user’s model receives', async () => {
  expect(await as(ADA, 'ask/noon')).toMatchObject({ cites: ['handbook', 'salaries'] })
  const { cites, received } = (await as('auth0|carol', 'ask/noon')) as { cites: unknown; received: string }
  expect(cites).toEqual(['handbook'])
  expect(received).not.toContain('earns')
})
