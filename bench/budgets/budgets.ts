import type { Measured } from '../measure/rounds.ts'
import type { Spread } from '../measure/stats.ts'
import { EXCHANGING } from '../parts/gateway.ts'
import type { Budget, Results } from '../reports/results.ts'
import {
  EDDSA_SIGN,
  EDDSA_VERIFY,
  HONO,
  HS512_SIGN,
  HS512_VERIFY,
  LOOKUP,
  SEEN_VERIFY,
} from '../candidates/titles.ts'

/** What was reached: with quartiles where it was timed, without where it was counted. */
type Found = number | Spread | undefined

interface Row {
  readonly work: string
  readonly unit: string
  readonly budget: number
  /** Larger is better; otherwise smaller is. */
  readonly isFloor?: true
  readonly find: (metrics: Metrics) => Found
  readonly jose?: (metrics: Metrics) => Found
}

const KB = 1000
const OURS_SEEN_EDDSA = 'ours, EdDSA'
const COLD = '500 first verifications at once'
const DOWN = '1,000 good tokens while the JWKS service is down, 50 at a time'

/** The budgets of this project, one row each, in the order of docs/reference/performance.md. */
const ROWS: readonly Row[] = [
  timesRaw('EdDSA: verify a new token, JWKS warm', EDDSA_VERIFY, 1.1),
  timesJose('… against jose', EDDSA_VERIFY, 0.8),
  timesRaw('HS512: verify a new token', HS512_VERIFY, 1.7),
  timesJose('… against jose', HS512_VERIFY, 0.5),
  timesRaw('EdDSA: sign', EDDSA_SIGN, 1.2),
  timesRaw('HS512: sign', HS512_SIGN, 1.75),
  {
    work: 'verify a token seen before',
    unit: 'µs',
    budget: 0.6,
    find: (metrics) => microseconds(metrics.workerd(SEEN_VERIFY, OURS_SEEN_EDDSA)),
  },
  {
    work: '… against a raw EdDSA verification',
    unit: '× raw',
    budget: 0.008,
    find: (metrics) => metrics.workerd(SEEN_VERIFY, OURS_SEEN_EDDSA)?.ratio,
  },
  timesRaw('what a guard adds to a Hono request, new token', HONO, 1.07),
  timesJose('… against jose', HONO, 0.82),
  {
    work: '… over verification alone',
    unit: 'µs',
    budget: 4,
    // By ratios: the two are of different groups, and a machine that slows down must not look like a guard.
    find: ({ workerd }) => {
      const guard = workerd(HONO, 'ours')?.ratio.median
      const alone = workerd(EDDSA_VERIFY, 'ours')?.ratio.median
      const raw = microseconds(workerd(EDDSA_VERIFY, 'raw'))
      return guard === undefined || alone === undefined || raw === undefined
        ? undefined
        : (guard - alone) * raw
    },
  },
  {
    work: '… token seen before',
    unit: 'µs',
    budget: 5,
    find: (metrics) => microseconds(metrics.workerd(HONO, 'ours, token seen before')),
  },
  {
    work: 'requests a second with a guard, tokens seen before',
    unit: '× no guard',
    budget: 0.9,
    isFloor: true,
    find: ({ results }) => results.http?.find(({ app }) => app === 'ours')?.ratio,
    jose: ({ results }) => results.http?.find(({ app }) => app === 'jose')?.ratio,
  },
  {
    work: 'the gateway, over a Worker that only passes on',
    unit: '× plain',
    budget: 1.06,
    find: ({ results }) => results.gateway?.find(({ name }) => name === EXCHANGING)?.ratio,
  },
  {
    work: 'find a key among 1,000',
    unit: 'µs',
    budget: 0.2,
    find: (metrics) => microseconds(metrics.workerd(LOOKUP, 'ours, 1,000 keys')),
    jose: (metrics) => microseconds(metrics.workerd(LOOKUP, 'jose, 1,000 keys')),
  },
  fetches('JWKS fetches, 500 first verifications at once', COLD),
  fetches('… 1,000 good tokens while the gateway is down', DOWN),
  size('bundle of makeVerifier, gzip', 'ours: makeVerifier', 9.4, 'jose: verify, remote JWKS'),
  size('… with the guard and two rules', 'ours: makeVerifier, guard, 2 rules', 10.1),
  size('bundle of createVerifier, gzip', 'ours: createVerifier', 7.2, 'jose: verify, remote JWKS'),
  size('bundle of makeKit, gzip', 'ours: makeKit, all of it', 17, 'jose: verify, remote JWKS, sign'),
  size('bundle of ./jws, gzip', 'ours: ./jws, sign and verify', 2.7, 'jose: compactVerify, CompactSign'),
  size('… to verify alone', 'ours: ./jws, verify', 2.25),
  startup('start-up of makeVerifier over an empty Worker, CPU', 'ours, makeVerifier', 1.15),
  startup('… of createVerifier', 'ours, createVerifier', 1),
  timesFastJwt('Node, EdDSA: verify a new token', EDDSA_VERIFY),
  timesFastJwt('Node, HS512: verify a new token', HS512_VERIFY),
  {
    work: 'Node: token seen before',
    unit: "× fast-jwt's cache",
    budget: 0.25,
    find: ({ node }) => node(SEEN_VERIFY, OURS_SEEN_EDDSA)?.over['fast-jwt, cache'],
  },
]

/** The budgets that this run has metrics for. */
export function budgetsOf(results: Results): readonly Budget[] {
  const metrics = new Metrics(results)
  return ROWS.flatMap(({ work, unit, budget, isFloor, find, jose }) => {
    const found = find(metrics)
    const reached = medianOf(found)
    if (reached === undefined) return []
    return [
      {
        work,
        unit,
        budget,
        reached,
        ...(typeof found === 'object' && { quartiles: [found.low, found.high] as const }),
        jose: medianOf(jose?.(metrics)),
        isMet: isFloor ? reached >= budget : reached <= budget,
      },
    ]
  })
}

function medianOf(found: Found): number | undefined {
  return typeof found === 'object' ? found.median : found
}

/** Finds the metrics of one candidate on one runtime. */
class Metrics {
  readonly results: Results

  constructor(results: Results) {
    this.results = results
  }

  readonly workerd = (title: string, name: string): Measured | undefined => this.#on('workerd', title, name)
  readonly node = (title: string, name: string): Measured | undefined => this.#on('Node', title, name)

  #on(runtime: string, title: string, name: string): Measured | undefined {
    const [, groups] =
      Object.entries(this.results.runtimes ?? {}).find(([known]) => known.startsWith(runtime)) ?? []
    return groups?.find((group) => group.title === title)?.measured.find((one) => one.name === name)
  }
}

function timesRaw(work: string, title: string, budget: number): Row {
  return {
    work,
    unit: '× raw',
    budget,
    find: ({ workerd }) => workerd(title, 'ours')?.ratio,
    jose: ({ workerd }) => workerd(title, 'jose')?.ratio,
  }
}

function timesJose(work: string, title: string, budget: number): Row {
  return { work, unit: '× jose', budget, find: ({ workerd }) => workerd(title, 'ours')?.over.jose }
}

function timesFastJwt(work: string, title: string): Row {
  return { work, unit: '× fast-jwt', budget: 1, find: ({ node }) => node(title, 'ours')?.over['fast-jwt'] }
}

function startup(work: string, ours: string, budget: number): Row {
  const cpu = ({ results }: Metrics, name: string): number | undefined =>
    results.startup?.find((one) => one.name === name)?.cpuOver?.median
  return {
    work,
    unit: '× jose',
    budget,
    find: (metrics) => {
      const own = cpu(metrics, ours)
      const jose = cpu(metrics, 'jose')
      return own === undefined || jose === undefined ? undefined : own / jose
    },
  }
}

function fetches(work: string, situation: string): Row {
  const count =
    (baseline: string) =>
    ({ results }: Metrics): number | undefined =>
      results.fetches?.find((one) => one.situation === situation && one.baseline === baseline)?.fetches
  return { work, unit: 'fetches', budget: 1, find: count('ours'), jose: count('jose') }
}

function size(work: string, ours: string, budget: number, jose?: string): Row {
  const kilobytes =
    (use: string) =>
    ({ results }: Metrics): number | undefined => {
      const gzip = results.sizes?.find(({ name }) => name === use)?.gzip
      return gzip === undefined ? undefined : gzip / KB
    }
  return {
    work,
    unit: 'KB',
    budget,
    find: kilobytes(ours),
    ...(jose !== undefined && { jose: kilobytes(jose) }),
  }
}

function microseconds(found: Measured | undefined): number | undefined {
  return found && found.nanoseconds / 1000
}
