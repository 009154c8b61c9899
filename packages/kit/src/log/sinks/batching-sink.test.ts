import { describe, expect, it, vi } from 'vitest'
import type { LogLine } from '../line-types.ts'
import type { SinkDropped } from '../sink.ts'
import { BatchingSink, type Destination, type SinkRuntime } from './batching-sink.ts'
import { MAX_RESPONSE_BYTES, TIMEOUT_MS } from './bounds.ts'

const START = 1_800_000_000_000
const OK = (): Promise<Response> => Promise.resolve(new Response(null, { status: 202 }))
const HANGS = (): Promise<Response> => new Promise(() => undefined)

const line = (index: number, fields: Partial<LogLine> = {}): LogLine => ({
  ts: new Date(START).toISOString(),
  level: 'warn',
  event: 'request',
  schema: 1,
  status: index,
  ...fields,
})

/** A destination that keeps what it gets, and requests that wait for what goes on after their response. */
function set(
  respond: (count: number) => Promise<Response> = OK,
  destination: Partial<Destination> = {},
  runtime: SinkRuntime = {},
) {
  const batches: LogLine[][] = []
  const reports: SinkDropped[] = []
  const sleeps: number[] = []
  const runs: Promise<unknown>[] = []
  const clock = { now: START }
  const sink = new BatchingSink(
    {
      name: 'test',
      url: 'https://logs.test/in',
      headers: () => Promise.resolve({}),
      encode: (lines) => JSON.stringify(lines),
      ...destination,
    },
    (report) => reports.push(report),
    {
      fetch: (_, init) => {
        batches.push(JSON.parse(init?.body as string) as LogLine[])
        return respond(batches.length)
      },
      now: () => clock.now,
      sleep: async (milliseconds) => {
        sleeps.push(milliseconds)
        clock.now += milliseconds
        await Promise.resolve()
      },
      waitUntil: (run) => runs.push(run),
      ...runtime,
    },
  )
  return { sink, batches, reports, sleeps, runs, clock, settle: () => Promise.all(runs) }
}

const statuses = (batches: readonly (readonly LogLine[])[]): (number | undefined)[] =>
  batches.flat().map(({ status }) => status)

describe('a batching sink', () => {
  it('sends what comes within 50 ms in one batch, and a hundred lines at most', async () => {
    const { sink, batches, sleeps, runs, settle, reports } = set()
    for (let index = 0; index < 250; index++) sink.write(line(index))
    expect(batches).toEqual([])
    expect(runs).toHaveLength(1)
    await settle()
    expect(batches.map(({ length }) => length)).toEqual([100, 100, 50])
    expect(statuses(batches)).toEqual(Array.from({ length: 250 }, (_, index) => index))
    expect(sleeps).toEqual([50])
    expect(reports).toEqual([])
  })

  it('sends a quarter of a mebibyte at most at once, and a line that is larger alone', async () => {
    const { sink, batches, settle } = set()
    const detail = 'x'.repeat(100_000)
    for (let index = 0; index < 4; index++) sink.write(line(index, { detail }))
    sink.write(line(4, { detail: 'x'.repeat(300_000) }))
    await settle()
    expect(batches.map((batch) => statuses([batch]))).toEqual([[0, 1], [2, 3], [4]])
  })

  it('holds a thousand lines at most: more are dropped, and counted in the log and for the destination', async () => {
    const { sink, batches, reports, settle } = set()
    for (let index = 0; index < 1007; index++) sink.write(line(index, { service: 'reports', env: 'test' }))
    await settle()
    expect(statuses(batches).filter((status) => status !== undefined)).toHaveLength(1000)
    expect(batches[0]?.at(-1)).toEqual({
      ts: new Date(START + 50).toISOString(),
      ...{ level: 'error', event: 'sink_dropped', schema: 1, service: 'reports', env: 'test' },
      ...{ sink: 'test', dropped: 7 },
    })
    expect(batches.flat().filter(({ event }) => event === 'sink_dropped')).toHaveLength(1)
    expect(reports).toEqual([
      { event: 'sink_dropped', level: 'error', sink: 'test', dropped: 7, detail: 'too many lines wait' },
    ])
  })

  it('says of lines that it lost who wrote them, as far as the next line says', async () => {
    const told: unknown[] = []
    const encode = (lines: readonly LogLine[]): string => {
      told.push(...lines.filter(({ event }) => event === 'sink_dropped'))
      return JSON.stringify(lines)
    }
    for (const head of [{}, { service: 'reports' }, { version: { id: 'v1' } }, { env: 'test' }]) {
      const { sink, settle } = set((count) => (count === 1 ? Promise.reject(new Error('down')) : OK()), {
        encode,
      })
      sink.write(line(0, { service: 'lost', env: 'lost' }))
      await settle()
      sink.write(line(1, head))
      await settle()
      expect(told.pop()).toStrictEqual({
        ts: expect.stringMatching(/^2027-01-15T08:00:0\d/) as string,
        ...{ level: 'error', event: 'sink_dropped', schema: 1, sink: 'test', dropped: 1 },
        ...head,
      })
    }
    expect(told).toEqual([])
  })

  it('holds a mebibyte at most, in bytes of UTF-8', async () => {
    const { sink, batches, reports, settle } = set()
    const detail = '€'.repeat(100_000)
    for (let index = 0; index < 4; index++) sink.write(line(index, { detail }))
    await settle()
    expect(statuses(batches).filter((status) => status !== undefined)).toEqual([0, 1, 2])
    expect(reports).toMatchObject([{ dropped: 1 }])
  })

  it('has room again for what it sent', async () => {
    const { sink, batches, reports, settle } = set()
    const detail = 'x'.repeat(400_000)
    for (let index = 0; index < 6; index++) {
      sink.write(line(index, { detail }))
      await settle()
    }
    expect(statuses(batches)).toEqual([0, 1, 2, 3, 4, 5])
    expect(reports).toEqual([])
  })

  it.each<[what: string, respond: () => Promise<Response>, detail: string]>([
    [
      'cannot be reached',
      () => Promise.reject(new Error('canary: https://logs.test')),
      'it could not be reached',
    ],
    ['responds 500', () => Promise.resolve(new Response('canary', { status: 500 })), 'status 500'],
    ['responds with a redirect', () => Promise.resolve(new Response(null, { status: 307 })), 'status 307'],
  ])('drops the lines of a batch, and says why, when its destination %s', async (_, respond, detail) => {
    const { sink, reports, settle } = set(respond)
    sink.write(line(0))
    sink.write(line(1))
    await settle()
    expect(reports).toEqual([{ event: 'sink_dropped', level: 'error', sink: 'test', dropped: 2, detail }])
  })

  it('tells the destination how many there were once it is back', async () => {
    let isDown = true
    const { sink, batches, settle } = set(() => (isDown ? Promise.reject(new Error('down')) : OK()))
    sink.write(line(0))
    await settle()
    sink.write(line(1))
    await settle()
    isDown = false
    sink.write(line(2))
    await settle()
    sink.write(line(3))
    await settle()
    expect(batches.slice(2)).toMatchObject([
      [{ status: 2 }, { event: 'sink_dropped', sink: 'test', dropped: 2 }],
      [{ status: 3 }],
    ])
  })

  it('leaves the destination alone for five seconds after a failure', async () => {
    const { sink, sleeps, settle, clock } = set(() => Promise.reject(new Error('down')))
    sink.write(line(0))
    await settle()
    clock.now += 1000
    sink.write(line(1))
    await settle()
    expect(sleeps).toEqual([50, 4000])
  })

  it('begins no other batch after a failure: what waits then goes with the next line', async () => {
    let isDown = true
    const { sink, batches, settle } = set(() => (isDown ? Promise.reject(new Error('down')) : OK()))
    for (let index = 0; index < 150; index++) sink.write(line(index))
    await settle()
    expect(batches.map(({ length }) => length)).toEqual([100])
    isDown = false
    sink.write(line(150))
    await settle()
    expect(statuses(batches.slice(1)).filter((status) => status !== undefined)).toEqual(
      Array.from({ length: 51 }, (_, index) => 100 + index),
    )
  })

  it('waits five seconds at most, however long ago or ahead the clock was', async () => {
    const { sink, sleeps, settle, clock } = set(() => Promise.reject(new Error('down')))
    sink.write(line(0))
    await settle()
    clock.now -= 60_000
    sink.write(line(1))
    await settle()
    clock.now += 3_600_000
    sink.write(line(2))
    await settle()
    expect(sleeps).toEqual([50, 5000, 50])
  })

  it('has the fetch, clock and timers of the runtime by default', async () => {
    const global = vi.spyOn(globalThis, 'fetch').mockImplementation(OK)
    const runs: Promise<unknown>[] = []
    const encode = vi.fn<Destination['encode']>(() => '[]')
    const sink = new BatchingSink(
      { ...{ name: 'test', url: 'https://logs.test/in', encode }, headers: () => Promise.resolve({}) },
      () => undefined,
      { waitUntil: (run) => runs.push(run) },
    )
    const start = Date.now()
    sink.write(line(0))
    await Promise.all(runs)
    expect(Date.now() - start).toBeGreaterThanOrEqual(45)
    expect(global.mock.calls).toMatchObject([['https://logs.test/in', { method: 'POST', body: '[]' }]])
    expect(Math.abs((encode.mock.calls[0]?.[1] ?? 0) - Date.now())).toBeLessThan(20_000)
    global.mockRestore()
  })

  it('sends without a redirect, with the headers of the moment, and as JSON', async () => {
    const requests: Request[] = []
    let secret = 'first'
    const sink = new BatchingSink(
      {
        ...{ name: 'test', url: 'https://logs.test/in', encode: () => '[]' },
        headers: () => Promise.resolve({ 'x-key': secret, 'content-type': 'text/plain' }),
      },
      () => undefined,
      {
        fetch: (input, init) => {
          requests.push(new Request(input, init))
          return OK()
        },
        waitUntil: (run) => runs.push(run),
      },
    )
    const runs: Promise<unknown>[] = []
    sink.write(line(0))
    await Promise.all(runs)
    secret = 'second'
    sink.write(line(1))
    await Promise.all(runs)
    expect(requests.map(({ headers }) => headers.get('X-Key'))).toEqual(['first', 'second'])
    expect(requests[0]).toMatchObject({ method: 'POST', url: 'https://logs.test/in', redirect: 'manual' })
    expect(requests[0]?.headers.get('Content-Type')).toBe('application/json')
  })
})

describe('Retry-After', () => {
  const busy = (status: number, retryAfter: string): Promise<Response> =>
    Promise.resolve(new Response(null, { status, headers: { 'Retry-After': retryAfter } }))

  it.each([429, 503])('of a %s is waited for, and the batch sent once more', async (status) => {
    const { sink, batches, sleeps, reports, settle } = set((count) =>
      count === 1 ? busy(status, '3') : OK(),
    )
    sink.write(line(0))
    await settle()
    expect(statuses(batches)).toEqual([0, 0])
    expect(sleeps).toEqual([50, 3000])
    expect(reports).toEqual([])
  })

  it.each(['5', '05'])('of %s seconds is the longest that is waited for', async (value) => {
    const { sink, sleeps, settle } = set((count) => (count === 1 ? busy(503, value) : OK()))
    sink.write(line(0))
    await settle()
    expect(sleeps).toEqual([50, 5000])
  })

  it('is waited for once, and then the lines are dropped', async () => {
    const { sink, batches, reports, settle } = set(() => busy(503, '1'))
    sink.write(line(0))
    await settle()
    expect(batches).toHaveLength(2)
    expect(reports).toMatchObject([{ dropped: 1, detail: 'status 503' }])
  })

  it.each(['6', '86400', '-1', '1.5', 'Fri, 31 Dec 1999 23:59:59 GMT', ''])(
    'of "%s" is not waited for',
    async (value) => {
      const { sink, batches, reports, settle } = set(() => busy(503, value))
      sink.write(line(0))
      await settle()
      expect(batches).toHaveLength(1)
      expect(reports).toMatchObject([{ dropped: 1, detail: 'status 503' }])
    },
  )

  it('of any other status is not looked at', async () => {
    const { sink, batches, settle } = set(() => busy(500, '1'))
    sink.write(line(0))
    await settle()
    expect(batches).toHaveLength(1)
  })
})

describe('a request that ends, or waits too long', () => {
  it('costs its batch after 30 s, counted; the next line goes on', async () => {
    let isHanging = true
    const { sink, runs, clock, batches, reports } = set(() => (isHanging ? HANGS() : OK()))
    sink.write(line(0))
    sink.write(line(1))
    await Promise.resolve()
    await expect.poll(() => batches.length).toBe(1)
    clock.now = START + 29_999
    sink.write(line(2))
    expect(runs).toHaveLength(1)
    clock.now = START + 30_000
    isHanging = false
    sink.write(line(3))
    expect(runs).toHaveLength(2)
    await runs[1]
    expect(batches[1]).toMatchObject([{ status: 2 }, { status: 3 }, { event: 'sink_dropped', dropped: 2 }])
    expect(reports).toMatchObject([{ dropped: 2, detail: 'the request that sent them ended' }])
  })

  it('counts its batch once, though a response comes after that', async () => {
    let respond: (response: Response) => void = () => undefined
    const late = new Promise<Response>((resolve) => (respond = resolve))
    const { sink, runs, clock, batches, reports } = set((count) => (count === 1 ? late : OK()))
    sink.write(line(0))
    await expect.poll(() => batches.length).toBe(1)
    clock.now = START + 30_000
    sink.write(line(1))
    await runs[1]
    respond(new Response(null, { status: 500 }))
    await runs[0]
    sink.write(line(2))
    await runs[2]
    expect(batches.map((batch) => batch.map(({ status, dropped }) => status ?? dropped))).toEqual([
      [0],
      [1, 1],
      [2],
    ])
    expect(reports).toMatchObject([{ dropped: 1, detail: 'the request that sent them ended' }])
  })

  it('sends nothing that another took over while it slept', async () => {
    const wakes: (() => void)[] = []
    const sleep = () => new Promise<void>((resolve) => wakes.push(resolve))
    const { sink, runs, clock, batches, reports } = set(OK, {}, { sleep })
    sink.write(line(0))
    clock.now = START + 30_000
    sink.write(line(1))
    expect([runs.length, wakes.length]).toEqual([2, 2])
    wakes[0]?.()
    await runs[0]
    expect(batches).toEqual([])
    // The second is still the one that sends: no third begins.
    sink.write(line(2))
    expect(runs).toHaveLength(2)
    wakes[1]?.()
    await runs[1]
    expect(statuses(batches)).toEqual([0, 1, 2])
    expect(reports).toEqual([])
  })

  it('gives a response up after five seconds, and its connection too', async () => {
    vi.useFakeTimers()
    try {
      let signal: AbortSignal | null | undefined
      const { sink, settle, reports } = set(
        OK,
        {},
        {
          fetch: (_, init) => {
            signal = init?.signal
            return HANGS()
          },
        },
      )
      sink.write(line(0))
      await vi.advanceTimersByTimeAsync(TIMEOUT_MS - 1)
      expect([reports, signal?.aborted]).toEqual([[], false])
      await vi.advanceTimersByTimeAsync(1)
      await settle()
      expect(signal?.aborted).toBe(true)
      expect(reports).toMatchObject([{ dropped: 1, detail: 'no response in time' }])
    } finally {
      vi.useRealTimers()
    }
  })

  it('begins no other batch at ten seconds exactly', async () => {
    const slow = set(() => {
      slow.clock.now += 4975
      return OK()
    })
    for (let index = 0; index < 300; index++) slow.sink.write(line(index))
    await slow.settle()
    expect(slow.clock.now).toBe(START + 10_000)
    expect(slow.batches).toHaveLength(2)
  })

  it('begins no other batch ten seconds after its first line', async () => {
    const slow = set(() => {
      slow.clock.now += 4000
      return OK()
    })
    for (let index = 0; index < 500; index++) slow.sink.write(line(index))
    await slow.settle()
    expect(slow.batches).toHaveLength(3)
    slow.sink.write(line(500))
    await slow.settle()
    expect(slow.batches.flat()).toHaveLength(501)
  })

  it('is none where a Worker starts, which has no clock: the first request sends', async () => {
    const { sink, runs, clock, batches } = set()
    clock.now = 0
    sink.write(line(0, { event: 'unknown_variable' }))
    expect(runs).toEqual([])
    clock.now = START
    sink.write(line(1))
    await runs[0]
    expect(statuses(batches)).toEqual([0, 1])
  })
})

describe('what is told of lost lines', () => {
  const dropped = (sink: string): LogLine => line(0, { event: 'sink_dropped', sink, dropped: 1 })

  it('is not sent to the sink that lost them a second time', async () => {
    const { sink, runs, batches } = set()
    sink.write(dropped('test'))
    sink.write(line(1))
    await runs[0]
    expect(batches).toMatchObject([[{ status: 1 }]])
  })

  it('is sent to the others, with their next line', async () => {
    const { sink, settle, batches } = set()
    sink.write(dropped('other'))
    sink.write(line(1))
    await settle()
    expect(batches).toMatchObject([[{ event: 'sink_dropped', sink: 'other' }, { status: 1 }]])
  })

  it('starts nothing, and is not counted as lost: two sinks that are down do not report each other forever', async () => {
    const { sink, runs, reports, settle } = set(() => Promise.reject(new Error('down')))
    sink.write(dropped('other'))
    expect(runs).toEqual([])
    sink.write(line(1))
    await settle()
    expect(reports).toMatchObject([{ dropped: 1 }])
  })
})

it('lines that a response of success says were rejected are counted', async () => {
  const { sink, reports, settle } = set(() => Promise.resolve(new Response('{"no":2}')), {
    rejected: (response) => (JSON.parse(response) as { no: number }).no,
  })
  for (let index = 0; index < 3; index++) sink.write(line(index))
  await settle()
  expect(reports).toMatchObject([{ dropped: 2, detail: 'the sink rejected them' }])
})

describe('a response of success', () => {
  it.each<[what: string, response: () => Response, seen: string]>([
    ['is read', () => new Response('é'), 'é'],
    ['is empty where there is none', () => new Response(null, { status: 204 }), ''],
    ['is empty where it is too long', () => new Response('x'.repeat(MAX_RESPONSE_BYTES + 1)), ''],
    ['is empty where it is no text', () => new Response(new Uint8Array([0xff])), ''],
  ])('%s', async (_, response, seen) => {
    const rejected = vi.fn(() => 0)
    const { sink, settle, reports } = set(() => Promise.resolve(response()), { rejected })
    sink.write(line(0))
    await settle()
    expect(rejected.mock.calls).toEqual([[seen]])
    expect(reports).toEqual([])
  })

  it('rejects no more lines than it was sent, and one of another status none', async () => {
    const rejected = vi.fn(() => 1000)
    const statusOf = (count: number) => (count === 1 ? 200 : 400)
    const respond = (count: number) => Promise.resolve(new Response('{}', { status: statusOf(count) }))
    const { sink, settle, reports } = set(respond, { rejected })
    for (let round = 0; round < 2; round++) {
      sink.write(line(0))
      await settle()
    }
    expect(rejected).toHaveBeenCalledTimes(1)
    expect(reports).toMatchObject([
      { dropped: 1, detail: 'the sink rejected them' },
      { dropped: 1, detail: 'status 400' },
    ])
  })
})
