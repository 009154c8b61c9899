import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Runtime, startRuntime } from './runtime.ts'
import { pick } from './splitter.ts'
import type { Binding, Deployment, Share, Version } from './state.ts'

const CALLEE = `
import { WorkerEntrypoint, DurableObject } from 'cloudflare:workers'
export class Counter extends DurableObject { value() { return 7 } }
export class Keys extends WorkerEntrypoint {
  fetch(request) { return Response.json({ url: request.url, secret: this.env.SECRET }) }
  add(one, other) { return { sum: one + other, props: this.ctx.props, secret: this.env.SECRET } }
  fail() { throw new TypeError('no such thing') }
}
export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url)
    if (pathname === '/slow') await new Promise((resolve) => setTimeout(resolve, 1000))
    if (pathname === '/socket') {
      const [client, server] = Object.values(new WebSocketPair())
      server.accept()
      server.addEventListener('message', ({ data }) => server.send(env.SECRET + ' ' + data))
      return new Response(null, { status: 101, webSocket: client })
    }
    const limited = await env.LIMITER.limit({ key: 'a' })
    const object = await env.COUNTER.get(env.COUNTER.idFromName('a')).value()
    env.METRICS.writeDataPoint({ indexes: ['a'], blobs: ['a'], doubles: [1] })
    return Response.json({ secret: env.SECRET, version: env.VERSION, limited, object })
  },
}`
const CALLER = `
let requests = 0
export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url)
    requests++
    if (pathname === '/fetch') return env.KEYS.fetch('https://keys.internal/set?a=1')
    if (pathname === '/rpc') return Response.json(await env.KEYS.add(1, 2))
    if (pathname === '/fail') return Response.json(await env.KEYS.fail().catch((error) => error.name + ': ' + error.message))
    if (pathname === '/socket') return env.CALLEE.fetch(request)
    if (pathname === '/kv') {
      await env.LIST.put('a', '{"b":1}', { expirationTtl: 60 })
      return Response.json([...(await env.LIST.get(['a', 'c'], { type: 'json' }))])
    }
    return Response.json({ requests, plain: env.PLAIN })
  },
}`

function version(id: string, code: string, bindings: readonly Binding[], secret = ''): Version {
  const content = new TextEncoder().encode(code)
  return {
    ...{ id, number: 1, createdOn: '2026-11-01T00:00:00Z', tag: `tag-${id}`, mainModule: 'index.js' },
    modules: new Map([['index.js', { content, type: 'application/javascript+module' }]]),
    metadata: { bindings, compatibility_date: '2026-10-23' },
    secrets: { SECRET: secret },
  }
}

const CALLEE_BINDINGS: readonly Binding[] = [
  { name: 'VERSION', type: 'version_metadata' },
  { name: 'LIMITER', type: 'ratelimit', namespace_id: '1', simple: { limit: 1, period: 60 } },
  { name: 'COUNTER', type: 'durable_object_namespace', class_name: 'Counter' },
  { name: 'METRICS', type: 'analytics_engine', dataset: 'metrics' },
]
const CALLER_BINDINGS: readonly Binding[] = [
  { name: 'KEYS', type: 'service', service: 'callee', entrypoint: 'Keys', props: { service: 'caller' } },
  { name: 'CALLEE', type: 'service', service: 'callee' },
  { name: 'LIST', type: 'kv_namespace', namespace_id: 'list' },
  { name: 'PLAIN', type: 'plain_text', text: 'as it is' },
]

const callee = {
  name: 'callee',
  versions: [version('v1', CALLEE, CALLEE_BINDINGS, 'one'), version('v2', CALLEE, CALLEE_BINDINGS, 'two')],
  deployments: [] as Deployment[],
}
const caller = {
  name: 'caller',
  versions: [version('c1', CALLER, CALLER_BINDINGS)],
  deployments: [] as Deployment[],
}
let runtime: Runtime
/** What picks a version next; beyond these it is the first. */
let randoms: number[] = []

async function deploy(script: typeof callee, versions: readonly Share[]): Promise<void> {
  script.deployments.push({ id: String(script.deployments.length), versions })
  await runtime.reconcile(script.name)
}

async function get(script: string, path: string, headers: Record<string, string> = {}): Promise<unknown> {
  return (await fetch(`${await runtime.url(script)}${path}`, { headers })).json()
}

beforeAll(async () => {
  runtime = await startRuntime(
    { scripts: new Map(Object.entries({ callee, caller })) },
    { random: () => randoms.shift() ?? 0 },
  )
  await deploy(callee, [{ version_id: 'v1', percentage: 100 }])
  await deploy(caller, [{ version_id: 'c1', percentage: 100 }])
})
afterAll(() => runtime.close())

describe('the local Cloudflare’s runtime', () => {
  it('runs a version with its bindings', async () => {
    expect(await get('callee', '/')).toEqual({
      secret: 'one',
      version: { id: 'v1', tag: 'tag-v1', timestamp: '2026-11-01T00:00:00Z' },
      limited: { success: true },
      object: 7,
    })
    expect(await get('callee', '/')).toMatchObject({ limited: { success: false } })
    expect(await get('caller', '/')).toMatchObject({ plain: 'as it is' })
  })

  it('carries requests, calls, failures and sockets over bindings, to the entrypoint with the props', async () => {
    expect(await get('caller', '/fetch')).toEqual({ url: 'https://keys.internal/set?a=1', secret: 'one' })
    expect(await get('caller', '/rpc')).toEqual({ sum: 3, props: { service: 'caller' }, secret: 'one' })
    expect(await get('caller', '/fail')).toBe('TypeError: no such thing')
    const socket = new WebSocket(`${await runtime.url('caller')}/socket`)
    await once(socket, 'open')
    const message = once(socket, 'message')
    socket.send('hello')
    expect((await message) as unknown).toMatchObject([{ data: 'one hello' }])
    socket.close()
  })

  it('shares KV with the test', async () => {
    expect(await get('caller', '/kv')).toEqual([
      ['a', { b: 1 }],
      ['c', null],
    ])
    expect(runtime.kv.entries('list')).toEqual(new Map([['a', '{"b":1}']]))
    expect(runtime.kv.secondsLeft('list', 'a')).toBeGreaterThan(50)
  })

  it('splits by weight, by URL and by binding, and the caller’s isolate lives on', async () => {
    const { requests } = (await get('caller', '/')) as { requests: number }
    await deploy(callee, [
      { version_id: 'v1', percentage: 90 },
      { version_id: 'v2', percentage: 10 },
    ])
    randoms = [0.95, 0.85]
    expect(await get('callee', '/')).toMatchObject({ secret: 'two' })
    expect(await get('callee', '/')).toMatchObject({ secret: 'one' })
    randoms = [0, 0.95, 0, 0.85]
    expect(await get('caller', '/fetch')).toMatchObject({ secret: 'two' })
    expect(await get('caller', '/rpc')).toMatchObject({ secret: 'one' })
    expect(await get('caller', '/')).toMatchObject({ requests: requests + 3 })
  })

  it('reaches a version with 0 % by an override alone', async () => {
    await deploy(callee, [
      { version_id: 'v1', percentage: 0 },
      { version_id: 'v2', percentage: 100 },
    ])
    const override = { 'Cloudflare-Workers-Version-Overrides': 'callee="v1"' }
    expect(await get('callee', '/', override)).toMatchObject({ secret: 'one' })
    expect(await get('callee', '/')).toMatchObject({ secret: 'two' })
    expect(await get('callee', '/', { ...override, 'X-Other': 'callee="v3"' })).toMatchObject({
      secret: 'one',
    })
  })

  it('lets requests of an old version end', async () => {
    const slow = get('callee', '/slow')
    await new Promise((resolve) => setTimeout(resolve, 200))
    await deploy(callee, [{ version_id: 'v1', percentage: 100 }])
    expect(await get('callee', '/')).toMatchObject({ secret: 'one' })
    expect(await slow).toMatchObject({ secret: 'two' })
  })
})

it.each([
  [0, 'a'],
  [0.89, 'a'],
  [0.9, 'c'],
  [0.999, 'c'],
])('picks by weight: %d is for %s', (random, versionId) => {
  const backends = [
    { versionId: 'a', percentage: 90 },
    { versionId: 'b', percentage: 0 },
    { versionId: 'c', percentage: 10 },
  ]
  expect(pick(backends, random)?.versionId).toBe(versionId)
})
