import { waitUntil } from '#runtime'
import { type DecisionLine, type EventLine, logEvent, type LogLine, type Ship } from './log.ts'

/** What a hook gets beside a line. */
export interface HookContext<Env extends object> {
  /** The environment of this Worker. */
  readonly env: Env
}

/**
 * Sinks of a team's own, which get every line as it is logged: frozen, without a token, code, cookie, secret, e-mail address or
 * IP address. No request waits for what they do, and none fails by it: the first failure is logged as `hook_failed`.
 */
export interface LogHooks<Env extends object> {
  /** Gets the line of each request, of each call of an entrypoint that was rejected or failed, and of each operation. */
  onDecision?(line: DecisionLine, context: HookContext<Env>): void | Promise<void>
  /** Gets the line of each fault or warning that belongs to no single request. */
  onEvent?(line: EventLine, context: HookContext<Env>): void | Promise<void>
}

/** Ships lines to the hooks; `undefined` without any. */
export function shipToHooks<Env extends object>(hooks: LogHooks<Env>, env: Env): Ship {
  if (!hooks.onDecision && !hooks.onEvent) return undefined
  let hasFailed = false
  const report = (error: unknown): void => {
    if (hasFailed) return
    hasFailed = true
    // Not shipped: it would come to the hook that failed.
    logEvent('error', 'hook_failed', undefined, error instanceof Error ? error.name : typeof error)
  }
  return (line) => {
    try {
      Object.freeze(line)
      const done = isDecision(line) ? hooks.onDecision?.(line, { env }) : hooks.onEvent?.(line, { env })
      if (done !== undefined) waitUntil(Promise.resolve(done).catch(report))
    } catch (error) {
      report(error)
    }
  }
}

function isDecision(line: LogLine): line is DecisionLine {
  return 'requestId' in line
}
