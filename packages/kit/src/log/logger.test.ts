import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Level, LogLevel, LogLine } from './line-types.ts'
import { beginLogSecond, Logger, type LoggerOptions } from './logger.ts'
import type { MakeSink, Sink } from './sink.ts'

/** Each test has a second of its own: the cap counts for the whole isolate. */
let time = 1_800_000_000
let shown: [level: string, line: unknown][]

beforeEach(() => {
  time += 10
  // Lines that the test before dropped are told of here.
  vi.spyOn(console, 'warn').mockReturnValue()
  loggerOf().event({ event: 'unstable_env', level: 'warn' })
  time += 10
  shown = []
  for (const level of ['debug', 'info', 'warn', 'error'] as const) {
    vi.spyOn(console, level).mockImplementation((line: unknown) => void shown.push([level, line]))
  }
})
afterEach(() => {
  vi.restoreAllMocks()
})

const loggerOf = (options: LoggerOptions = {}): Logger => new Logger({ now: () => time, ...options })

class Kept implements Sink {
  readonly lines: LogLine[] = []
  readonly takesAll: boolean

  constructor(takesAll: boolean) {
    this.takesAll = takesAll
  }

  write(line: LogLine): void {
    this.lines.push(line)
  }
}

describe('a line', () => {
  it('has its head, and what is known alone', () => {
    const head = { service: 'reports', version: { id: 'v1' }, env: undefined }
    loggerOf({ head }).event({ event: 'key_skipped', level: 'error', kid: undefined, detail: 'no curve' })
    expect(shown).toEqual([
      [
        'error',
        {
          ts: new Date(time * 1000).toISOString(),
          level: 'error',
          event: 'key_skipped',
          schema: 1,
          service: 'reports',
          version: { id: 'v1' },
          detail: 'no curve',
        },
      ],
    ])
    expect(Object.keys(shown[0]?.[1] as object)).not.toContain('kid')
  })

  it('has no time where there is no clock', () => {
    loggerOf({ now: () => 0 }).event({ event: 'unstable_env', level: 'warn' })
    expect(shown).toEqual([['warn', { level: 'warn', event: 'unstable_env', schema: 1 }]])
  })

  it('has the time of the runtime by default', () => {
    new Logger().event({ event: 'unstable_env', level: 'warn' })
    const { ts } = shown[0]?.[1] as { readonly ts: string }
    expect(Math.abs(Date.parse(ts) - Date.now())).toBeLessThan(20_000)
  })

  it('is frozen, and the same object everywhere', () => {
    const lines: unknown[] = []
    const sink = new Kept(false)
    loggerOf({ onEvent: (line) => lines.push(line), sinks: [() => sink] }).event({
      event: 'unstable_env',
      level: 'warn',
    })
    expect(Object.isFrozen(lines[0])).toBe(true)
    expect(lines[0]).toBe(shown[0]?.[1])
    expect(sink.lines[0]).toBe(lines[0])
  })

  it('is frozen and plain in its version, too', () => {
    loggerOf({ head: { version: { id: 'v\n1', tag: undefined as never } } }).event({
      event: 'unstable_env',
      level: 'warn',
    })
    const { version } = shown[0]?.[1] as LogLine
    expect(version).toStrictEqual({ id: 'v 1' })
    expect(Object.isFrozen(version)).toBe(true)
  })

  it.each([
    ['ends of lines', 'a\nb\r\nc\u2028d', 'a b  c d'],
    ['control characters', '\u0000\u001b[31mred\u009b', '  [31mred '],
    ['what reorders text', 'abc\u202etxt', 'abc txt'],
    ['JSON', '","level":"info', '","level":"info'],
    ['10 KB', 'x'.repeat(10_240), 'x'.repeat(300)],
    ['half a character', `${'x'.repeat(299)}\u{1f600}`, `${'x'.repeat(299)} `],
  ])('is one line, and bounded, with %s', (_, hostile, harmless) => {
    loggerOf().event({ event: 'key_skipped', level: 'error', kid: hostile, detail: hostile, name: hostile })
    expect(shown[0]?.[1]).toMatchObject({ kid: harmless, detail: harmless, name: harmless, level: 'error' })
    expect(JSON.stringify(shown[0]?.[1])).toMatch(/^[\x20-\x7e]*$/)
  })
})

describe('the level', () => {
  const LEVELS: readonly Level[] = ['debug', 'info', 'warn', 'error']

  it.each<[LogLevel | undefined, readonly Level[]]>([
    ['debug', LEVELS],
    ['info', ['info', 'warn', 'error']],
    [undefined, ['info', 'warn', 'error']],
    ['warn', ['warn', 'error']],
    ['error', ['error']],
    ['off', []],
  ])('%s shows %j, to console and sinks; hooks hear of all', (level, expected) => {
    const heard: LogLine[] = []
    const [sink, all] = [new Kept(false), new Kept(true)]
    const logger = loggerOf({
      ...(level && { level }),
      sinks: [() => sink, () => all],
      onEvent: (line) => heard.push(line),
    })
    for (const one of LEVELS) logger.event({ event: 'unstable_env', level: one })
    expect(shown.map(([one]) => one)).toEqual(expected)
    expect(sink.lines.map((line) => line.level)).toEqual(expected)
    expect(all.lines.map((line) => line.level)).toEqual(LEVELS)
    expect(heard.map((line) => line.level)).toEqual(LEVELS)
  })

  it.each<[boolean, string, LoggerOptions]>([
    [false, 'nothing', {}],
    [false, 'a sink of what is shown', { sinks: [() => new Kept(false)] }],
    [false, 'onEvent', { onEvent: () => undefined }],
    [true, 'level debug', { level: 'debug' }],
    [true, 'onDecision', { onDecision: () => undefined, level: 'off' }],
    [true, 'a sink that takes all', { sinks: [() => new Kept(true)], level: 'off' }],
  ])('makes grants wanted: %s with %s', (wanted, _, options) => {
    expect(loggerOf(options).wantsGrants).toBe(wanted)
  })

  it('makes nothing of a line that nobody gets', () => {
    const make = vi.fn(() => ({}))
    loggerOf({ level: 'off', onEvent: () => undefined }).decision('warn', 'decision', make)
    loggerOf().decision('debug', 'decision', make)
    expect(make).not.toHaveBeenCalled()
    loggerOf().decision('warn', 'decision', make)
    expect(make).toHaveBeenCalledTimes(1)
  })
})

describe('the cap', () => {
  it('lets 20 lines a second through, of all loggers together, and then counts', () => {
    const [one, other] = [loggerOf(), loggerOf()]
    for (let count = 0; count < 15; count++) one.event({ event: 'unstable_env', level: 'warn' })
    for (let count = 0; count < 15; count++) other.decision('warn', 'decision', () => ({}))
    expect(shown).toHaveLength(20)
    time += 1
    one.event({ event: 'slot_skipped', level: 'error' })
    expect(shown.slice(20)).toMatchObject([
      ['error', { event: 'lines_dropped', dropped: 10 }],
      ['error', { event: 'slot_skipped' }],
    ])
    time += 1
    one.event({ event: 'slot_skipped', level: 'error' })
    expect(shown).toHaveLength(23)
  })

  it('begins anew where a test says so, and tells of what was dropped', () => {
    const logger = loggerOf()
    const write = (): void => logger.event({ event: 'jwks_failed', level: 'error' })
    for (let count = 0; count < 25; count++) write()
    beginLogSecond()
    write()
    expect(shown.slice(20)).toMatchObject([
      ['error', { event: 'lines_dropped', dropped: 5 }],
      ['error', { event: 'jwks_failed' }],
    ])
  })

  it('counts by whole seconds', () => {
    const logger = loggerOf()
    for (let count = 0; count < 30; count++) {
      time += 0.03
      logger.event({ event: 'unstable_env', level: 'warn' })
    }
    expect(shown).toHaveLength(20)
    time = Math.ceil(time)
  })

  it('counts each level apart: no flood of denials hides errors, and no flood of errors denials', () => {
    const logger = loggerOf()
    for (let count = 0; count < 30; count++) logger.decision('warn', 'decision', () => ({}))
    for (let count = 0; count < 30; count++) logger.event({ event: 'jwks_failed', level: 'error' })
    expect(shown.filter(([level]) => level === 'warn')).toHaveLength(20)
    expect(shown.filter(([level]) => level === 'error')).toHaveLength(20)
    time += 1
    for (let count = 0; count < 30; count++) logger.event({ event: 'jwks_failed', level: 'error' })
    logger.decision('warn', 'decision', () => ({}))
    expect(shown[40]).toMatchObject(['error', { event: 'lines_dropped', dropped: 20 }])
    expect(shown.at(-1)).toMatchObject(['warn', { event: 'decision' }])
  })

  it('of an operator’s acts is reached by no flood of others', () => {
    const logger = loggerOf()
    const operate = (): void => logger.decision('info', 'operation', () => ({ operation: 'revoke' }))
    for (const level of ['warn', 'error', 'debug'] as const) {
      for (let count = 0; count < 30; count++) logger.decision(level, 'request', () => ({}))
    }
    operate()
    expect(shown.at(-1)).toMatchObject(['info', { event: 'operation', operation: 'revoke' }])
  })

  it('is told of at every level that shows lines', () => {
    const logger = loggerOf({ level: 'error' })
    for (let count = 0; count < 30; count++) logger.event({ event: 'jwks_failed', level: 'error' })
    time += 1
    logger.event({ event: 'jwks_failed', level: 'error' })
    expect(shown.slice(20)).toMatchObject([
      ['error', { event: 'lines_dropped', dropped: 10 }],
      ['error', { event: 'jwks_failed' }],
    ])
  })

  it('counts no line that the level leaves out', () => {
    const logger = loggerOf()
    for (let count = 0; count < 30; count++) logger.event({ event: 'jwks_refreshed', level: 'debug' })
    logger.event({ event: 'unstable_env', level: 'warn' })
    expect(shown).toHaveLength(1)
    time += 1
    logger.event({ event: 'unstable_env', level: 'warn' })
    expect(shown).toHaveLength(2)
  })

  it('makes nothing of what it drops, but for hooks and sinks that take all', () => {
    const heard: LogLine[] = []
    const all = new Kept(true)
    const make = vi.fn(() => ({}))
    const [plain, hooked] = [
      loggerOf(),
      loggerOf({ sinks: [() => undefined, () => all], onDecision: (line) => heard.push(line) }),
    ]
    for (let count = 0; count < 30; count++) plain.decision('warn', 'decision', make)
    expect(make).toHaveBeenCalledTimes(20)
    hooked.decision('warn', 'decision', make)
    expect([heard.length, all.lines.length, shown.length]).toEqual([1, 1, 20])
  })
})

describe('a hook or sink', () => {
  const broken = (): never => {
    throw new TypeError('a mistake')
  }

  it.each<[string, LoggerOptions]>([
    ['throws', { onEvent: broken }],
    ['is rejected', { onEvent: () => Promise.reject(new TypeError('a mistake')) }],
    [
      'is rejected by no Promise, as of RPC,',
      { onEvent: () => ({ then: (_: unknown, fail: (why: unknown) => void) => fail(new TypeError('')) }) },
    ],
    ['of lines throws', { sinks: [() => ({ write: broken })] }],
  ])('that %s breaks nothing, and is reported once', async (_, options) => {
    const logger = loggerOf(options)
    for (let count = 0; count < 3; count++) logger.event({ event: 'unstable_env', level: 'warn' })
    await vi.waitFor(() => expect(shown).toHaveLength(4))
    expect(shown.filter(([level]) => level === 'error')).toMatchObject([
      ['error', { event: 'hook_failed', detail: 'TypeError' }],
    ])
  })

  it('that throws no error is reported by the kind of what it threw', async () => {
    const onEvent = (): never => {
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- as code of others does
      throw 'canary'
    }
    loggerOf({ level: 'error', onEvent }).event({ event: 'unstable_env', level: 'warn' })
    await vi.waitFor(() =>
      expect(shown).toMatchObject([['error', { event: 'hook_failed', detail: 'string' }]]),
    )
  })

  it('is made of the environment, and may report to the log', () => {
    const [env, made] = [{}, [] as Parameters<MakeSink>[]]
    const make: MakeSink = (...given) => {
      made.push(given)
      return undefined
    }
    loggerOf({ sinks: [make], env })
    loggerOf({ sinks: [make] })
    expect(made.map(([given]) => given)).toEqual([env, {}])
    expect(made[0]?.[0]).toBe(env)
    for (const [, report] of made)
      report({ event: 'sink_dropped', level: 'error', sink: 'test', dropped: 7, detail: 'too many' })
    expect(shown).toMatchObject(Array(2).fill(['error', { event: 'sink_dropped', sink: 'test', dropped: 7 }]))
  })

  it('may report while it is made, to the console and to the sinks before it', () => {
    const first = new Kept(false)
    const reporting: MakeSink = (_, report) => {
      report({ event: 'sink_dropped', level: 'error', sink: 'test', dropped: 1, detail: 'not yet' })
      return new Kept(false)
    }
    loggerOf({ sinks: [() => first, reporting] })
    expect(shown).toMatchObject([['error', { event: 'sink_dropped', detail: 'not yet' }]])
    expect(first.lines).toMatchObject([{ event: 'sink_dropped', detail: 'not yet' }])
  })

  it('for events hears of no decision, and the other way round', () => {
    const heard: string[] = []
    const logger = loggerOf({
      onEvent: ({ event }) => heard.push(`onEvent ${event}`),
      onDecision: ({ event }) => heard.push(`onDecision ${event}`),
    })
    logger.event({ event: 'unstable_env', level: 'warn' })
    logger.decision('warn', 'decision', () => ({}))
    expect(heard).toEqual(['onEvent unstable_env', 'onDecision decision'])
  })

  it('gets a line that has to be waited for when it is made', async () => {
    const heard: LogLine[] = []
    const logger = loggerOf({ onDecision: (line) => heard.push(line) })
    logger.decision('warn', 'decision', () => Promise.resolve({ sub_hash: 'abc' }))
    expect(heard).toEqual([])
    await vi.waitFor(() => expect(heard).toMatchObject([{ event: 'decision', sub_hash: 'abc' }]))
  })
})
