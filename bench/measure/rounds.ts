import type { GroupOutline } from './candidate.ts'
import type { Runtime } from './runtime.ts'
import { median, quantile, shuffled } from './stats.ts'

/** What was found for one candidate. Times are nanoseconds for one piece of work. */
export interface Measured {
  readonly name: string
  /** Median. What stands in `minus` of the candidate is taken off. */
  readonly nanoseconds: number
  /** Median of the ratios to the base, and the quartiles around it. */
  readonly ratio: number
  readonly low: number
  readonly high: number
}

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
  runtime: Runtime,
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
      return {
        name,
        nanoseconds: median(times.get(name) ?? []),
        ratio: median(own),
        low: quantile(own, 0.25),
        high: quantile(own, 0.75),
      }
    }),
  }
}

async function batchSize(
  runtime: Runtime,
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
