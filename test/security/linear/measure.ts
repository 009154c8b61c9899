/** How the time of a work grows with its input. Time is asserted here alone, and as a ratio, never as such. */

/** Does one piece of work. Inputs are made beforehand. */
export type Work = () => unknown

export interface Growth {
  /** Time for 2n by time for n: 2 for linear work, 4 for quadratic; 0 when even the longest input costs next to nothing. */
  readonly ratio: number
  /** n, in characters. */
  readonly size: number
  /** Time for n, in milliseconds. */
  readonly time: number
}

/** From here on, work is not linear: half-way between 2 and 4. */
export const MAX_RATIO = 3

/** Below this it is, however it was measured. */
const CLEAR_RATIO = 2.4

const FIRST_SIZE = 2048
const MAX_SIZE = 16_384
/**
 * Quadratic work on 16,384 characters takes at least twice as long, in milliseconds, even where each step is a few
 * instructions for 32 characters. Whatever is faster does no harm, and is not measured further.
 */
const HARMLESS_MS = 4
/** Long beside the steps of the clock, in milliseconds. */
const MEASURABLE_MS = 0.4
/** Noise only adds: the least of several runs is the time. */
const RUNS = 7
/** By how much the input grows each time that a doubtful ratio is measured anew: noise and steps pass, growth stays. */
const RETRIES = [1, 2, 4, 8]
/** Beside a time as long as this, in milliseconds, noise and steps are nothing: the ratio stands. */
const SETTLED_MS = 20
/** So that what is measured was compiled, in milliseconds and times. */
const WARM_UP_MS = 4
const WARM_UP_ROUNDS = 50

/**
 * Measures how the time of a work grows with its input. A ratio that is clearly low counts at once; one that is not is
 * measured with care.
 *
 * @param workOf makes the work for an input of this many characters
 * @param maxSize longest input that is looked at; beyond it the work is rejected at once
 */
export async function growthOf(workOf: (size: number) => Work, maxSize = Infinity): Promise<Growth> {
  const longest = Math.min(MAX_SIZE, maxSize)
  const brief = await briefest(workOf(longest))
  if (brief <= HARMLESS_MS) return { ratio: 0, size: longest, time: brief }
  const largest = Math.min(MAX_SIZE, Math.floor(maxSize / 2))
  let size = Math.min(FIRST_SIZE, largest)
  await warmUp(workOf(size))
  let time = await timeOf(workOf(size), 1, 3)
  let growth: Growth | undefined
  let isDoubtful = false
  while (size < largest && !isDoubtful) {
    const larger = Math.min(size * 4, largest)
    const timeOfLarger = await timeOf(workOf(larger), 1, 2)
    const ratio = (timeOfLarger / time) ** (1 / Math.log2(larger / size))
    isDoubtful = timeOfLarger >= MEASURABLE_MS && ratio >= CLEAR_RATIO
    growth = timeOfLarger >= MEASURABLE_MS ? { ratio, size, time } : undefined
    size = isDoubtful ? Math.floor(larger / 2) : larger
    time = timeOfLarger
  }
  if (growth && !isDoubtful) return growth
  growth = await doubled(workOf, size)
  for (const factor of RETRIES) {
    if (growth.ratio < CLEAR_RATIO || growth.time > SETTLED_MS) break
    const again = await doubled(workOf, Math.min(factor * size, Math.floor(maxSize / 2)))
    // At one size the lower of two counts; a larger size says more than a smaller one.
    if (again.size > growth.size || again.ratio < growth.ratio) growth = again
  }
  return growth
}

/** Of a few runs, the first of which compile the work: one that is brief enough says all. */
async function briefest(work: Work): Promise<number> {
  let least = Infinity
  for (let run = 0; run < 3 && least > HARMLESS_MS; run++) least = Math.min(least, await timeOf(work, 1, 1))
  return least
}

async function warmUp(work: Work): Promise<void> {
  const start = clock()
  for (let round = 0; round < WARM_UP_ROUNDS && clock() - start < WARM_UP_MS; round++) await work()
}

async function doubled(workOf: (size: number) => Work, size: number): Promise<Growth> {
  const once = workOf(size)
  const twice = workOf(2 * size)
  const rounds = Math.ceil(MEASURABLE_MS / Math.max(await timeOf(once, 1, 2), MEASURABLE_MS / 200))
  let time = Infinity
  let timeOfTwice = Infinity
  // In turn, so that what slows the machine down meets both.
  for (let run = 0; run < RUNS; run++) {
    time = Math.min(time, await timeOf(once, rounds, 1))
    timeOfTwice = Math.min(timeOfTwice, await timeOf(twice, rounds, 1))
    if (run >= 1 && (timeOfTwice / time < CLEAR_RATIO || time > SETTLED_MS)) break
  }
  return { ratio: timeOfTwice / time, size, time: time / rounds }
}

/** The least time of several runs, in milliseconds. */
async function timeOf(work: Work, rounds: number, runs: number): Promise<number> {
  let least = Infinity
  for (let run = 0; run < runs; run++) {
    const start = clock()
    for (let round = 0; round < rounds; round++) {
      const outcome = work()
      if (outcome instanceof Promise) await outcome
    }
    least = Math.min(least, clock() - start)
  }
  // A clock that did not move says nothing about the ratio.
  return Math.max(least, 0.001)
}

interface ProcessClock {
  cpuUsage?(): { readonly user: number; readonly system: number }
}

/** Milliseconds. On Node those that this process worked: others on the machine do not count. */
function clock(): number {
  const { process } = globalThis as { readonly process?: ProcessClock }
  const usage = process?.cpuUsage?.()
  return usage ? (usage.user + usage.system) / 1000 : performance.now()
}
