import type { GroupOutline } from './candidate.ts'
import type { Runtime } from './runtime.ts'
import { median, shuffled, type Spread, spreadOf } from './stats.ts'

/** What was found for one candidate. Times are nanoseconds for one piece of work. */
export interface Measured {
  readonly name: string
  /** Median. What stands in `minus` of the candidate is taken off. */
  readonly nanoseconds: number
  /** To the base, by rounds. */
  readonly ratio: Spread
  /** To each rival of the group, by rounds of the same run. */
  readonly over: Readonly<Record<string, Spread>>
}

/** The candidates that others are held against beside the base. */
const RIVALS = ['jose', 'fast-jwt', 'fast-jwt, cache']

export interface MeasuredGroup {
  readonly title: string
  readonly base: string
  readonly measured: readonly Measured[]
}

const LARGEST_BATCH = 20_000
const WARM_UP_CALLS = 500

/**
 * Times a group by rounds, in random order within each. A candidate stands between two batches of the base, and
 * the ratio is to their mean: a machine whose speed drifts slows all three.
 *
 * @param batchMilliseconds how long one batch should take
 */
export async function measureGroup(
  runtime: Pick<Runtime, 'time'>,
  group: GroupOutline,
  rounds: number,
  batchMilliseconds: number,
): Promise<MeasuredGroup> {
  const counts = new Map<string, number>()
  for (const { name } of group.candidates)
    counts.set(name, await batchSize(runtime, group.title, name, batchMilliseconds))
  const time = (name: string): Promise<number> => runtime.time(group.title, name, counts.get(name) ?? 1)
  const baseMinus = group.candidates.find(({ name }) => name === group.base)?.minus

  const times = new Map<string, number[]>()
  const ratios = new Map<string, number[]>()
  for (let round = 0; round < rounds; round++) {
    for (const { name, minus } of shuffled(group.candidates)) {
      const before = await time(group.base)
      const off = minus === undefined ? 0 : await time(minus)
      const own = (await time(name)) - off
      const after = await time(group.base)
      const baseOff = baseMinus === undefined ? 0 : baseMinus === minus ? off : await time(baseMinus)
      push(times, name, own)
      push(ratios, name, own / ((before + after) / 2 - baseOff))
    }
  }
  return {
    title: group.title,
    base: group.base,
    measured: group.candidates.map(({ name }) => {
      const own = ratios.get(name) ?? []
      const over = RIVALS.flatMap((rival) => {
        const other = ratios.get(rival)
        return other ? [[rival, spreadOf(own.map((ratio, round) => ratio / (other[round] ?? NaN)))]] : []
      })
      return {
        name,
        nanoseconds: median(times.get(name) ?? []),
        ratio: spreadOf(own),
        over: Object.fromEntries(over) as Record<string, Spread>,
      }
    }),
  }
}

/** How often a candidate runs in a batch that takes this long. */
export async function batchSize(
  runtime: Pick<Runtime, 'time'>,
  group: string,
  name: string,
  milliseconds: number,
): Promise<number> {
  await runtime.time(group, name, WARM_UP_CALLS)
  const each = await runtime.time(group, name, WARM_UP_CALLS)
  return Math.max(10, Math.min(LARGEST_BATCH, Math.round((milliseconds * 1e6) / Math.max(each, 1))))
}

function push(lists: Map<string, number[]>, name: string, value: number): void {
  const list = lists.get(name)
  if (list) list.push(value)
  else lists.set(name, [value])
}
