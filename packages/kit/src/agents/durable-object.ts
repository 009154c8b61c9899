import { ConfigError } from '../errors.ts'

/** The part of a Durable Object's storage that keeps the owner: synchronous, in its SQLite database. */
export interface OwnerStore {
  get(key: string): unknown
  put(key: string, value: string): void
}

/** The part of its SQL that keeps questions for people. */
export interface QuestionStore {
  exec(query: string, ...values: readonly unknown[]): { toArray(): readonly Record<string, unknown>[] }
}

/** What the guard needs of the Durable Object that an Agent is. */
export interface GuardedObject {
  readonly context: {
    readonly id: { toString(): string }
    readonly storage: { readonly kv: OwnerStore; readonly sql: QuestionStore }
    getWebSockets(): readonly WebSocket[]
    getTags(socket: WebSocket): readonly string[]
  }
  readonly env: object
}

/**
 * Reads the arguments that the platform makes a Durable Object with.
 *
 * @throws ConfigError when the base of the mixin is no Agent class
 */
export function durableObjectOf(args: readonly unknown[]): GuardedObject {
  const [context, env] = args
  if (!isContext(context) || typeof env !== 'object' || env === null) {
    throw new ConfigError('the mixin takes an Agent class with SQLite storage, made with (ctx, env)')
  }
  return { context, env }
}

function isContext(value: unknown): value is GuardedObject['context'] {
  return (
    typeof value === 'object' &&
    value !== null &&
    'id' in value &&
    'getWebSockets' in value &&
    'getTags' in value &&
    'storage' in value &&
    typeof value.storage === 'object' &&
    value.storage !== null &&
    'kv' in value.storage
  )
}
