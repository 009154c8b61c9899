import { UsageError } from '../errors.ts'
import { readEnvironment } from '../project/environments.ts'
import type { Project } from '../project/find-project.ts'
import { viewEnvironment } from '../project/worker-view.ts'
import { duringWork } from '../terminal/progress.ts'
import type { Say } from '../terminal/say.ts'
import { apiAccess } from '../wrangler/credentials.ts'
import type { RunWrangler } from '../wrangler/run.ts'
import type { StartTail } from '../wrangler/tail.ts'
import type { Gathered } from './gathered.ts'
import { lookInDev, lookInFile } from './look-in-files.ts'
import { lookInTail } from './look-in-tail.ts'
import { lookInWorkersLogs } from './look-in-workers-logs.ts'
import type { Looked } from './looked.ts'

/** Where to look. Nothing: in the development system that runs. */
export interface Place {
  readonly env?: string
  readonly tail: boolean
  /** Seconds. */
  readonly timeout: number
  readonly file?: string
  /** Of a development system. */
  readonly gatewayPort?: string
}

/** What looking uses of the world. */
export interface LookWorld {
  /** Not called for a file. */
  readonly project: () => Project
  readonly run: RunWrangler
  readonly start: StartTail
  readonly say: Say
}

/**
 * Gathers the lines of a request where they are.
 *
 * @throws UsageError for places that exclude each other, Error with what wrangler or Cloudflare said
 */
export async function look(
  requestId: string,
  { env, tail, timeout, file, gatewayPort }: Place,
  { project, run, start, say }: LookWorld,
  gathered: Gathered,
): Promise<Looked> {
  if ([env, file, gatewayPort].filter((one) => one !== undefined).length > 1) {
    throw new UsageError('Say one place: --env, --file or --gateway-port')
  }
  if (tail && env === undefined) throw new UsageError('--tail needs an environment: --env <name>')
  if (file !== undefined) return lookInFile(file, gathered)
  if (env === undefined) return lookInDev(project(), gatewayPort, gathered)
  const view = viewEnvironment(project(), readEnvironment(project(), env))
  if (tail) return lookInTail(view, { seconds: timeout, start, say }, gathered)
  const access = await apiAccess(run, view.gateway.config.account_id)
  const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
  const found = lookInWorkersLogs(requestId, access, { fetch, now: Date.now, sleep }, gathered)
  return duringWork('Querying Workers Logs', found, say)
}
