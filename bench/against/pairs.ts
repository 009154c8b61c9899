import { bootstrap, shuffled, type Spread } from '../measure/stats.ts'

/** The same work before and after a change. */
export interface Compared {
  readonly work: string
  /** Time after over time before: the median of the pairs, and its 95 % interval. */
  readonly ratio: Spread
  /** The same for a second copy of the code before: what this machine makes of no change at all. */
  readonly control: Spread
}

/** `again` is the code of `before` once more. */
export type Side = 'before' | 'after' | 'again'

/**
 * Times work in adjacent pairs: before and after, then before and its copy, each in random order. What the machine does
 * in the meantime meets both halves of a pair.
 *
 * @param time how long the work takes on one side, in any unit
 */
export async function comparePairs(
  work: string,
  pairs: number,
  time: (side: Side) => Promise<number>,
  random: () => number = Math.random,
): Promise<Compared> {
  const ratios: number[] = []
  const controls: number[] = []
  const ratioOf = async (side: Side): Promise<number> => {
    const times = new Map<Side, number>()
    for (const one of shuffled<Side>(['before', side], random)) times.set(one, await time(one))
    return (times.get(side) ?? NaN) / (times.get('before') ?? NaN)
  }
  for (let pair = 0; pair < pairs; pair++) {
    ratios.push(await ratioOf('after'))
    controls.push(await ratioOf('again'))
  }
  return { work, ratio: bootstrap(ratios, random), control: bootstrap(controls, random) }
}

/** A difference counts when its interval holds neither 1 nor anything that the control's does. */
export function verdict({ ratio, control }: Compared): 'faster' | 'slower' | 'no difference shown' {
  if (ratio.high < Math.min(1, control.low)) return 'faster'
  if (ratio.low > Math.max(1, control.high)) return 'slower'
  return 'no difference shown'
}
