/** The gateway's spans, as a streaming Tail Worker gets them. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Response as MiniflareResponse } from 'miniflare'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type GatewayWorker, startGatewayWorker } from '../support/gateway-worker.ts'
import { until } from '../support/until.ts'

interface Span {
  readonly name: string
  readonly attributes: Readonly<Record<string, unknown>>
  /** Its status, where it has one. */
  readonly update: unknown
}

interface Attribute {
  readonly name: string
  readonly value: unknown
}

/** What a tail gets (`TailStream` of @cloudflare/workers-types), as far as it is of spans. */
interface TailEvent {
  readonly spanContext: { readonly spanId?: string }
  readonly event: {
    readonly type: string
    readonly name?: string
    readonly spanId?: string
    readonly info?:
      readonly { readonly name: string; readonly value: unknown }[] | { readonly status?: unknown }
  }
}

const MARK = 'tail event: '

/** Logs each event that it gets. Attributes of the platform's own spans are bigints, and a tail that throws gets no more. */
const TAIL = `const plain = (_, value) => typeof value === 'bigint' ? Number(value) : value
export default {
  fetch: () => new Response(),
  tailStream: () => (event) => console.log('${MARK}' + JSON.stringify(event, plain)),
}`

let running: GatewayWorker
const events: TailEvent[] = []

beforeAll(async () => {
  const route = { methods: ['GET'], service: 'REPORTS', audience: 'reports', require: ['read:reports'] }
  running = await startGatewayWorker({
    bindings: {
      AUDIENCES: JSON.stringify({ reports: { permissions: ['read:reports'], roles: [] } }),
      ROUTES: JSON.stringify([
        { ...route, match: '/reports/*' },
        { ...route, match: '/reports/slow', timeoutMs: 50 },
      ]),
    },
    worker: {
      serviceBindings: {
        REPORTS: async ({ url }: { readonly url: string }) => {
          if (url.endsWith('/slow')) await sleep(500)
          return new MiniflareResponse('[]', { headers: { 'Server-Timing': 'db;dur=7' } })
        },
      },
      streamingTails: ['tail'],
    },
    others: [
      {
        ...{ name: 'tail', modules: true, script: TAIL, compatibilityDate: '2026-10-23' },
        compatibilityFlags: ['streaming_tail_worker', 'experimental'],
      },
    ],
    onLog: (message) => {
      if (message.startsWith(MARK)) events.push(JSON.parse(message.slice(MARK.length)) as TailEvent)
    },
  })
})
afterAll(() => running.close())

/** Sends a request, and returns the response and the gateway's spans of it. */
async function call(
  path: string,
  permissions: readonly string[],
): Promise<{ response: Response; spans: readonly Span[] }> {
  events.length = 0
  const token = running.tenant.control.issue({ permissions })
  const response = await fetch(new URL(path, running.url), { headers: { Authorization: `Bearer ${token}` } })
  await response.text()
  await until('the request has ended', () => events.some(({ event }) => event.type === 'outcome'))
  expect(JSON.stringify(events.filter(({ event }) => event.type !== 'onset'))).not.toContain(token)
  return { response, spans: events.flatMap(spanOf) }
}

function spanOf({ event: { type, name = '', spanId } }: TailEvent): readonly Span[] {
  if (type !== 'spanOpen' || !name.startsWith('sealgate.')) return []
  const own = events.filter(({ spanContext }) => spanContext.spanId === spanId).map(({ event }) => event)
  const attributes = own.flatMap(({ type: kind, info }) =>
    kind === 'attributes' ? (info as readonly Attribute[]) : [],
  )
  const update = own.find(({ type: kind }) => kind === 'spanUpdate')?.info
  return [{ name, attributes: Object.fromEntries(attributes.map((one) => [one.name, one.value])), update }]
}

describe('whoever traces the gateway', () => {
  it('sees what a request waited for, by its id and its pattern, and no subject', async () => {
    const { response, spans } = await call('/reports/of-ada', ['read:reports'])
    expect(response.status).toBe(200)
    const attributes = {
      request_id: response.headers.get('X-Request-Id'),
      route: '/reports/*',
      decision: 'granted',
    }
    expect(spans).toEqual([
      { name: 'sealgate.verify', attributes, update: undefined },
      { name: 'sealgate.policy', attributes, update: undefined },
      { name: 'sealgate.service', attributes, update: undefined },
    ])
  })

  it('sees where a caller was denied', async () => {
    const { response, spans } = await call('/reports/x', [])
    expect(response.status).toBe(403)
    expect(spans).toMatchObject([
      { name: 'sealgate.verify', attributes: { decision: 'granted' } },
      { name: 'sealgate.policy', attributes: { decision: 'denied' }, update: undefined },
    ])
    expect(spans).toHaveLength(2)
  })

  it('sees what failed, by the code of the error', async () => {
    const { response, spans } = await call('/reports/slow', ['read:reports'])
    expect(response.status).toBe(502)
    expect(spans.at(-1)).toMatchObject({
      name: 'sealgate.service',
      attributes: { decision: 'failed' },
      update: { type: 'status', status: { code: 'error', message: 'service_failed' } },
    })
  })
})

describe('Server-Timing in development', () => {
  it('says how long a request waited and for what, beside what the service says', async () => {
    const { response } = await call('/reports/x', ['read:reports'])
    expect(response.headers.get('Server-Timing')).toMatch(
      /^db;dur=7, verify;dur=\d+, policy;dur=\d+, service;dur=\d+, total;dur=\d+$/,
    )
  })
})
