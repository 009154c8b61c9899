import autocannon from 'autocannon'
import { cpuOfWorkerd } from '../measure/cpu.ts'
import type { Fixtures } from '../measure/fixtures.ts'
import { median, shuffled, type Spread, spreadOf } from '../measure/stats.ts'
import type { Apps } from '../candidates/apps.ts'
import { startWorkers } from '../measure/miniflare.ts'

/** What an app does over HTTP on this machine, held against the same app without a guard. */
export interface Throughput {
  readonly app: string
  /** Requests a second, median. */
  readonly perSecond: number
  /** To the app without a guard just before and just after. */
  readonly ratio: Spread
  /** CPU time that workerd spends on a request, in µs; `null` where /proc does not tell. */
  readonly cpuMicroseconds: number | null
  /** The part of it that the guard adds: median over the app without one just before and just after. */
  readonly cpuAdded: number | null
}

interface Sample {
  readonly perSecond: number
  readonly cpu: number | null
}

/** A load of one app, and what the app without a guard did around it. */
interface Between extends Sample {
  readonly before: Sample
  readonly after: Sample
}

const CONNECTIONS = 16
/** Tokens in use: what an isolate sees again and again. */
const TOKENS = 64
/** An isolate that idled while others were loaded takes its first requests more slowly. */
const WARM_UP_SECONDS = 1
const BASE = 'open'
const APPS: readonly (keyof Apps)[] = [BASE, 'ours', 'raw', 'jose']

/**
 * Loads consumers over loopback with repeated tokens, one after the other, in rounds. Each stands between two loads of
 * the app without a guard: a machine whose speed drifts slows all three.
 */
export async function measureThroughput(
  fixtures: Fixtures,
  { rounds, seconds }: { readonly rounds: number; readonly seconds: number },
): Promise<readonly Throughput[]> {
  const bare = JSON.stringify({ ...fixtures, strangers: [], eddsa: [], hs512: [], claims: [] })
  const { miniflare } = await startWorkers(
    APPS.map((app) => ({ name: app, entry: 'http-worker.ts', bindings: { APP: app, FIXTURES: bare } })),
  )
  const requests = fixtures.eddsa
    .slice(0, TOKENS)
    .map((token) => ({ headers: { Authorization: `Bearer ${token}` } }))
  const load = async (app: string, duration: number): Promise<Sample> => {
    const { href } = await miniflare.unsafeGetDirectURL(app)
    const fire = (time: number) =>
      autocannon({ url: `${href}orders`, connections: CONNECTIONS, duration: time, requests })
    await fire(WARM_UP_SECONDS)
    const before = cpuOfWorkerd()
    const result = await fire(duration)
    const after = cpuOfWorkerd()
    if (result.non2xx + result.errors > 0)
      throw new Error(`${app}: ${result.non2xx + result.errors} requests failed`)
    const cpu = before === null || after === null ? null : (after - before) / result.requests.total
    return { perSecond: result.requests.total / result.duration, cpu }
  }
  try {
    const samples = new Map<string, Between[]>(APPS.map((app) => [app, []]))
    let before = await load(BASE, seconds)
    for (let round = 0; round < rounds; round++) {
      for (const app of shuffled(APPS)) {
        const own = await load(app, seconds)
        const after = await load(BASE, seconds)
        samples.get(app)?.push({ ...own, before, after })
        before = after
      }
    }
    return APPS.map((app) => summaryOf(app, samples.get(app) ?? []))
  } finally {
    await miniflare.dispose()
  }
}

function summaryOf(app: string, samples: readonly Between[]): Throughput {
  const ratios = samples.map(
    ({ perSecond, before, after }) => (2 * perSecond) / (before.perSecond + after.perSecond),
  )
  const cpus = samples.flatMap(({ cpu, before, after }) =>
    cpu === null || before.cpu === null || after.cpu === null
      ? []
      : [{ own: cpu, added: cpu - (before.cpu + after.cpu) / 2 }],
  )
  return {
    app,
    perSecond: median(samples.map(({ perSecond }) => perSecond)),
    ratio: spreadOf(ratios),
    cpuMicroseconds: cpus.length > 0 ? median(cpus.map(({ own }) => own)) : null,
    cpuAdded: cpus.length > 0 ? median(cpus.map(({ added }) => added)) : null,
  }
}
