import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Load } from './tokens.ts'

/** What a caller is told to do. */
export interface Orders {
  readonly url: string
  readonly load: Load
  /** Good tokens: to send, or to model others on. */
  readonly good: readonly string[]
  /** Requests under way at a time, each on a connection of its own. */
  readonly connections: number
  readonly seconds: number
  /** Requests begin at this rate, as steady callers make them. Default: each follows its response at once. */
  readonly perSecond?: number
}

/** What came of it. */
export interface Tally {
  /** Answers. */
  readonly perSecond: number
  /** How often each status came, with its reason: `401 unknown_kid`. */
  readonly statuses: Readonly<Record<string, number>>
  readonly p50Ms: number
  readonly p99Ms: number
}

/** Lets a caller do its work in a process of its own. */
export async function call(orders: Orders): Promise<Tally> {
  const child = fork(join(import.meta.dirname, 'caller.ts'), { execArgv: [] })
  child.send(orders)
  const [tally] = (await once(child, 'message')) as [Tally]
  return tally
}
