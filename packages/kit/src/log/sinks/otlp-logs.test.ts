import { describe, expect, it } from 'vitest'
import { ConfigError } from '../../errors.ts'
import type { LogLine } from '../line-types.ts'
import type { SinkDropped } from '../sink.ts'
import { type OtlpOptions, otlpLogs } from './otlp-logs.ts'

const LINE: LogLine = {
  ts: '2027-01-15T08:00:00.123Z',
  level: 'warn',
  event: 'decision',
  schema: 1,
  service: 'reports',
  version: { id: 'c0ffee', tag: 'v7' },
  env: 'production',
  request_id: 'req-12345678',
  trace_id: '4bf92f3577b34da6a3ce929d0e0e4736',
  decision: 'denied',
  status: 403,
  reason: 'insufficient_rights',
  detail: 'the policy does not hold',
}

/** Sends lines, and returns what a receiver got. */
async function sent(
  env: object,
  lines: readonly LogLine[] = [LINE],
  { response = '{}', ...options }: OtlpOptions & { response?: string } = {},
) {
  const requests: Request[] = []
  const reports: SinkDropped[] = []
  const runs: Promise<unknown>[] = []
  const sink = otlpLogs({
    fetch: (input, init) => {
      requests.push(new Request(input, init))
      return Promise.resolve(new Response(response))
    },
    now: () => 1_800_000_000_000,
    sleep: () => Promise.resolve(),
    waitUntil: (run) => runs.push(run),
    ...options,
  })(env, (report) => reports.push(report))
  for (const line of lines) sink?.write(line)
  await Promise.all(runs)
  const bodies = await Promise.all(requests.map((request) => request.json()))
  return { sink, requests, bodies, reports }
}

const ENV = { OTEL_EXPORTER_OTLP_ENDPOINT: 'https://otlp.test' }
const make = (env: object) => (): unknown => otlpLogs()(env, () => undefined)

describe('otlpLogs()', () => {
  it('sends a line as a log record of OTLP’s JSON', async () => {
    const { bodies } = await sent(ENV)
    expect(bodies).toEqual([
      {
        resourceLogs: [
          {
            resource: {
              attributes: [
                { key: 'service.name', value: { stringValue: 'reports' } },
                { key: 'service.version', value: { stringValue: 'v7' } },
                { key: 'faas.version', value: { stringValue: 'c0ffee' } },
                { key: 'deployment.environment.name', value: { stringValue: 'production' } },
              ],
            },
            scopeLogs: [
              {
                scope: { name: 'sealgate' },
                logRecords: [
                  {
                    timeUnixNano: '1800000000123000000',
                    observedTimeUnixNano: '1800000000123000000',
                    severityNumber: 13,
                    severityText: 'warn',
                    eventName: 'decision',
                    body: { stringValue: 'the policy does not hold' },
                    attributes: [
                      { key: 'schema', value: { intValue: '1' } },
                      { key: 'request_id', value: { stringValue: 'req-12345678' } },
                      { key: 'decision', value: { stringValue: 'denied' } },
                      { key: 'status', value: { intValue: '403' } },
                      { key: 'reason', value: { stringValue: 'insufficient_rights' } },
                      { key: 'detail', value: { stringValue: 'the policy does not hold' } },
                    ],
                    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
                  },
                ],
              },
            ],
          },
        ],
      },
    ])
  })

  it('puts lines of different writers under resources of their own', async () => {
    const { bodies } = await sent(ENV, [LINE, { ...LINE, service: 'gateway' }, LINE])
    const [{ resourceLogs }] = bodies as [{ resourceLogs: { scopeLogs: { logRecords: unknown[] }[] }[] }]
    expect(resourceLogs.map(({ scopeLogs }) => scopeLogs[0]?.logRecords.length)).toEqual([2, 1])
  })

  it('gives a line from where a Worker starts, which has no time, the time at which it was seen', async () => {
    const { bodies } = await sent(ENV, [{ level: 'error', event: 'slot_skipped', schema: 1 }, LINE])
    const text = JSON.stringify(bodies)
    expect(text).toContain('{"observedTimeUnixNano":"1800000000000000000","severityNumber":17')
  })

  it.each([
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'https://otlp.test' }, 'https://otlp.test/v1/logs'],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'https://otlp.test/otlp/' }, 'https://otlp.test/otlp/v1/logs'],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' }, 'http://127.0.0.1:4318/v1/logs'],
    [{ OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: 'https://otlp.test/in?set=a' }, 'https://otlp.test/in?set=a'],
    [{ ...ENV, OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: 'http://localhost:4318/x' }, 'http://localhost:4318/x'],
  ])('sends to where %j says', async (env, url) => {
    const { requests } = await sent(env)
    expect(requests.map((request) => request.url)).toEqual([url])
  })

  it('is no sink without an endpoint; an empty one is none', async () => {
    for (const env of [{}, { OTEL_EXPORTER_OTLP_ENDPOINT: '' }]) {
      expect((await sent(env)).sink).toBeUndefined()
    }
  })

  it.each([
    ['http://otlp.test', 'must begin with https://'],
    ['ftp://127.0.0.1', 'must begin with https://'],
    ['otlp.test:4318', 'must begin with https://'],
    ['//otlp.test', 'must be a URL'],
    ['https://canary:canary@otlp.test', 'must have no user name and password'],
    ['https://canary@otlp.test', 'must have no user name and password'],
    [8080, 'must be text'],
  ])('rejects the endpoint %j, without quoting it', (OTEL_EXPORTER_OTLP_ENDPOINT, problem) => {
    expect(make({ OTEL_EXPORTER_OTLP_ENDPOINT })).toThrow(ConfigError)
    expect(make({ OTEL_EXPORTER_OTLP_ENDPOINT })).toThrow(`OTEL_EXPORTER_OTLP_ENDPOINT ${problem}`)
    expect(make({ OTEL_EXPORTER_OTLP_ENDPOINT })).not.toThrow('canary')
  })

  it('says what it has to say of a line in its body: the detail, else the reason, else the event', async () => {
    const plain: LogLine = { level: 'warn', event: 'decision', schema: 1 }
    const reasoned: LogLine = { ...plain, reason: 'insufficient_rights' }
    const { bodies } = await sent(ENV, [{ ...reasoned, detail: 'the policy does not hold' }, reasoned, plain])
    const [{ resourceLogs }] = bodies as [
      { resourceLogs: { scopeLogs: { logRecords: { body: { stringValue: string } }[] }[] }[] },
    ]
    expect(resourceLogs[0]?.scopeLogs[0]?.logRecords.map(({ body }) => body.stringValue)).toEqual([
      'the policy does not hold',
      'insufficient_rights',
      'decision',
    ])
  })

  it('names a version without a tag by its id, and leaves out what is not known', async () => {
    const bare: LogLine = { level: 'info', event: 'request', schema: 1, ms: 1.5, version: { id: 'c0ffee' } }
    const { bodies } = await sent(ENV, [bare])
    const record = {
      observedTimeUnixNano: '1800000000000000000',
      severityNumber: 9,
      severityText: 'info',
      eventName: 'request',
      body: { stringValue: 'request' },
      attributes: [
        { key: 'schema', value: { intValue: '1' } },
        { key: 'ms', value: { doubleValue: 1.5 } },
      ],
    }
    const attributes = ['service.version', 'faas.version'].map((key) => ({
      key,
      value: { stringValue: 'c0ffee' },
    }))
    expect(bodies).toEqual([
      {
        resourceLogs: [
          {
            resource: { attributes },
            scopeLogs: [{ scope: { name: 'sealgate' }, logRecords: [record] }],
          },
        ],
      },
    ])
  })

  it('takes an endpoint and headers as options, before those of the environment', async () => {
    const env = { ...ENV, OTEL_EXPORTER_OTLP_HEADERS: 'a=1' }
    const { requests } = await sent(env, [LINE], { endpoint: 'https://other.test/in', headers: 'a=2' })
    expect(requests.map(({ url, headers }) => [url, headers.get('a')])).toEqual([
      ['https://other.test/in', '2'],
    ])
  })

  it('counts the records that a receiver rejected of a batch', async () => {
    const partialSuccess = { rejectedLogRecords: '1', errorMessage: 'too old' }
    const { reports } = await sent(ENV, [LINE, LINE], { response: JSON.stringify({ partialSuccess }) })
    expect(reports).toMatchObject([{ sink: 'otlp', dropped: 1, detail: 'the sink rejected them' }])
  })

  it.each([
    ...['', 'ok', '[]', 'null', '{"partialSuccess":null}', '{"partialSuccess":[]}', '{"partialSuccess":{}}'],
    ...['-3', '0', '0.5', 'null', '"many"', '1e300'].map(
      (count) => `{"partialSuccess":{"rejectedLogRecords":${count}}}`,
    ),
  ])('counts nothing for the response %j', async (response) => {
    expect((await sent(ENV, [LINE], { response })).reports).toEqual([])
  })
})

describe('OTEL_EXPORTER_OTLP_HEADERS', () => {
  const HEADERS = 'Api-Key=canary%20key%3D, x-scope-orgid = tenant'
  const withHeaders = { ...ENV, OTEL_EXPORTER_OTLP_HEADERS: HEADERS }

  it('are sent, decoded, and stand in no body', async () => {
    const { requests, bodies } = await sent(withHeaders)
    expect(requests[0]?.headers.get('Api-Key')).toBe('canary key=')
    expect(requests[0]?.headers.get('X-Scope-OrgId')).toBe('tenant')
    expect(requests[0]?.headers.get('Content-Type')).toBe('application/json')
    expect(JSON.stringify(bodies)).not.toContain('canary')
    expect(requests[0]?.url).not.toContain('canary')
  })

  it('may have empty members, and an empty value', async () => {
    const { requests } = await sent({ ...ENV, OTEL_EXPORTER_OTLP_HEADERS: ' , x-empty=,, x-set=a=b ,' })
    expect(requests[0]?.headers.get('X-Empty')).toBe('')
    expect(requests[0]?.headers.get('X-Set')).toBe('a=b')
  })

  it('do not change what the body is', async () => {
    const { requests } = await sent({ ...ENV, OTEL_EXPORTER_OTLP_HEADERS: 'Content-Type=text/plain' })
    expect(requests[0]?.headers.get('Content-Type')).toBe('application/json')
  })

  it('may be a binding of the Secrets Store, which is read for each batch', async () => {
    let reads = 0
    const binding = { get: () => Promise.resolve(`api-key=canary-${++reads}`) }
    const { requests } = await sent({ ...ENV, OTEL_EXPORTER_OTLP_HEADERS: binding })
    expect(requests[0]?.headers.get('Api-Key')).toBe('canary-1')
  })

  it.each([{ get: () => Promise.reject(new Error('canary')) }, { get: () => Promise.resolve('canary') }])(
    'that cannot be read cost the batch, counted',
    async (binding) => {
      const { requests, reports } = await sent({ ...ENV, OTEL_EXPORTER_OTLP_HEADERS: binding })
      expect(requests).toEqual([])
      expect(reports).toMatchObject([{ dropped: 1 }])
      expect(JSON.stringify(reports)).not.toContain('canary')
    },
  )

  it.each(['canary', '=canary', 'a b=canary', 'a=canary%0d%0ab', 'a=%zz-canary', 'a=canäry-canary', 7])(
    'of %j are rejected, without quoting them',
    (value) => {
      const making = make({ ...ENV, OTEL_EXPORTER_OTLP_HEADERS: value })
      expect(making).toThrow(ConfigError)
      expect(making).toThrow(/^OTEL_EXPORTER_OTLP_HEADERS must be /)
      expect(making).not.toThrow('canary')
    },
  )
})
