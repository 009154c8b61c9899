import type { MakeSink } from '../sink.ts'
import { BatchingSink, type SinkRuntime } from './batching-sink.ts'
import { parseOtlpHeaders } from './otlp-headers.ts'
import { otlpBody, otlpRejected } from './otlp-records.ts'
import {
  endpointSetting,
  readSecret,
  type SecretValue,
  secretSetting,
  textSetting,
  variableOf,
} from './sink-settings.ts'

const BASE = 'OTEL_EXPORTER_OTLP_ENDPOINT'
const LOGS = 'OTEL_EXPORTER_OTLP_LOGS_ENDPOINT'
const HEADERS = 'OTEL_EXPORTER_OTLP_HEADERS'

/** What is not given here comes from the variables of OpenTelemetry’s specification. */
export interface OtlpOptions extends SinkRuntime {
  /** The whole address. Default: `OTEL_EXPORTER_OTLP_LOGS_ENDPOINT`, else `OTEL_EXPORTER_OTLP_ENDPOINT` and `/v1/logs`. */
  readonly endpoint?: string
  /** `name=value,name=value`, percent-encoded. Default: `OTEL_EXPORTER_OTLP_HEADERS`, which may be a binding of the Secrets Store. */
  readonly headers?: SecretValue
}

/**
 * Sends lines to a receiver of OpenTelemetry’s logs, by OTLP over HTTP in JSON. There is no sink without an endpoint.
 *
 * @throws ConfigError where the sink is made, for an endpoint or headers that cannot be such
 */
export function otlpLogs(options: OtlpOptions = {}): MakeSink {
  return (env, report) => {
    const url = endpointOf(options, env)
    if (!url) return undefined
    const secret = secretSetting(options.headers ?? variableOf(env, HEADERS), HEADERS)
    // What is at hand is checked at once; what a Secrets Store has, with each batch.
    if (typeof secret === 'string') parseOtlpHeaders(secret, HEADERS)
    return new BatchingSink(
      {
        name: 'otlp',
        url: url.href,
        headers: async () =>
          secret === undefined ? {} : parseOtlpHeaders(await readSecret(secret, HEADERS), HEADERS),
        encode: otlpBody,
        rejected: otlpRejected,
      },
      report,
      options,
    )
  }
}

function endpointOf({ endpoint }: OtlpOptions, env: object): URL | undefined {
  const whole = textSetting(endpoint ?? variableOf(env, LOGS), LOGS)
  if (whole !== undefined) return endpointSetting(whole, LOGS)
  const base = textSetting(variableOf(env, BASE), BASE)
  if (base === undefined) return undefined
  const url = endpointSetting(base, BASE)
  url.pathname = `${url.pathname.replace(/\/$/, '')}/v1/logs`
  return url
}
