/** What a Worker of the development system is told at its start. Its secrets are in its own `.dev.vars`. */
export interface DevWorkerSpec {
  /** The whole path of its `wrangler.jsonc`. */
  readonly config: string
  /** wrangler's `--env`; unset: the top level of the file. */
  readonly env?: string
  readonly port: number
  /** Where it stores what outlives it: Durable Objects, KV. */
  readonly persistTo: string
  /** The registry through which the Workers of one system find each other. */
  readonly registry: string
  /** Whether wrangler's own progress is shown too. */
  readonly isVerbose: boolean
  /** Variables that take the place of those in `wrangler.jsonc`. */
  readonly variables: Readonly<Record<string, string>>
  /** KV bindings that another Worker holds, by binding. */
  readonly heldElsewhere: Readonly<Record<string, HeldBinding>>
}

/** An entrypoint of another Worker, in place of a binding. */
export interface HeldBinding {
  readonly service: string
  readonly entrypoint: string
  readonly props: Readonly<Record<string, unknown>>
}

/** Its secrets changed: wrangler reads them again. */
export const RELOAD = 'reload'
/** It serves requests. */
export const READY = 'ready'

/** It wrote a log line (docs/reference/logs.md). */
export interface LoggedMessage {
  readonly logged: Readonly<Record<string, unknown>>
}

export function isLogged(message: unknown): message is LoggedMessage {
  return typeof message === 'object' && message !== null && 'logged' in message
}
