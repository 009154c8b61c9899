import { AsyncLocalStorage } from '#async-context'
import type { Auth } from '../claims/types.ts'
import type { AgentConnection } from './connection.ts'

/** Whom an Agent serves now, and over what they came. */
export interface CurrentCaller {
  readonly agent: object
  readonly auth: Auth
  readonly source: Request | AgentConnection
}

const current = new AsyncLocalStorage<CurrentCaller | undefined>()

/** Runs code, and all that it waits for, in the name of a caller; or of nobody. */
export function serveAs<Output>(caller: CurrentCaller | undefined, run: () => Output): Output {
  return current.run(caller, run)
}

/** Whom this Agent serves now. Another Agent of the same isolate has callers of its own. */
export function callerServedBy(agent: object): CurrentCaller | undefined {
  const caller = current.getStore()
  return caller?.agent === agent ? caller : undefined
}
