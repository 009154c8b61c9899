import { afterAll, beforeAll, expect, it } from 'vitest'
import { bootstrap, median } from '../../../bench/measure/stats.ts'
import { note } from '../../../bench/nightly/metrics.ts'
import { call } from '../../support/load/orders.ts'
import { type Receiver, startReceiver } from '../../support/otlp/receiver.ts'
import { type Isolate, startIsolate } from '../../support/resilience/isolate.ts'

const ROUNDS = 21
const SECONDS = 5
/** Each request writes a line: five times as many as the log's cap lets through. */
const PER_SECOND = 100

let receiver: Receiver
/** `control` is a second one without a sink: what the machine makes of no difference at all. */
let workers: Readonly<Record<'none' | 'control' | 'hanging', Isolate>>

const start = (bindings: Readonly<Record<string, string>>): Promise<Isolate> =>
  startIsolate({
    ...{ worker: 'logging', runtime: 'workerd', bindings },
    keys: () => Promise.reject(new Error('nobody fetches keys')),
  })

beforeAll(async () => {
  receiver = await startReceiver()
  receiver.behave('hangs')
  workers = {
    none: await start({}),
    control: await start({}),
    hanging: await start({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url }),
  }
})
afterAll(async () => {
  for (const worker of Object.values(workers)) await worker.close()
  receiver.close()
})

it('a sink that hangs costs the slowest of a hundred requests nothing', async () => {
  const p99 = async (name: keyof typeof workers): Promise<number> => {
    const load = {
      load: 'valid',
      good: ['x'],
      connections: 4,
      seconds: SECONDS,
      perSecond: PER_SECOND,
    } as const
    const { p99Ms, statuses } = await call({ url: workers[name].url, ...load })
    expect(Object.keys(statuses)).toEqual(['200 ok'])
    return p99Ms
  }
  const rounds: Record<keyof typeof workers, number>[] = []
  for (let round = 0; round <= ROUNDS; round++) {
    // At the same time: what other programs do to one, they do to all.
    const [none, control, hanging] = await Promise.all([p99('none'), p99('control'), p99('hanging')])
    const found = { none, control, hanging }
    // The first one starts the isolates.
    if (round > 0) rounds.push(found)
  }
  const against = (name: 'control' | 'hanging'): string => {
    const { median: middle, low, high } = bootstrap(rounds.map((round) => round[name] / round.none))
    return `${middle.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`
  }
  const milliseconds = (name: keyof typeof workers): string =>
    median(rounds.map((round) => round[name])).toFixed(2)
  note(
    'p99 without a sink, with one that hangs, in ms',
    `${milliseconds('none')} → ${milliseconds('hanging')}`,
  )
  note('p99 with a sink that hangs ÷ without, 95 %', against('hanging'))
  note('p99 of a second one without ÷ without, 95 %', against('control'))
  expect(receiver.received.length).toBeGreaterThan(2)
  expect(receiver.taken).toEqual([])
  // A wait for the sink would be 5,000 ms; what other programs make of a p99 is less than this.
  expect(median(rounds.map((round) => round.hanging - round.none))).toBeLessThan(500)
})
