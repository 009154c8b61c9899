/** Sinks on real workerd, against receivers that work, fail, are slow or hang. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SinkDropped } from '@sealgate/kit/log'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { problemsOf } from '../support/otlp/proto.ts'
import { type Receiver, startReceiver } from '../support/otlp/receiver.ts'
import { type Isolate, startIsolate } from '../support/resilience/isolate.ts'
import { until } from '../support/until.ts'

const CANARY = 'canary-3b1f'

let otlp: Receiver
let datadog: Receiver
let isolate: Isolate

/** Sends requests one after the other, and returns how long the slowest took, in milliseconds. */
async function send(count: number): Promise<number> {
  let slowest = 0
  for (let index = 0; index < count; index++) {
    const start = performance.now()
    expect(await isolate.get('x')).toEqual({ status: 200, text: 'ok' })
    slowest = Math.max(slowest, performance.now() - start)
  }
  return slowest
}

const dropped = async (): Promise<readonly SinkDropped[]> =>
  (await (await fetch(new URL('/dropped', isolate.url))).json()) as readonly SinkDropped[]

const lost = async (sink: string): Promise<number> =>
  (await dropped()).filter((event) => event.sink === sink).reduce((sum, event) => sum + event.dropped, 0)

describe('on workerd', () => {
  beforeEach(async () => {
    otlp = await startReceiver()
    datadog = await startReceiver()
    isolate = await startIsolate({
      worker: 'logging',
      runtime: 'workerd',
      bindings: {
        OTEL_EXPORTER_OTLP_ENDPOINT: otlp.url,
        OTEL_EXPORTER_OTLP_HEADERS: `api-key=${CANARY}`,
        DATADOG_API_KEY: CANARY,
        DATADOG_AT: `${datadog.url}/api/v2/logs`,
      },
      keys: () => Promise.reject(new Error('nobody fetches keys')),
    })
  })
  afterEach(async () => {
    await isolate.close()
    otlp.close()
    datadog.close()
  })

  it('receivers get each line, in the shape that OTLP publishes and in Datadog’s, and no secret in a body', async () => {
    await send(30)
    await until('both have 30 lines', () => otlp.taken.length === 30 && datadog.taken.length === 30)
    expect([...otlp.problems, ...datadog.problems]).toEqual([])
    expect(otlp.taken[0]).toMatchObject({ eventName: 'decision', severityNumber: 13 })
    expect(datadog.taken[0]).toMatchObject({
      ddsource: 'sealgate',
      ddtags: 'service:reports,env:test',
      status: 403,
    })
    expect(otlp.received[0]?.path).toBe('/v1/logs')
    expect(otlp.received[0]?.headers['api-key']).toBe(CANARY)
    expect(datadog.received[0]?.headers['dd-api-key']).toBe(CANARY)
    const wire = [...otlp.received, ...datadog.received].map(({ text, path }) => text + path).join('')
    expect(wire).not.toContain(CANARY)
    expect(await dropped()).toEqual([])
  })

  describe('a receiver that', () => {
    it('takes half of a batch costs the other half, counted', async () => {
      otlp.behave('takes half')
      await send(10)
      await until('ten lines are accounted for', async () => linesTaken() + (await lost('otlp')) === 10)
      expect(linesTaken()).toBeLessThan(10)
      expect(datadog.taken).toHaveLength(10)
    })

    it.each([
      ['fails', 'status 500'],
      ['hangs', 'no response in time'],
      ['is 10 s slow', 'no response in time'],
    ] as const)('%s costs requests nothing, and the other receiver gets all lines', async (what, detail) => {
      const behaviour = what === 'is 10 s slow' ? 'slow' : what
      otlp.behave(behaviour)
      // Far from five seconds: nobody waits for it. The p99 of both stands in docs/reference/performance.md.
      expect(await send(40)).toBeLessThan(2000)
      await until('lines are counted', async () => (await lost('otlp')) > 0)
      expect(await dropped()).toContainEqual(expect.objectContaining({ sink: 'otlp', detail }))
      await until('the other has all', () => datadog.taken.length === 40)
      // Back again, it gets the rest, and the count of what it lost: not a line is unaccounted for.
      otlp.behave('takes')
      await send(1)
      await until('41 lines are accounted for', async () => linesTaken() + (await lost('otlp')) === 41)
      expect(JSON.stringify(otlp.taken)).toContain('"eventName":"sink_dropped"')
      expect(otlp.problems).toEqual([])
    })
  })
})

/** Lines of requests that the receiver of OTLP took. */
function linesTaken(): number {
  return otlp.taken.filter((record) => (record as { eventName: string }).eventName === 'decision').length
}

describe('the definitions that requests are held to', () => {
  const example = JSON.parse(
    readFileSync(join(import.meta.dirname, '../conformance/vectors/otlp/example.json'), 'utf8'),
  ) as object
  const record = (fields: object): readonly string[] => problemsOf(fields, 'LogRecord')

  it('take what OpenTelemetry gives as an example', () => {
    expect(problemsOf(example, 'ExportLogsServiceRequest')).toEqual([])
  })

  it.each<[what: string, fields: object, problem: string]>([
    ['a name of the proto file', { trace_id: '' }, 'LogRecord.trace_id is no member of LogRecord'],
    ['nanoseconds as a number', { timeUnixNano: 1 }, 'LogRecord.timeUnixNano is no fixed64'],
    ['a severity by its name', { severityNumber: 'WARN' }, 'LogRecord.severityNumber is no SeverityNumber'],
    ['a severity that is none', { severityNumber: 25 }, 'LogRecord.severityNumber is no SeverityNumber'],
    ['an id in base64', { traceId: 'S/kvNXezTaajzpKdDg5HNg==' }, 'LogRecord.traceId is no id of 16 bytes'],
    ['an id of zeroes', { spanId: '0000000000000000' }, 'LogRecord.spanId is no id of 8 bytes'],
    ['an integer as a number', { body: { intValue: 1 } }, 'LogRecord.body.intValue is no int64'],
    ['an integer of 65 bits', { body: { intValue: '9223372036854775808' } }, 'intValue is no int64'],
    ['two values', { body: { intValue: '1', stringValue: '1' } }, 'LogRecord.body has two members of one'],
    ['a text as an object', { severityText: {} }, 'LogRecord.severityText is no string'],
    ['attributes as an object', { attributes: {} }, 'LogRecord.attributes is no array'],
    ['a key twice', { attributes: [{ key: 'a' }, { key: 'a' }] }, 'LogRecord.attributes has a key twice'],
  ])('reject %s', (_, fields, problem) => {
    expect(record(fields)).toEqual([expect.stringContaining(problem)])
  })
})
