import { AsyncLocalStorage } from '#async-context'
import type { Auth } from '../claims/types.ts'
import { ConfigError } from '../errors.ts'
import type { AgentConnection } from './connection.ts'

/** Whom an Agent serves now, and over what they came. */
export interface CurrentCaller {
  readonly agent: object
  readonly auth: Auth
  readonly source: Request | AgentConnection
}

const current = AsyncLocalStorage && new AsyncLocalStorage<CurrentCaller | undefined>()

/**
 * Runs code, and all that it waits for, in the name of a caller; or of nobody.
 *
 * @throws ConfigError on workerd without Node APIs
 */
export function serveAs<Output>(caller: CurrentCaller | undefined, run: () => Output): Output {
  if (!current) throw new ConfigError('an Agent needs AsyncLocalStorage: add the flag nodejs_compat')
  return current.run(caller, run)
}

/** Whom this Agent serves now. Another Agent of the same isolate has callers of its own. */
export function callerServedBy(agent: object): CurrentCaller | undefined {
  const caller = current?.getStore()
  return caller?.agent === agent ? caller : undefined
}
