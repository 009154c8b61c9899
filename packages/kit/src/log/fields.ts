import type { FieldName } from './line-types.ts'

/** How a field is described. */
export interface Field {
  /** As docs/reference/logs.md names it. */
  readonly type: 'text' | 'integer' | 'object' | 'word'
  readonly meaning: string
  /** When it is there. */
  readonly when: string
}

const ALWAYS = 'always'
const OF_CALLER = 'a caller whose token had a good signature'
const ON_SPANS = 'a `request` in which that was waited for'

/** Every field. docs/reference/logs.md is generated from here; nothing in a Worker imports it. */
export const FIELDS: { readonly [Name in FieldName]: Field } = {
  ts: { type: 'text', meaning: 'ISO 8601, UTC, with milliseconds', when: 'but where a Worker starts' },
  level: { type: 'word', meaning: '`debug`, `info`, `warn` or `error`', when: ALWAYS },
  event: { type: 'word', meaning: 'one of the events below', when: ALWAYS },
  schema: { type: 'integer', meaning: 'version of this page’s format: 1', when: ALWAYS },
  service: {
    type: 'text',
    meaning: 'who writes: `GATEWAY_NAME`, or the first name of `JWT_AUD`',
    when: 'but where the configuration makes no kit',
  },
  version: {
    type: 'object',
    meaning: '`id` and `tag` of the Worker’s version',
    when: 'the binding `CF_VERSION_METADATA` is there',
  },
  env: { type: 'text', meaning: 'the environment', when: '`WORKER_ENV` is set; at the gateway always' },
  request_id: { type: 'text', meaning: 'the same on every hop: `X-Request-Id`', when: 'a request is known' },
  trace_id: {
    type: 'text',
    meaning: 'W3C Trace Context, 32 hexadecimal digits',
    when: 'a request is known that has one',
  },
  decision: {
    type: 'word',
    meaning: '`granted`; `denied`; `failed`: status 500 and above, which says nothing of the caller',
    when: '`decision`, `request`, `denied_call`',
  },
  status: {
    type: 'integer',
    meaning: 'the HTTP status',
    when: 'a request or call; not on grants of a guard',
  },
  reason: {
    type: 'word',
    meaning: 'why: a word of [errors](errors.md)',
    when: 'denied or failed; `request_failed`',
  },
  detail: {
    type: 'text',
    meaning: 'a sentence of at most 300 characters; it never quotes a token',
    when: 'there is more to say than `reason` does',
  },
  rule: {
    type: 'text',
    meaning:
      'the rules that failed, in the words of `explain`, with `; ` between them; at most 300 characters',
    when: 'a policy, or `require` of a route, denied',
  },
  held: {
    type: 'text',
    meaning: 'the permissions and roles that the caller has; at most 300 characters',
    when: 'as `rule`',
  },
  audience: {
    type: 'text',
    meaning: 'whom the token is for; at the gateway, whom the route’s or the requested token is for',
    when: `${OF_CALLER}; at the gateway, once it is known`,
  },
  client_id: { type: 'text', meaning: 'the client of the token', when: `${OF_CALLER}, if the token has one` },
  kid: {
    type: 'text',
    meaning:
      'the key id in the token’s header; with `key_skipped`, of the key; with `operation`, of the operator',
    when: 'the token has one of at most 64 plain characters',
  },
  jti: { type: 'text', meaning: 'the id of the token', when: `${OF_CALLER}, if the token has one` },
  sub_hash: {
    type: 'text',
    meaning: 'a keyed hash of the subject: the same wherever `LOG_HASH_KEY` is',
    when: `${OF_CALLER}; in a service, with LOG_HASH_KEY; with makeVerifier, by the part subjectHashes`,
  },
  kind: { type: 'word', meaning: '`user`, `service`, `agent` or `anonymous`', when: OF_CALLER },
  ms: { type: 'integer', meaning: 'how long it took, in milliseconds', when: '`request`' },
  colo: { type: 'text', meaning: 'the data centre', when: 'the platform says it' },
  method: { type: 'word', meaning: 'the method of the request', when: 'a request is known' },
  route: {
    type: 'text',
    meaning: 'the pattern that matched, never the path',
    when: 'a request that one matched',
  },
  tried_hash: {
    type: 'text',
    meaning: 'a keyed hash of the name that a password was tried for; no `sub_hash` is equal to it',
    when: '`request` of the password realm',
  },
  entrypoint: {
    type: 'word',
    meaning: 'class and method: `Exchange.delegate`',
    when: '`denied_call`; `approval` at the gateway',
  },
  operation: { type: 'word', meaning: 'what an operator did', when: '`operation`' },
  outcome: { type: 'text', meaning: 'what came of it', when: '`operation`, `approval`' },
  thumbprint: { type: 'text', meaning: 'of the key that was revoked (RFC 7638)', when: '`operation`' },
  error: { type: 'word', meaning: 'the `error` that the caller got', when: 'the gateway denied or failed' },
  t_idp_ms: {
    type: 'integer',
    meaning:
      'milliseconds waited for the identity provider. These four are waits: a deployed Worker’s clock stands still while it computes',
    when: ON_SPANS,
  },
  t_verify_ms: {
    type: 'integer',
    meaning: 'milliseconds waited to know the caller: session, keys, deny-list',
    when: ON_SPANS,
  },
  t_policy_ms: { type: 'integer', meaning: 'milliseconds waited for decision and token', when: ON_SPANS },
  t_service_ms: {
    type: 'integer',
    meaning: 'milliseconds waited for the service to respond',
    when: ON_SPANS,
  },
  name: { type: 'text', meaning: 'the variable, binding or option that the event is about', when: 'events' },
  keys: { type: 'integer', meaning: 'how many keys', when: '`jwks_refreshed`' },
  retry_in_seconds: { type: 'integer', meaning: 'when the next try is', when: '`jwks_failed`' },
  dropped: { type: 'integer', meaning: 'how many lines', when: '`lines_dropped`, `sink_dropped`' },
  sink: { type: 'word', meaning: 'which sink', when: '`sink_dropped`' },
}
