import { describe, expect, it, vi } from 'vitest'
import { ConfigError } from '../../errors.ts'
import type { LogLine } from '../line-types.ts'
import { analyticsEngine, type MetricsOptions } from './analytics-engine.ts'
import { METRICS_BLOBS, METRICS_DOUBLES } from './metrics-columns.ts'

const START = 1_800_000_000_000
const LINE: LogLine = { level: 'debug', event: 'request', schema: 1, service: 'gateway', decision: 'granted' }

interface Point {
  readonly indexes: readonly string[]
  readonly blobs: readonly string[]
  readonly doubles: readonly number[]
}

/** A dataset that keeps what it gets. */
function set(options: MetricsOptions = {}, variables: object = {}) {
  const points: Point[] = []
  const clock = { now: START }
  const METRICS = { writeDataPoint: (point: Point) => points.push(point) }
  const make = analyticsEngine({ now: () => clock.now, ...options })
  const sink = make({ METRICS, ...variables }, () => undefined)
  const last = (): Readonly<Record<string, string | number | undefined>> => {
    const { blobs = [], doubles = [] } = points.at(-1) ?? {}
    return Object.fromEntries([
      ...METRICS_BLOBS.map((name, index) => [name, blobs[index]]),
      ...METRICS_DOUBLES.map((name, index) => [name, doubles[index]]),
    ]) as Readonly<Record<string, string | number | undefined>>
  }
  return { sink, points, clock, last }
}

describe('the columns', () => {
  it('are at most twenty blobs and twenty doubles, and each name is one', () => {
    expect(METRICS_BLOBS.length).toBeLessThanOrEqual(20)
    expect(METRICS_DOUBLES.length).toBeLessThanOrEqual(20)
    const names = [...METRICS_BLOBS, ...METRICS_DOUBLES]
    expect(new Set(names).size).toBe(names.length)
  })

  it('name nobody: no id of a request, token or subject', () => {
    const names: readonly string[] = [...METRICS_BLOBS, ...METRICS_DOUBLES]
    for (const name of ['jti', 'sub_hash', 'tried_hash', 'request_id', 'trace_id', 'detail'])
      expect(names).not.toContain(name)
  })
})

describe('analyticsEngine()', () => {
  it('writes a line into the columns of the map, grants too', () => {
    const { sink, points, last } = set()
    expect(sink?.takesAll).toBe(true)
    sink?.write({
      ...LINE,
      ...{ env: 'production', version: { id: 'c0ffee', tag: 'v7' }, route: '/api/*', method: 'GET' },
      ...{ audience: 'reports', client_id: 'web', kind: 'user', kid: 'a', colo: 'FRA', status: 200, ms: 12 },
      ...{ t_idp_ms: 1, t_verify_ms: 2, t_policy_ms: 3, t_service_ms: 4, sub_hash: 'canary', jti: 'canary' },
    })
    expect(points).toEqual([
      {
        indexes: ['gateway'],
        blobs: [
          ...['request', 'gateway', 'production', 'v7', 'granted', '', 'reports', 'web', 'user', 'a'],
          ...['/api/*', 'GET', 'FRA', '', '', ''],
        ],
        doubles: [1, 200, 12, 1, 2, 3, 4, 0, 0, 0],
      },
    ])
    sink?.write({ ...LINE, decision: 'denied', reason: 'rate_limited', version: { id: 'c0ffee' } })
    expect(last()).toMatchObject({ decision: 'denied', reason: 'rate_limited', version: 'c0ffee' })
    sink?.write({ level: 'error', event: 'sink_dropped', schema: 1, sink: 'otlp', dropped: 7 })
    expect(last()).toMatchObject({ event: 'sink_dropped', sink: 'otlp', dropped: 7, weight: 1 })
    expect(points.at(-1)?.indexes).toEqual([''])
  })

  it('says how old the JWK Set is that this isolate fetched last; 0 before', () => {
    const { sink, clock, last } = set()
    sink?.write(LINE)
    expect(last().jwks_age).toBe(0)
    sink?.write({ level: 'debug', event: 'jwks_refreshed', schema: 1 })
    sink?.write(LINE)
    expect(last().jwks_age).toBe(1)
    clock.now += 400_000
    sink?.write({ level: 'error', event: 'jwks_failed', schema: 1 })
    sink?.write(LINE)
    expect(last().jwks_age).toBe(400)
  })

  it('says in how many days the last slot ends, if somebody knows', () => {
    let end: number | undefined
    const { sink, last } = set({ signingEnds: () => end })
    sink?.write(LINE)
    expect(last().key_days).toBe(0)
    end = START / 1000 + 13.5 * 86_400
    sink?.write(LINE)
    expect(last().key_days).toBe(13.5)
    end = START / 1000 - 86_400
    sink?.write(LINE)
    expect(last().key_days).toBe(-1)
  })

  it('keeps to the limits: 16 KB of blobs, and an index of 96 bytes', () => {
    const { sink, points } = set()
    const long = '€'.repeat(1000)
    const texts = Object.fromEntries(METRICS_BLOBS.map((name) => [name, long])) as Partial<LogLine>
    sink?.write({ ...LINE, ...texts, version: { id: long } } as LogLine)
    const bytes = (texts: readonly string[] = []): number => new TextEncoder().encode(texts.join('')).length
    expect(bytes(points[0]?.blobs)).toBeGreaterThan(5000)
    expect(bytes(points[0]?.blobs)).toBeLessThanOrEqual(16_384)
    expect(bytes(points[0]?.indexes)).toBe(96)
    sink?.write({ ...LINE, service: 'a'.repeat(96) })
    expect(points[1]?.indexes).toEqual(['a'.repeat(96)])
  })

  it('has the clock of the runtime, and draws by its random numbers', () => {
    const points: Point[] = []
    const METRICS = { writeDataPoint: (point: Point) => points.push(point) }
    const env = { METRICS, METRICS_GRANTS_PER_POINT: '2' }
    const sink = analyticsEngine({ signingEnds: () => Date.now() / 1000 + 86_400 })(env, () => undefined)
    const random = vi.spyOn(Math, 'random').mockReturnValue(0.5)
    sink?.write(LINE)
    expect(points).toEqual([])
    random.mockReturnValue(0.49)
    sink?.write(LINE)
    random.mockRestore()
    expect(points[0]?.doubles[METRICS_DOUBLES.indexOf('key_days')]).toBeCloseTo(1, 3)
  })

  it('is no sink without a dataset in METRICS', () => {
    for (const METRICS of [undefined, null, '', {}, { writeDataPoint: 'no' }]) {
      expect(analyticsEngine()({ METRICS }, () => undefined)).toBeUndefined()
    }
  })
})

describe('METRICS_GRANTS_PER_POINT', () => {
  it('lets one data point stand for so many grants, and for one denial alone', () => {
    let random = 0
    const { sink, points, last } = set({ random: () => random }, { METRICS_GRANTS_PER_POINT: '100' })
    random = 0.01
    sink?.write(LINE)
    expect(points).toEqual([])
    random = 0.0099
    sink?.write(LINE)
    expect(last().weight).toBe(100)
    random = 0.99
    for (const decision of ['denied', 'failed'] as const) {
      sink?.write({ ...LINE, decision })
      expect(last()).toMatchObject({ decision, weight: 1 })
    }
    sink?.write({ level: 'debug', event: 'jwks_refreshed', schema: 1 })
    expect(last()).toMatchObject({ event: 'jwks_refreshed', weight: 1 })
  })

  it.each([
    ['1', 1],
    ['10000', 10_000],
    [10_000, 10_000],
    ['', 1],
  ])('%j is %d', (METRICS_GRANTS_PER_POINT, weight) => {
    const { sink, last } = set({ random: () => 0 }, { METRICS_GRANTS_PER_POINT })
    sink?.write(LINE)
    expect(last().weight).toBe(weight)
  })

  it.each(['0', '-1', '1.5', '10001', 'all', '1e3', '0x10', '+5', ' 5', 0, 2.5, 10_001, true])(
    '%j is rejected',
    (METRICS_GRANTS_PER_POINT) => {
      const make = (): unknown => set({}, { METRICS_GRANTS_PER_POINT })
      expect(make).toThrow(ConfigError)
      expect(make).toThrow('METRICS_GRANTS_PER_POINT must be a whole number from 1 to 10000')
    },
  )

  it('is what comes second: an option comes first, as for the dataset', () => {
    const points: Point[] = []
    const dataset = { writeDataPoint: (point: Point) => points.push(point) }
    const options = { dataset, grantsPerPoint: 5, random: () => 0 }
    const { sink, points: others } = set(options, { METRICS_GRANTS_PER_POINT: '100' })
    sink?.write(LINE)
    expect(points.map(({ doubles: [weight] }) => weight)).toEqual([5])
    expect(others).toEqual([])
  })
})
