/**
 * The log: which lines kit and gateway write, and what may stand in them (docs/reference/logs.md).
 *
 * @module @sealgate/kit/log
 */
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
