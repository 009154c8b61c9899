import { afterEach, describe, expect, it, vi } from 'vitest'
import { catchLogs, gatewayEnv, newSlot } from '../testing/fixtures.ts'
import { app } from '../testing/test-gateway.ts'

const logs = catchLogs()
let fetched: { mockRestore(): void } | undefined
afterEach(() => fetched?.mockRestore())

const CANARY = 'canary-key'

async function environment(more: object) {
  return gatewayEnv({ JWT_PRIVATE_JWK_NAME: 'SLOT_A', SLOT_A: await newSlot('slot-a'), ...more })
}

/** What goes out by the global `fetch`. */
function receivers() {
  const requests: Request[] = []
  const bodies: string[] = []
  fetched = vi.spyOn(globalThis, 'fetch').mockImplementation((input, init) => {
    requests.push(new Request(input, init))
    bodies.push(init?.body as string)
    return Promise.resolve(Response.json({}))
  })
  return { requests, bodies }
}

describe('sinks of the gateway', () => {
  it('get the lines that the console gets, after the response, where variables say; without a secret', async () => {
    const { requests, bodies } = receivers()
    const env = await environment({
      DATADOG_API_KEY: CANARY,
      OTEL_EXPORTER_OTLP_ENDPOINT: 'https://otlp.test',
      OTEL_EXPORTER_OTLP_HEADERS: `api-key=${CANARY}`,
    })
    const granted = await app.request('https://gateway.test/health', {}, env)
    const response = await app.request('https://gateway.test/nothing', {}, env)
    expect([granted.status, response.status]).toEqual([200, 404])
    await vi.waitFor(() => expect(requests).toHaveLength(2))
    const addresses = requests.map(({ url }) => url).sort()
    expect(addresses).toEqual([
      'https://http-intake.logs.datadoghq.com/api/v2/logs',
      'https://otlp.test/v1/logs',
    ])
    for (const body of bodies) {
      expect(body).toContain(response.headers.get('X-Request-Id'))
      expect(body).not.toContain(granted.headers.get('X-Request-Id'))
      expect(body).not.toContain(CANARY)
    }
    expect(logs.text()).not.toContain(CANARY)
  })

  it('name the version by its id where it has no tag', async () => {
    const { bodies } = receivers()
    const env = await environment({
      OTEL_EXPORTER_OTLP_ENDPOINT: 'https://otlp.test',
      CF_VERSION_METADATA: { id: 'v-1', tag: '', timestamp: '' },
    })
    await app.request('https://gateway.test/nothing', {}, env)
    await vi.waitFor(() => expect(bodies).toHaveLength(1))
    expect(bodies[0]).toContain('{"key":"service.version","value":{"stringValue":"v-1"}}')
  })

  it('take their secrets from a Secrets Store too', async () => {
    const { requests } = receivers()
    const env = await environment({ DATADOG_API_KEY: { get: () => Promise.resolve(CANARY) } })
    await app.request('https://gateway.test/nothing', {}, env)
    await vi.waitFor(() => expect(requests).toHaveLength(1))
    expect(requests[0]?.headers.get('DD-API-KEY')).toBe(CANARY)
  })

  it('write metrics by themselves where METRICS is bound: grants too, and how long the slots last', async () => {
    const points: { readonly blobs: readonly string[]; readonly doubles: readonly number[] }[] = []
    const METRICS = { writeDataPoint: (point: (typeof points)[number]) => points.push(point) }
    const exp = Date.now() / 1000 + 30 * 86_400
    const SLOT_A = JSON.stringify({ ...(JSON.parse(await newSlot('slot-a')) as object), exp })
    const env = await environment({ METRICS, SLOT_A })
    for (const path of ['/auth/login', '/openapi.json', '/nothing'])
      await app.request(`https://gateway.test${path}`, {}, env)
    await vi.waitFor(async () => {
      await app.request('https://gateway.test/nothing', {}, env)
      expect(points.at(-1)?.doubles[8]).toBeCloseTo(30, 1)
    })
    const requests = points.filter(({ blobs }) => blobs[0] === 'request')
    expect(requests.map(({ blobs }) => blobs[4])).toContain('granted')
    expect(requests.map(({ blobs }) => blobs[4])).toContain('denied')
  })

  it.each([
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://otlp.test/canary-key'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'https://a:canary-key@otlp.test'],
    ['METRICS_GRANTS_PER_POINT', 'canary-key'],
  ])(
    'that cannot be as %s says are a fault of the configuration, which quotes nothing',
    async (name, value) => {
      const METRICS = { writeDataPoint: () => undefined }
      const env = await environment({ METRICS, [name]: value })
      expect((await app.request('https://gateway.test/api/x', {}, env)).status).toBe(500)
      expect(logs.text()).toContain(`${name} must `)
      expect(logs.text()).not.toContain(CANARY)
    },
  )
})
