/** The types of lines of the log. What each field and event means is in `fields` and `event-table`. */

/** Raised when a field or event goes, or comes to mean something else. One that is added raises nothing. */
export const SCHEMA = 1

/** How urgent a line is: the method of `console` that writes it. */
export type Level = 'debug' | 'info' | 'warn' | 'error'

/** From which level on lines are written; `off`: none. */
export type LogLevel = Level | 'off'

/** What became of a caller. `failed`: status 500 and above, which says nothing of the caller. */
export type Outcome = 'granted' | 'denied' | 'failed'

/** The version of a Worker, from the binding `CF_VERSION_METADATA`. */
export interface WorkerVersion {
  readonly id: string
  readonly tag?: string
}

/** Every field, by its type. A line has those that are known: no member is ever null or undefined. */
export interface LogFields {
  readonly ts: string
  readonly level: Level
  readonly event: EventName
  readonly schema: typeof SCHEMA
  readonly service: string
  readonly version: WorkerVersion
  readonly env: string
  readonly request_id: string
  readonly trace_id: string
  readonly decision: Outcome
  readonly status: number
  readonly reason: string
  readonly detail: string
  readonly rule: string
  readonly held: string
  readonly audience: string
  readonly client_id: string
  readonly kid: string
  readonly jti: string
  readonly sub_hash: string
  readonly kind: string
  readonly ms: number
  readonly colo: string
  readonly method: string
  readonly route: string
  readonly tried_hash: string
  readonly entrypoint: string
  readonly operation: string
  readonly outcome: string
  readonly thumbprint: string
  readonly error: string
  readonly t_idp_ms: number
  readonly t_verify_ms: number
  readonly t_policy_ms: number
  readonly t_service_ms: number
  readonly name: string
  readonly keys: number
  readonly retry_in_seconds: number
  readonly dropped: number
  readonly sink: string
}

/** The name of a field. */
export type FieldName = keyof LogFields

/** The lines about one request, call or frame. */
export type DecisionName = 'decision' | 'request' | 'denied_call' | 'approval' | 'operation'

/** The lines that the kit writes of itself. */
export type KitEventName =
  | 'denylist_failed'
  | 'hook_failed'
  | 'jwks_failed'
  | 'jwks_refreshed'
  | 'key_skipped'
  | 'lines_dropped'
  | 'request_failed'
  | 'secret_failed'
  | 'sink_dropped'
  | 'slot_repeated'
  | 'slot_skipped'
  | 'unknown_variable'
  | 'unstable_env'

/** The lines that the gateway writes of itself. */
export type GatewayEventName =
  | 'assertion_use_not_recorded'
  | 'client_without_audiences'
  | 'cookies_without_secure'
  | 'log_hash_key_missing'
  | 'provider_logout'
  | 'rate_limiter_failed'
  | 'rate_limiter_missing'
  | 'rate_limiter_shared'
  | 'refresh_token_not_revoked'
  | 'secret_not_read'
  | 'session_store_replaced'

/** The name of an event. */
export type EventName = DecisionName | KitEventName | GatewayEventName

/** What every line has, if it is known: `ts` is missing where a Worker starts, because there it has no clock. */
export type CommonField =
  'ts' | 'level' | 'event' | 'schema' | 'service' | 'version' | 'env' | 'request_id' | 'trace_id'

type Common = Pick<LogFields, 'level' | 'schema'> & Partial<Omit<LogFields, 'level' | 'schema' | 'event'>>

/** A line about one request, call or frame. `onDecision` gets it. */
export type DecisionLine = Readonly<Common & { readonly event: DecisionName }>

/** A line that is about more than one request. `onEvent` gets it. */
export type EventLine = Readonly<Common & { readonly event: KitEventName | GatewayEventName }>

/** One line of the log: flat JSON, frozen. */
export type LogLine = DecisionLine | EventLine
