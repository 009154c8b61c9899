import type { DecisionLine, EventLine } from '@sealgate/kit'
import { Logger, type LoggerOptions } from '@sealgate/kit/gateway'

/** What a hook gets beside a line. */
export interface HookContext<Env extends object> {
  /** The environment of this Worker. */
  readonly env: Env
}

/**
 * Hooks of a team's own, which get every line: frozen, without a token, code, cookie, secret, e-mail address or IP address. No
 * request waits for what they do, and none fails by it: the first failure is logged as `hook_failed`.
 */
export interface LogHooks<Env extends object> {
  /** Gets the line of each request, of each call of an entrypoint that was rejected or failed, and of each operation. */
  onDecision?(line: DecisionLine, context: HookContext<Env>): void | Promise<void>
  /** Gets the line of each fault or warning that belongs to no single request. */
  onEvent?(line: EventLine, context: HookContext<Env>): void | Promise<void>
}

/** The logger of a definition's gateway in an environment. */
export function loggerOf<Env extends object>(
  hooks: LogHooks<Env>,
  env: Env,
  options: LoggerOptions = {},
): Logger {
  return new Logger({
    ...options,
    env,
    onDecision: hooks.onDecision && ((line) => hooks.onDecision?.(line, { env })),
    onEvent: hooks.onEvent && ((line) => hooks.onEvent?.(line, { env })),
  })
}
