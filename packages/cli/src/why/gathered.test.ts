import { describe, expect, it } from 'vitest'
import { Gathered } from './gathered.ts'

const ID = 'req-12345678'
const LINE = {
  ...{ ts: '2026-11-28T07:00:00.000Z', level: 'warn', event: 'decision', schema: 1, service: 'reports' },
  ...{ request_id: ID, decision: 'denied', status: 401, reason: 'expired' },
}

function gathered(...records: readonly unknown[]): Gathered {
  const all = new Gathered(ID)
  for (const record of records) all.addRecord(record)
  return all
}

describe('a line is found in', () => {
  it.each<[where: string, record: unknown]>([
    ['a line of its own', LINE],
    ['text of its own', JSON.stringify(LINE)],
    [
      'what wrangler tail prints (TraceItem)',
      {
        ...{ wallTime: 3, cpuTime: 1, truncated: false, executionModel: 'stateless', outcome: 'ok' },
        ...{
          scriptName: 'reports',
          scriptVersion: { id: 'a' },
          diagnosticsChannelEvents: [],
          exceptions: [],
        },
        logs: [
          { message: ['words'], level: 'log', timestamp: 1 },
          { message: [LINE], level: 'warn', timestamp: 2 },
        ],
        eventTimestamp: 1,
        event: {
          request: { url: 'https://app.example.com/api/reports', method: 'GET', headers: {}, cf: {} },
        },
      },
    ],
    [
      'Logpush of workers_trace_events',
      {
        ...{ EventTimestampMs: 1, EventType: 'fetch', Outcome: 'ok', ScriptName: 'reports', Exceptions: [] },
        Event: { Request: { URL: 'https://app.example.com/', Method: 'GET' }, Response: { Status: 401 } },
        Logs: [{ Level: 'warn', Message: [JSON.stringify(LINE)], TimestampMs: 2 }],
      },
    ],
    ['Logpush with objects', { Logs: [{ Level: 'warn', Message: ['denied', LINE], TimestampMs: 2 }] }],
    [
      'an event of Workers Logs',
      {
        ...{ dataset: 'cloudflare-workers', timestamp: 2, source: LINE },
        ...{ $workers: { scriptName: 'reports', outcome: 'ok', requestId: 'A' }, $metadata: { id: '1' } },
      },
    ],
    [
      'the response to a query of them',
      {
        success: true,
        result: {
          run: { status: 'COMPLETED' },
          events: { count: 1, events: [{ $metadata: { id: '1' }, source: LINE }] },
        },
      },
    ],
    ['a list of them', [{ $metadata: { id: '1' }, source: JSON.stringify(LINE) }]],
  ])('%s', (_, record) => {
    expect(gathered(record).lines).toEqual([LINE])
  })
})

describe('no line is what a caller can have written', () => {
  const TEXT = JSON.stringify(LINE)

  it.each<[where: string, record: unknown]>([
    ['a text in a tail, where lines are objects', { logs: [{ message: [TEXT], level: 'warn' }] }],
    ['a list in what was logged', { logs: [{ message: [[TEXT], [LINE]], level: 'log' }] }],
    ['a list in a line of text', { Logs: [{ Message: [JSON.stringify([LINE]), [LINE]], Level: 'log' }] }],
    ['a member of what was logged', { logs: [{ message: [{ result: LINE }, { events: [LINE] }] }] }],
    ['an invocation in a text', { Logs: [{ Message: [JSON.stringify({ logs: [{ message: [LINE] }] })] }] }],
    ['a member of an event of Workers Logs', { $metadata: { id: '1' }, source: { result: LINE } }],
    ['an event of Workers Logs in another', { $workers: {}, source: { $workers: {}, source: LINE } }],
  ])('%s', (_, record) => {
    const { lines, events, seen } = gathered(record)
    expect([lines, events, seen.lines]).toEqual([[], [], 0])
    expect(seen.foreign).toBeGreaterThan(0)
  })

  it('unless a store has texts alone: then that is said', () => {
    const seenOf = (record: unknown): number => gathered(record).seen.asText
    expect(seenOf({ Logs: [{ Message: [TEXT] }] })).toBe(1)
    expect(seenOf({ $workers: {}, source: TEXT })).toBe(1)
    expect(seenOf({ $workers: {}, source: LINE })).toBe(0)
  })
})

describe('what else comes', () => {
  it('is counted, and other schemas are named', () => {
    const others = [
      { ...LINE, schema: 2 },
      { ...LINE, schema: 'x\u001b' },
      { event: 'decision' },
      7,
      null,
      'said',
      { a: 1 },
      [],
    ]
    const { lines, seen } = gathered(LINE, ...others)
    expect(lines).toEqual([LINE])
    expect(seen).toMatchObject({
      lines: 1,
      foreign: 5,
      otherSchema: 2,
      schemas: new Set(['2', '"x\\u001b"']),
    })
  })

  it('leaves fields out that are not in the table, or of another type, and cuts long ones', () => {
    const hostile = {
      ...LINE,
      ...{
        status: '401',
        detail: 'x'.repeat(9000),
        token: 'secret',
        constructor: 'x',
        kid: ['a'],
        version: { id: 1 },
      },
      __proto__: { reason: 'inherited' },
    }
    const [line] = gathered(hostile).lines
    expect(line).toMatchObject({ detail: 'x'.repeat(1000), reason: 'expired' })
    expect(Object.keys(line ?? {})).not.toEqual(expect.arrayContaining(['token']))
    for (const name of ['status', 'token', 'kid', 'version'])
      expect(Object.hasOwn(line ?? {}, name)).toBe(false)
  })

  it('is bounded: lines of one id, faults, and depth', () => {
    const many = Array.from({ length: 5000 }, (_, index) => ({ ...LINE, ms: index }))
    const faults = many.map(({ ms, ...line }) => ({
      ...line,
      request_id: undefined,
      event: 'jwks_failed',
      level: 'error',
      detail: String(ms),
    }))
    const { lines, seen, events } = gathered(many, faults)
    expect([lines.length, seen.leftOut, events.length]).toEqual([200, 4800, 100])
    expect(events.at(-1)?.detail).toBe('4999')
    let deep: unknown = LINE
    for (let depth = 0; depth < 50; depth++) deep = { $metadata: {}, source: deep }
    expect(gathered(deep).lines).toEqual([])
  })

  it('is no second line, when it comes twice', () => {
    expect(gathered(LINE, { logs: [{ message: [LINE] }] }).lines).toHaveLength(1)
  })

  it('says how many lines Workers dropped, and from when to when lines are', () => {
    const dropped = {
      ...LINE,
      request_id: undefined,
      event: 'lines_dropped',
      dropped: 12,
      ts: '2026-11-28T06:00:00.000Z',
    }
    const { seen } = gathered(LINE, dropped)
    expect(seen).toMatchObject({ dropped: 12, oldest: dropped.ts, newest: LINE.ts })
  })
})
