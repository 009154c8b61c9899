import { cpus, loadavg } from 'node:os'
import type { FetchCount } from '../parts/fetches.ts'
import type { Hop } from '../parts/gateway.ts'
import type { Throughput } from '../parts/http.ts'
import type { MeasuredGroup } from '../measure/rounds.ts'
import type { TokenMemory } from '../parts/memory.ts'
import type { Load } from '../parts/scale.ts'
import type { Size } from '../parts/sizes.ts'
import type { Startup } from '../parts/startup.ts'
import type { TokenSize } from '../parts/token-size.ts'
import { versionOf } from '../measure/miniflare.ts'

/** What the kit is held to, and what this run found. */
export interface Budget {
  readonly work: string
  readonly unit: string
  /** What jose needs for the same; absent where it has no such thing. */
  readonly jose: number | undefined
  readonly budget: number
  readonly reached: number
  /** Quartiles; absent for what is counted. */
  readonly quartiles?: readonly [low: number, high: number]
  readonly isMet: boolean
}

/** What results were made with, and where. */
export interface Provenance {
  readonly made: string
  readonly command: string
  /** Processors, their model, and the platform. */
  readonly machine: string
  /** Programs that ran or waited at the start, mean of a minute: above the number of processors, others were at work. */
  readonly load: number
  readonly versions: Readonly<Record<string, string>>
  readonly rounds: number
}

/** All that one run found. Parts that were not requested are absent. */
export interface Results extends Provenance {
  readonly runtimes?: Readonly<Record<string, readonly MeasuredGroup[]>>
  readonly http?: readonly Throughput[]
  readonly fetches?: readonly FetchCount[]
  readonly sizes?: readonly Size[]
  readonly startup?: readonly Startup[]
  readonly scale?: readonly Load[]
  readonly gateway?: readonly Hop[]
  readonly tokenSizes?: readonly TokenSize[]
  readonly memory?: readonly TokenMemory[]
  /** What the kit is held to, beside what was reached. */
  readonly budgets?: readonly Budget[]
}

const PACKAGES = [
  'workerd',
  'jose',
  'hono',
  '@tsndr/cloudflare-worker-jwt',
  'fast-jwt',
  'autocannon',
  'esbuild',
]

/** What the metrics were made with. */
export function provenance(argv: readonly string[], rounds: number): Provenance {
  const all = cpus()
  return {
    made: new Date().toISOString().slice(0, 10),
    command: ['npm run bench', ...(argv.length > 0 ? ['--', ...argv] : [])].join(' '),
    machine: `${all.length} × ${all[0]?.model ?? 'CPU'}, ${process.platform} ${process.arch}`,
    load: loadavg()[0] ?? NaN,
    versions: Object.fromEntries([
      ['node', process.versions.node],
      ...PACKAGES.map((name) => [name, versionOf(name)]),
    ]) as Record<string, string>,
    rounds,
  }
}
