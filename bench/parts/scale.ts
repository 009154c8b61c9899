import { quantile } from '../measure/stats.ts'

/** How the JWKS of a gateway is requested by many isolates, after all of them started at nearly the same time. */
export interface Load {
  readonly isolates: number
  /** Fetches a second, over the hour. */
  readonly mean: number
  /** Most fetches in any second after the start, and in the last quarter of an hour. */
  readonly peak: number
  readonly latePeak: number
  /** The same with neither early refresh nor jitter. */
  readonly plainPeak: number
  readonly plainLatePeak: number
}

interface Rules {
  readonly ttlSeconds: number
  /** Refresh begins between half of this and all of it before the end of freshness. */
  readonly earlySeconds: number
}

const KIT: Rules = { ttlSeconds: 300, earlySeconds: 30 }
const PLAIN: Rules = { ttlSeconds: 300, earlySeconds: 0 }
const HOUR = 3600
/** A deployment reaches all isolates within this time. */
const ROLLOUT_SECONDS = 10
/** Mean time between requests to one isolate: a refresh waits for one. */
const REQUEST_SECONDS = 1

/** Plays one hour second by second for each size of a fleet. */
export function simulateJwksLoad(
  sizes: readonly number[],
  random: () => number = Math.random,
): readonly Load[] {
  return sizes.map((isolates) => {
    const kit = fetchesBySecond(isolates, KIT, random)
    const plain = fetchesBySecond(isolates, PLAIN, random)
    const late = HOUR - HOUR / 4
    return {
      isolates,
      mean: sum(kit) / HOUR,
      peak: quantile(kit.slice(ROLLOUT_SECONDS + 1), 1),
      latePeak: quantile(kit.slice(late), 1),
      plainPeak: quantile(plain.slice(ROLLOUT_SECONDS + 1), 1),
      plainLatePeak: quantile(plain.slice(late), 1),
    }
  })
}

function fetchesBySecond(
  isolates: number,
  { ttlSeconds, earlySeconds }: Rules,
  random: () => number,
): readonly number[] {
  const seconds = new Array<number>(HOUR).fill(0)
  for (let isolate = 0; isolate < isolates; isolate++) {
    let time = random() * ROLLOUT_SECONDS
    while (time < HOUR) {
      const second = Math.floor(time)
      seconds[second] = (seconds[second] ?? 0) + 1
      const untilRequest = -Math.log(1 - random()) * REQUEST_SECONDS
      time += ttlSeconds - earlySeconds * (0.5 + random() / 2) + untilRequest
    }
  }
  return seconds
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
