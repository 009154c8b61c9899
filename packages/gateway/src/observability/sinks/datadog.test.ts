import { describe, expect, it, vi } from 'vitest'
import { Datadog } from './datadog.ts'
import { catchLogs, gatewayEnv, newSlot } from '../../testing/fixtures.ts'
import { app } from '../../testing/test-gateway.ts'

/** A Datadog that keeps what it gets, and a context that waits for what goes on after the response. */
function set(answer: () => Promise<Response> = () => Promise.resolve(new Response(null, { status: 202 }))) {
  const batches: object[][] = []
  const requests: Request[] = []
  const pending: Promise<unknown>[] = []
  const clock = { now: 1_800_000_000_000 }
  const shipper = new Datadog({
    apiKey: 'canary-key',
    site: 'datadoghq.eu',
    tags: 'env:test',
    now: () => clock.now,
    waitUntil: (promise) => pending.push(promise),
    fetch: async (input, init) => {
      const request = new Request(input, init)
      requests.push(request.clone())
      batches.push(await request.json())
      return answer()
    },
  })
  const settle = async (): Promise<void> => {
    for (const promise of pending) await promise
  }
  return { shipper, batches, requests, settle, clock, pending }
}

describe('Datadog', () => {
  it('gets the lines in batches of a hundred, with source, tags and time', async () => {
    const { shipper, batches, requests, settle } = set()
    for (let index = 0; index < 250; index++) shipper.add({ event: 'request', index })
    await settle()
    expect(batches.map(({ length }) => length)).toEqual([100, 100, 50])
    expect(batches[0]?.[0]).toEqual({
      ddsource: 'sealgate',
      ddtags: 'env:test',
      timestamp: 1_800_000_000_000,
      event: 'request',
      index: 0,
    })
    expect(requests[0]?.url).toBe('https://http-intake.logs.datadoghq.eu/api/v2/logs')
    expect(requests[0]?.headers.get('DD-API-KEY')).toBe('canary-key')
  })

  it('is spared what is too much, and told how much that was', async () => {
    const { shipper, batches, settle } = set()
    for (let index = 0; index < 1007; index++) shipper.add({ index })
    expect(shipper.dropped).toBe(7)
    await settle()
    expect(batches.flat()).toContainEqual({ ddsource: 'sealgate', event: 'log_lines_dropped', dropped: 7 })
    expect(shipper.dropped).toBe(0)
  })

  it('that is down costs its lines and nothing else, and gets the count when it is back', async () => {
    let isDown = true
    const { shipper, batches, settle } = set(() =>
      isDown ? Promise.reject(new Error('down')) : Promise.resolve(new Response(null, { status: 202 })),
    )
    shipper.add({ index: 0 })
    await settle()
    expect(shipper.dropped).toBe(1)
    isDown = false
    shipper.add({ index: 1 })
    await settle()
    expect(batches.at(-1)).toEqual([
      expect.objectContaining({ index: 1 }),
      { ddsource: 'sealgate', event: 'log_lines_dropped', dropped: 1 },
    ])
  })

  it('gets lines again after a run that died with its request', () => {
    const { shipper, clock, pending } = set(() => new Promise<Response>(() => undefined))
    shipper.add({ index: 0 })
    shipper.add({ index: 1 })
    expect(pending).toHaveLength(1)
    clock.now += 20_001
    shipper.add({ index: 2 })
    expect(pending).toHaveLength(2)
  })
})

it('the gateway ships its log lines when it has a key, after the response', async () => {
  const logs = catchLogs()
  const shipped = vi.spyOn(globalThis, 'fetch').mockImplementation(() => Promise.resolve(new Response()))
  const env = gatewayEnv({
    JWT_PRIVATE_JWK_NAME: 'SLOT_A',
    SLOT_A: await newSlot('slot-a'),
    DATADOG_API_KEY: 'canary-key',
  })
  const response = await app.request('https://gateway.test/nothing', {}, env)
  await vi.waitFor(() => expect(shipped).toHaveBeenCalledTimes(1))
  const [url, init] = shipped.mock.calls[0] ?? []
  expect(url).toBe('https://http-intake.logs.datadoghq.com/api/v2/logs')
  expect(JSON.parse(init?.body as string)).toEqual([
    expect.objectContaining({
      event: 'request',
      status: 404,
      request_id: response.headers.get('X-Request-Id'),
      ddtags: 'service:sealgate-gateway,env:test',
    }),
  ])
  expect(logs.text()).not.toContain('canary-key')
})
