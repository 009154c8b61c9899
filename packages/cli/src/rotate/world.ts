import type { Say } from '../terminal/say.ts'
import type { RunWrangler } from '../wrangler/run.ts'
import type { WorkerEnv } from '../wrangler/versions.ts'
import type { GatewayPort } from './gateway-port.ts'
import type { LeakedKeys } from './leaked-keys.ts'

/** What the commands on keys use of the world. */
export interface KeysWorld {
  readonly run: RunWrangler
  /** The gateway in its environment, for wrangler. */
  readonly worker: WorkerEnv
  readonly gateway: GatewayPort
  readonly leaked: LeakedKeys
  readonly say: Say
  /** Whether to go on. With `--yes` it is. @throws UsageError without a terminal */
  readonly confirm: (question: string) => Promise<boolean>
  /** Runs kit-keygen and returns what it prints. It goes to wrangler by stdin, and nowhere else. */
  readonly keygen: (args: readonly string[]) => Promise<string>
  /** Seconds since the epoch. */
  readonly now: () => number
  readonly sleep: (seconds: number) => Promise<void>
}
