import autocannon from 'autocannon'
import { cpuOfWorkerd } from './cpu.ts'
import type { Fixtures } from './fixtures.ts'
import { median, shuffled } from './stats.ts'
import type { Apps } from './work/apps.ts'
import { startWorkers } from './workers.ts'

/** What an app does over HTTP on this machine, held against the same app without a guard. */
export interface Throughput {
  readonly app: string
  /** Requests a second, median. */
  readonly perSecond: number
  /** Median of the ratios to the app without a guard. */
  readonly ratio: number
  /** CPU time that workerd spends on a request, in µs; `null` where /proc does not tell. */
  readonly cpuMicroseconds: number | null
}

const CONNECTIONS = 16
/** Tokens in use: what an isolate sees again and again. */
const TOKENS = 64
const APPS: readonly (keyof Apps)[] = ['open', 'ours', 'raw', 'jose']

/** Loads consumers over loopback with repeated tokens, one after the other, in rounds. */
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
    const before = cpuOfWorkerd()
    const result = await autocannon({ url: `${href}orders`, connections: CONNECTIONS, duration, requests })
    const after = cpuOfWorkerd()
    if (result.non2xx + result.errors > 0)
      throw new Error(`${app}: ${result.non2xx + result.errors} requests failed`)
    const cpu = before === null || after === null ? null : (after - before) / result.requests.total
    return { perSecond: result.requests.total / result.duration, cpu }
  }
  try {
    const samples = new Map<string, Sample[]>(APPS.map((app) => [app, []]))
    for (const app of APPS) await load(app, 1)
    for (let round = 0; round < rounds; round++) {
      for (const app of shuffled(APPS)) samples.get(app)?.push(await load(app, seconds))
    }
    const open = samples.get('open') ?? []
    return APPS.map((app) => {
      const own = samples.get(app) ?? []
      const cpus = own.flatMap(({ cpu }) => (cpu === null ? [] : [cpu]))
      return {
        app,
        perSecond: median(own.map(({ perSecond }) => perSecond)),
        ratio: median(own.map(({ perSecond }, round) => perSecond / (open[round]?.perSecond ?? NaN))),
        cpuMicroseconds: cpus.length > 0 ? median(cpus) : null,
      }
    })
  } finally {
    await miniflare.dispose()
  }
}

interface Sample {
  readonly perSecond: number
  readonly cpu: number | null
}
