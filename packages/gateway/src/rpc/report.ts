import type { WorkerEntrypoint } from '#runtime'
import { problemOf, type RpcFailure, rpcFailure } from '../errors.ts'
import type { GatewayOf } from '../gateway.ts'
import { logDeniedCall, type Ship } from '../observability/log.ts'

/** A class that workerd makes an instance of for each call over a service binding. */
export type EntrypointClass<Methods> = new (
  ctx: ExecutionContext,
  env: object,
) => WorkerEntrypoint<object> & Methods

/** Logs what callers of the entrypoints are not told. */
export interface Reporter {
  /** Writes the log line of a call that failed, and returns its id. */
  report(env: object, entrypoint: string, error: unknown): Promise<string>
  /** The same, and what the caller is told. */
  rejected(env: object, entrypoint: string, error: unknown): Promise<RpcFailure>
}

export function reporterOf(gatewayOf: GatewayOf): Reporter {
  const report: Reporter['report'] = async (env, entrypoint, error) => {
    const requestId = crypto.randomUUID()
    const { status } = rpcFailure(error)
    logDeniedCall(entrypoint, requestId, status, problemOf(error), await shipOf(gatewayOf, env))
    return requestId
  }
  return {
    report,
    async rejected(env, entrypoint, error) {
      await report(env, entrypoint, error)
      return rpcFailure(error)
    },
  }
}

/** A gateway that is misconfigured ships nothing but to the hooks of its definition. */
async function shipOf(gatewayOf: GatewayOf, env: object): Promise<Ship> {
  try {
    const { ship } = await gatewayOf(env)
    return ship
  } catch {
    return gatewayOf.hooks?.(env)
  }
}
