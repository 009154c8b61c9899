import type { CommonField, EventName, FieldName, Level } from './line-types.ts'

/** How an event is described. */
export interface EventRow {
  /** `outcome`: 5xx is `error`; what was denied is `warn`, and so is a service’s 401 and 403; all else is `debug`. */
  readonly level: Level | 'outcome'
  readonly by: readonly ('kit' | 'gateway')[]
  readonly meaning: string
  /** What whoever operates the system does. */
  readonly todo: string
  /** What it may have beside the common fields. */
  readonly fields: readonly Exclude<FieldName, CommonField>[]
}

const OF_TOKEN = ['audience', 'client_id', 'kid', 'jti', 'sub_hash', 'kind'] as const
const OF_REQUEST = [
  'decision',
  'status',
  'reason',
  'detail',
  'rule',
  'held',
  'colo',
  'method',
  'route',
] as const
const SPANS = ['t_idp_ms', 't_verify_ms', 't_policy_ms', 't_service_ms'] as const
const BOTH = ['kit', 'gateway'] as const

/** Every event. docs/reference/logs.md is generated from here; nothing in a Worker imports it. */
export const EVENTS: { readonly [Name in EventName]: EventRow } = {
  decision: {
    level: 'outcome',
    by: ['kit'],
    meaning: 'a guard, an Agent at an upgrade or request, or an Agent at a frame decided about a caller',
    todo: '`sealgate why` with its `request_id`; look `reason` up in [errors](errors.md)',
    fields: [...OF_REQUEST, ...OF_TOKEN],
  },
  request: {
    level: 'outcome',
    by: ['gateway'],
    meaning: 'a request to the public face',
    todo: 'the same',
    fields: [...OF_REQUEST, ...OF_TOKEN, 'error', 'ms', 'tried_hash', ...SPANS],
  },
  denied_call: {
    level: 'outcome',
    by: ['gateway'],
    meaning: 'a call of an entrypoint was rejected or failed: its caller got a code alone',
    todo: 'the same',
    fields: ['decision', 'status', 'reason', 'detail', 'error', 'entrypoint', 'audience'],
  },
  approval: {
    level: 'info',
    by: BOTH,
    meaning:
      'a person’s yes to one action: `outcome` says whether the gateway issued it (`issued`), a service took it (`used`), or the gateway signed what came of it (`receipt`). They have one `jti`',
    todo: 'nothing: it is the trace of who let what be done',
    fields: ['outcome', 'entrypoint', 'audience', 'jti', 'sub_hash', 'colo', 'method', 'route'],
  },
  operation: {
    level: 'info',
    by: ['gateway'],
    meaning: 'an [operator](http.md#operators) did something',
    todo: 'nothing, if somebody of yours did it',
    fields: [
      'status',
      'detail',
      'operation',
      'outcome',
      'kid',
      'jti',
      'sub_hash',
      'thumbprint',
      'method',
      'route',
    ],
  },
  assertion_use_not_recorded: {
    level: 'error',
    by: ['gateway'],
    meaning:
      'KV did not take the use of a client’s assertion, or of an operator’s request: another isolate would take it once more, until it ends',
    todo: 'passes; else the platform’s status page',
    fields: [],
  },
  client_without_audiences: {
    level: 'warn',
    by: ['gateway'],
    meaning: 'a client of `EXCHANGE_CLIENTS` may exchange for nothing',
    todo: 'list it under `clients` in `gateway.config.ts`',
    fields: ['detail'],
  },
  cookies_without_secure: {
    level: 'warn',
    by: ['gateway'],
    meaning: '`BASE_URL` is plain http on loopback',
    todo: 'nothing, in `dev` and `test`',
    fields: [],
  },
  denylist_failed: {
    level: 'error',
    by: BOTH,
    meaning: 'the deny-list could not be read',
    todo: 'passes; else the platform’s status page',
    fields: ['detail'],
  },
  hook_failed: {
    level: 'error',
    by: BOTH,
    meaning:
      '`onDecision`, `onEvent` or a sink threw; `detail` is the name of the error. Later failures are not logged, and no hook hears of it',
    todo: 'mend the hook',
    fields: ['detail'],
  },
  jwks_failed: {
    level: 'error',
    by: BOTH,
    meaning: 'a JWK Set could not be fetched; the last good one serves for a while',
    todo: '`sealgate doctor`: the binding, or the address; then the gateway’s log',
    fields: ['detail', 'retry_in_seconds'],
  },
  jwks_refreshed: {
    level: 'debug',
    by: BOTH,
    meaning: 'a JWK Set was fetched',
    todo: 'nothing',
    fields: ['keys'],
  },
  key_skipped: {
    level: 'error',
    by: BOTH,
    meaning: 'a key of a JWK Set is not usable; the others serve',
    todo: '`detail` says what is wrong with it',
    fields: ['kid', 'detail'],
  },
  lines_dropped: {
    level: 'error',
    by: BOTH,
    meaning:
      'more than 20 lines of one level in a second of one isolate: so many were not written. Hooks got them',
    todo: 'look at the lines before it: one cause has most of them, unless somebody hides another behind it. Metrics and hooks have all',
    fields: ['dropped'],
  },
  log_hash_key_missing: {
    level: 'warn',
    by: ['gateway'],
    meaning: 'hashes of users hold for one isolate alone',
    todo: 'set `LOG_HASH_KEY`',
    fields: [],
  },
  provider_logout: {
    level: 'info',
    by: ['gateway'],
    meaning:
      'the provider ended sessions by a [logout token](http.md#back-channel-logout): `detail` says whose, and how many',
    todo: 'nothing',
    fields: ['detail'],
  },
  rate_limiter_failed: {
    level: 'error',
    by: ['gateway'],
    meaning: 'a limiter threw; the request went on, unless a password was tried',
    todo: 'passes; else the platform’s status page',
    fields: [],
  },
  rate_limiter_missing: {
    level: 'warn',
    by: ['gateway'],
    meaning: 'production without `RATE_LIMITER`: what has no limiter of its own is not limited',
    todo: 'add the `ratelimits` of the shipped `wrangler.jsonc`',
    fields: ['detail'],
  },
  rate_limiter_shared: {
    level: 'warn',
    by: ['gateway'],
    meaning: '`RATE_LIMITER` counts what has a limiter of its own that is not bound',
    todo: 'the same',
    fields: ['detail'],
  },
  refresh_token_not_revoked: {
    level: 'error',
    by: ['gateway'],
    meaning: 'Auth0 did not take back a refresh token whose session is over; nobody has it any more',
    todo: 'passes; else Auth0’s status page',
    fields: [],
  },
  request_failed: {
    level: 'error',
    by: ['kit'],
    meaning:
      'a guard or an Agent could not decide on a request: a fault of configuration or code. `reason` is the code',
    todo: '`detail` says what is wrong, and the fix',
    fields: ['status', 'reason', 'detail', 'method', 'route', 'colo'],
  },
  secret_failed: {
    level: 'error',
    by: BOTH,
    meaning: 'a secret could not be read from its binding; the last good one serves for a while',
    todo: 'passes; else `detail` says what is wrong',
    fields: ['name', 'detail'],
  },
  secret_not_read: {
    level: 'error',
    by: ['gateway'],
    meaning:
      'a secret of a Secrets Store could not be read, or does not fit; the last good one serves five minutes',
    todo: '`detail` says which and why',
    fields: ['detail'],
  },
  session_store_replaced: {
    level: 'warn',
    by: ['gateway'],
    meaning:
      '`SESSION_STORE` is `cloudflare-kv`, which another kit knows: sessions are in Durable Objects, those of `auth()` in cookies',
    todo: 'set it to `do` (the binding is `SESSIONS`), with `auth()` to `cookie`',
    fields: ['detail'],
  },
  sink_dropped: {
    level: 'error',
    by: BOTH,
    meaning: 'a sink was slow or down: so many lines did not reach it',
    todo: 'look at what is behind the sink; the console has them',
    fields: ['sink', 'dropped', 'detail'],
  },
  slot_repeated: {
    level: 'error',
    by: BOTH,
    meaning: 'a signing slot holds the key of another: it serves, but a rotation to it changes nothing',
    todo: '`sealgate slots`; then `sealgate rotate`',
    fields: ['name', 'detail'],
  },
  slot_skipped: {
    level: 'error',
    by: BOTH,
    meaning: 'a signing slot, or a secret of a list, is not usable; another is',
    todo: '`detail` says what is wrong with it',
    fields: ['name', 'detail'],
  },
  unknown_variable: {
    level: 'warn',
    by: BOTH,
    meaning: 'a variable looks like a misspelt one, and nobody reads it',
    todo: 'spell it as `detail` says',
    fields: ['name', 'detail'],
  },
  unstable_env: {
    level: 'warn',
    by: BOTH,
    meaning: 'the environment is another one on every request, so caches do not help',
    todo: 'make bindings and options once, not on each request',
    fields: ['detail'],
  },
}
