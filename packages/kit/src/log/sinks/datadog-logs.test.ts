import { expect, it } from 'vitest'
import { ConfigError } from '../../errors.ts'
import type { LogLine } from '../line-types.ts'
import { datadogLogs } from './datadog-logs.ts'

const LINE: LogLine = {
  ts: '2027-01-15T08:00:00.123Z',
  level: 'warn',
  event: 'decision',
  schema: 1,
  service: 'https://api.test, reports',
  env: 'production',
  status: 403,
}

async function sent(env: object, lines: readonly LogLine[] = [LINE]) {
  const requests: Request[] = []
  const runs: Promise<unknown>[] = []
  const sink = datadogLogs({
    fetch: (input, init) => {
      requests.push(new Request(input, init))
      return Promise.resolve(new Response(null, { status: 202 }))
    },
    now: () => 1_800_000_000_000,
    sleep: () => Promise.resolve(),
    waitUntil: (run) => runs.push(run),
  })(env, () => undefined)
  for (const line of lines) sink?.write(line)
  await Promise.all(runs)
  return { sink, requests, bodies: await Promise.all(requests.map((request) => request.text())) }
}

it('datadogLogs() sends an array of lines to the intake of a site, each with source, tags and time', async () => {
  const env = { DATADOG_API_KEY: 'canary-key', DATADOG_SITE: 'datadoghq.eu' }
  const { requests, bodies } = await sent(env, [LINE, { level: 'error', event: 'slot_skipped', schema: 1 }])
  expect(requests[0]?.url).toBe('https://http-intake.logs.datadoghq.eu/api/v2/logs')
  expect(requests[0]?.method).toBe('POST')
  expect(requests[0]?.headers.get('DD-API-KEY')).toBe('canary-key')
  expect(requests[0]?.headers.get('Content-Type')).toBe('application/json')
  expect(bodies.map((body) => JSON.parse(body) as unknown)).toEqual([
    [
      {
        ddsource: 'sealgate',
        ddtags: 'service:https://api.test__reports,env:production',
        timestamp: 1_800_000_000_123,
        ...LINE,
      },
      {
        ddsource: 'sealgate',
        timestamp: 1_800_000_000_000,
        ...{ level: 'error', event: 'slot_skipped', schema: 1 },
      },
    ],
  ])
  expect(bodies.join('')).not.toContain('canary-key')
})

it('datadogLogs() is no sink without a key; without a site it is datadoghq.com', async () => {
  expect((await sent({ DATADOG_SITE: 'datadoghq.eu', DATADOG_API_KEY: '' })).sink).toBeUndefined()
  const { requests } = await sent({ DATADOG_API_KEY: 'canary-key' })
  expect(requests[0]?.url).toBe('https://http-intake.logs.datadoghq.com/api/v2/logs')
})

it('datadogLogs() takes key and site as options, before those of the environment', async () => {
  const env = { DATADOG_API_KEY: 'canary-key', DATADOG_SITE: 'datadoghq.eu' }
  const requests: Request[] = []
  const runs: Promise<unknown>[] = []
  const sink = datadogLogs({
    apiKey: { get: () => Promise.resolve('other-key') },
    site: 'us5.datadoghq.com',
    fetch: (input, init) => {
      requests.push(new Request(input, init))
      return Promise.resolve(new Response(null, { status: 202 }))
    },
    sleep: () => Promise.resolve(),
    waitUntil: (run) => runs.push(run),
  })(env, () => undefined)
  sink?.write(LINE)
  await Promise.all(runs)
  expect(requests.map(({ url, headers }) => [url, headers.get('DD-API-KEY')])).toEqual([
    ['https://http-intake.logs.us5.datadoghq.com/api/v2/logs', 'other-key'],
  ])
})

it('datadogLogs() loses the lines, counted, when the store gives no text', async () => {
  const reports: unknown[] = []
  const runs: Promise<unknown>[] = []
  const options = { sleep: () => Promise.resolve(), waitUntil: (run: Promise<unknown>) => runs.push(run) }
  const env = { DATADOG_API_KEY: { get: () => Promise.resolve(7) } }
  datadogLogs(options)(env, (report) => reports.push(report))?.write(LINE)
  await Promise.all(runs)
  expect(reports).toMatchObject([{ sink: 'datadog', dropped: 1, detail: 'it could not be reached' }])
})

it.each(['evil.test/x?', 'a@evil.test', 'UPPER', 8])('datadogLogs() rejects the site %j', (DATADOG_SITE) => {
  const make = (): unknown => datadogLogs()({ DATADOG_API_KEY: 'canary-key', DATADOG_SITE }, () => undefined)
  expect(make).toThrow(ConfigError)
  expect(make).toThrow(/^DATADOG_SITE must be (a site such as datadoghq.eu|text)$/)
  expect(make).not.toThrow('canary')
})
