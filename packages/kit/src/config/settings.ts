import type { LogLevel } from '../log/line-types.ts'
import { type Head, Logger, type LogHooks } from '../log/logger.ts'
import type { MakeSink } from '../log/sink.ts'
import type { Report } from '../primitives/events.ts'
import { lookUp } from './bindings.ts'
import type { SignKeys, VerifyKeys } from './mode.ts'
import type { PlainSettings } from './schema.ts'
import type { ApprovalPlain, DenylistPlain, VerifyPlain } from './schema-verify.ts'

/** What a kit uses of its runtime. */
export interface Runtime {
  /** Seconds since the epoch. */
  readonly now: () => number
  readonly fetch: typeof fetch
  readonly logger: Logger
  /** To the logger. */
  readonly onEvent: Report
}

/** Everything that a verifier needs to know, checked. */
export interface VerifierSettings extends VerifyPlain, Partial<DenylistPlain & ApprovalPlain>, Runtime {
  readonly verify: VerifyKeys
  /** A verifier without pins and deny-list has no use for thumbprints. Default: they are made. */
  readonly needsThumbprints?: boolean
}

/** Everything that a kit needs to know, checked. There are no invalid settings. */
export interface Settings extends PlainSettings, Runtime {
  readonly sign: SignKeys | undefined
  /** A kit that signs verifies its own tokens, unless it is told otherwise. */
  readonly verify: VerifyKeys
}

/** How a kit logs, beside its settings. */
export interface LogOptions extends LogHooks {
  /** Where lines go besides: the functions that make the sinks, the same ones each time. Default: the console alone. */
  readonly sinks?: readonly MakeSink[] | undefined
  /** @internal Writes in place of one of its own. */
  readonly logger?: Logger | undefined
}

/** The runtime that somebody gave, completed with the real one. */
export function runtimeOf(
  given: LogOptions & {
    readonly now?: (() => number) | undefined
    readonly fetch?: typeof fetch | undefined
    readonly logLevel?: LogLevel | undefined
  },
  { audiences, logLevel }: Pick<VerifyPlain, 'audiences' | 'logLevel'>,
  env: object = {},
): Runtime {
  const { now = () => Date.now() / 1000, sinks = [], onEvent, onDecision } = given
  const logger =
    given.logger ??
    new Logger({
      head: headOf(env, audiences[0]),
      level: given.logLevel ?? logLevel,
      now,
      onEvent,
      onDecision,
      sinks,
      env,
    })
  return {
    now,
    fetch: given.fetch ?? ((input, init) => fetch(input, init)),
    logger,
    onEvent: logger.event,
  }
}

/** What the environment says of its Worker. */
function headOf(env: object, service: string | undefined): Head {
  const { id, tag } = (lookUp(env, 'CF_VERSION_METADATA') ?? {}) as Record<string, unknown>
  return {
    service,
    // Without an id there is no version; without a tag the platform gives an empty one.
    version: (textOf(id) && { id, tag: textOf(tag) }) as Head['version'],
    env: textOf(lookUp(env, 'WORKER_ENV')),
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
