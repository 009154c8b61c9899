/**
 * The columns of a data point, in the order in which Analytics Engine numbers them: the first is `blob1`. Each has the field of
 * the log that it is named after. One that is added comes last, and one that is there keeps its place: data points of
 * three months lie in them. What each means: `metrics-meanings`.
 */
export const METRICS_BLOBS = [
  'event',
  'service',
  'env',
  'version',
  'decision',
  'reason',
  'audience',
  'client_id',
  'kind',
  'kid',
  'route',
  'method',
  'colo',
  'entrypoint',
  'operation',
  'sink',
] as const

/** What the sink itself knows. */
export type Gauge = 'weight' | 'jwks_age' | 'key_days'

/** The first is `double1`. Analytics Engine has 0 for what is not known. */
export const METRICS_DOUBLES = [
  'weight',
  'status',
  'ms',
  't_idp_ms',
  't_verify_ms',
  't_policy_ms',
  't_service_ms',
  'jwks_age',
  'key_days',
  'dropped',
] as const
