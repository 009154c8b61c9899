import { isObject, parseJson } from '../../primitives/json.ts'
import type { Level, LogLine } from '../line-types.ts'

/** An attribute as OTLP’s JSON has it: 64-bit integers are text. */
interface KeyValue {
  readonly key: string
  readonly value:
    { readonly stringValue: string } | { readonly intValue: string } | { readonly doubleValue: number }
}

/** `SeverityNumber` of OTLP. */
const SEVERITIES: Readonly<Record<Level, number>> = { debug: 5, info: 9, warn: 13, error: 17 }

/** Fields that OTLP has members of its own for. */
const ELSEWHERE: readonly string[] = ['ts', 'level', 'event', 'service', 'version', 'env', 'trace_id']

/**
 * Lines as the body of an `ExportLogsServiceRequest` in JSON (OTLP 1.x): members in lowerCamelCase, ids in hexadecimal digits,
 * nanoseconds as text, enumerations as integers.
 */
export function otlpBody(lines: readonly LogLine[], now: number): string {
  const byResource = Map.groupBy(lines, (line) => JSON.stringify([line.service, line.version, line.env]))
  return JSON.stringify({
    resourceLogs: [...byResource.values()].map((ofResource) => ({
      resource: { attributes: resourceOf(ofResource) },
      scopeLogs: [{ scope: { name: 'sealgate' }, logRecords: ofResource.map((line) => recordOf(line, now)) }],
    })),
  })
}

/** How many records a receiver says that it rejected (`ExportLogsPartialSuccess`); 0 for what cannot be read. */
export function otlpRejected(response: string): number {
  const body = parseJson(response)
  const partial = isObject(body) ? body.partialSuccess : undefined
  const count = isObject(partial) ? Number(partial.rejectedLogRecords) : 0
  return Number.isSafeInteger(count) && count > 0 ? count : 0
}

/** Who wrote lines of one writer, by the names of OpenTelemetry’s semantic conventions. */
function resourceOf([line]: readonly LogLine[]): readonly KeyValue[] {
  const version = line?.version
  return attributesOf({
    'service.name': line?.service,
    'service.version': version?.tag ?? version?.id,
    'faas.version': version?.id,
    'deployment.environment.name': line?.env,
  })
}

function recordOf(line: LogLine, now: number): object {
  const { ts, level, event, trace_id } = line
  const time = nanoseconds(ts === undefined ? now : Date.parse(ts))
  return {
    ...(ts !== undefined && { timeUnixNano: time }),
    observedTimeUnixNano: time,
    severityNumber: SEVERITIES[level],
    severityText: level,
    eventName: event,
    body: { stringValue: line.detail ?? line.reason ?? event },
    attributes: attributesOf(otherFields(line)),
    ...(trace_id !== undefined && { traceId: trace_id }),
  }
}

/** The fields that stand nowhere else, by the names of docs/reference/logs.md. */
function otherFields(line: LogLine): object {
  return Object.fromEntries(Object.entries(line).filter(([name]) => !ELSEWHERE.includes(name)))
}

function attributesOf(fields: object): readonly KeyValue[] {
  return Object.entries(fields).flatMap(([key, value]: [string, unknown]): readonly KeyValue[] => {
    if (typeof value === 'string') return [{ key, value: { stringValue: value } }]
    if (typeof value !== 'number') return []
    return [
      { key, value: Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value } },
    ]
  })
}

function nanoseconds(milliseconds: number): string {
  return `${Math.trunc(milliseconds)}000000`
}
