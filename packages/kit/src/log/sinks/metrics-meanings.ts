import type { METRICS_BLOBS, METRICS_DOUBLES } from './metrics-columns.ts'

/** The name of a column. */
export type MetricsColumn = (typeof METRICS_BLOBS | typeof METRICS_DOUBLES)[number]

/** What stands in each column. docs/guides/monitoring.md is generated from here; nothing in a Worker imports it. */
export const METRICS_MEANINGS: { readonly [Name in MetricsColumn]: string } = {
  event: 'the event of the line',
  service:
    'who wrote it; `index1` too, cut to 96 bytes: where data points are sampled, each service keeps its share',
  env: 'the environment',
  version: 'tag of the Worker’s version, else its id',
  decision: '`granted`, `denied` or `failed`; empty for events',
  reason: 'why it was not granted: a word of [errors](../reference/errors.md)',
  audience: 'whom the token is for',
  client_id: 'the client of the token',
  kind: '`user`, `service`, `agent` or `anonymous`',
  kid: 'the key id of the token',
  route: 'the pattern that matched',
  method: 'the method of the request',
  colo: 'the data centre',
  entrypoint: 'class and method of a `denied_call`',
  operation: 'what an operator did',
  sink: 'the sink of `sink_dropped`',
  weight: 'how many lines this data point stands for',
  status: 'the HTTP status',
  ms: 'how long it took, in milliseconds',
  t_idp_ms: 'of that on the identity provider',
  t_verify_ms: 'of that on the credentials',
  t_policy_ms: 'of that on the decision',
  t_service_ms: 'of that on the service',
  jwks_age: 'seconds since this isolate last fetched a JWK Set, at least 1; 0: it fetched none',
  key_days: 'at the gateway, days until its last signing slot ends; 0: not known, or there is no end',
  dropped: 'how many lines were lost: `lines_dropped`, `sink_dropped`',
}
