/**
 * The log: which lines kit and gateway write, what may stand in them (docs/reference/logs.md), where they go besides, and
 * what joins those of one request over every hop.
 *
 * @module @sealgate/kit/log
 */
export {
  type Correlation,
  type CorrelationHeaders,
  correlationHeaders,
  correlationOf,
} from './log/correlation.ts'
export type { LogHooks, OnDecision, OnEvent } from './log/logger.ts'
export { type EventRow, EVENTS } from './log/event-table.ts'
export { type Field, FIELDS } from './log/fields.ts'
export {
  type CommonField,
  type DecisionLine,
  type DecisionName,
  type EventLine,
  type EventName,
  type FieldName,
  type GatewayEventName,
  type KitEventName,
  type Level,
  type LogFields,
  type LogLevel,
  type LogLine,
  type Outcome,
  SCHEMA,
  type WorkerVersion,
} from './log/line-types.ts'
export type { MakeSink, Sink, SinkDropped } from './log/sink.ts'
export { analyticsEngine, type Dataset, type MetricsOptions } from './log/sinks/analytics-engine.ts'
export type { SinkRuntime } from './log/sinks/batching-sink.ts'
export { datadogLogs, type DatadogOptions } from './log/sinks/datadog-logs.ts'
export { otlpLogs, type OtlpOptions } from './log/sinks/otlp-logs.ts'
export type { SecretValue } from './log/sinks/sink-settings.ts'
export { METRICS_BLOBS, METRICS_DOUBLES } from './log/sinks/metrics-columns.ts'
export { METRICS_MEANINGS, type MetricsColumn } from './log/sinks/metrics-meanings.ts'
