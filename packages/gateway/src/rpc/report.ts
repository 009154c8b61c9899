import { type Correlation, isObject, readCorrelation } from '@sealgate/kit/gateway'
import type { WorkerEntrypoint } from '#runtime'
import type { Logger } from '@sealgate/kit/gateway'
import { type RpcFailure, rpcFailure } from '../errors.ts'
import type { GatewayOf } from '../gateway.ts'
import { type ApprovalLog, type CallerLog, logApproval, logDeniedCall } from '../observability/log.ts'

/** A class that workerd makes an instance of for each call over a service binding. */
export type EntrypointClass<Methods> = new (
  ctx: ExecutionContext,
  env: object,
) => WorkerEntrypoint<object> & Methods

/** Logs what callers of the entrypoints are not told, and whom they let act. */
export interface Reporter {
  /** Writes the line of an approval. */
  approval(log: CallerLog, about: Omit<ApprovalLog, 'correlation'>, correlation: unknown): void
  /** Writes the log line of a call that failed. */
  report(env: object, entrypoint: string, error: unknown, correlation: Correlation): Promise<void>
  /**
   * The same, and what the caller is told.
   *
   * @param correlation the headers by which its caller joins log lines, if it gave them: anything
   */
  rejected(env: object, entrypoint: string, error: unknown, correlation: unknown): Promise<RpcFailure>
}

export function reporterOf(gatewayOf: GatewayOf): Reporter {
  const report: Reporter['report'] = async (env, entrypoint, error, correlation) => {
    const { status } = rpcFailure(error)
    logDeniedCall(await loggerIn(gatewayOf, env), { correlation, entrypoint, status, error })
  }
  return {
    report,
    approval(log, about, correlation) {
      logApproval(log, { ...about, correlation: correlationIn(correlation) })
    },
    async rejected(env, entrypoint, error, correlation) {
      await report(env, entrypoint, error, correlationIn(correlation))
      return rpcFailure(error)
    },
  }
}

/** From an argument of a call, which may be anything, or not there. */
function correlationIn(argument: unknown): Correlation {
  const headers = isObject(argument) ? argument : {}
  return readCorrelation({
    get(name) {
      const value = headers[name]
      return typeof value === 'string' ? value : null
    },
  })
}

async function loggerIn(gatewayOf: GatewayOf, env: object): Promise<Logger> {
  try {
    const { logger } = await gatewayOf(env)
    return logger
  } catch {
    return gatewayOf.loggerOf(env)
  }
}
