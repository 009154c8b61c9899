import { ConfigError } from '../../errors.ts'
import type { LogLine } from '../line-types.ts'
import type { MakeSink } from '../sink.ts'
import { BatchingSink, type SinkRuntime } from './batching-sink.ts'
import { readSecret, type SecretValue, secretSetting, textSetting, variableOf } from './sink-settings.ts'

const KEY = 'DATADOG_API_KEY'
const SITE = 'DATADOG_SITE'
const DEFAULT_SITE = 'datadoghq.com'

/** What is not given here comes from variables. */
export interface DatadogOptions extends SinkRuntime {
  /** Default: `DATADOG_API_KEY`, which may be a binding of the Secrets Store. */
  readonly apiKey?: SecretValue
  /** Default: `DATADOG_SITE`, else `datadoghq.com`. */
  readonly site?: string
}

/**
 * Sends lines to Datadog. There is no sink without an API key.
 *
 * @throws ConfigError where the sink is made, for a site or key that cannot be one
 */
export function datadogLogs(options: DatadogOptions = {}): MakeSink {
  return (env, report) => {
    const key = secretSetting(options.apiKey ?? variableOf(env, KEY), KEY)
    if (key === undefined) return undefined
    const site = textSetting(options.site ?? variableOf(env, SITE), SITE) ?? DEFAULT_SITE
    if (!/^[a-z0-9.-]{1,253}$/.test(site))
      throw new ConfigError(`${SITE} must be a site such as datadoghq.eu`)
    return new BatchingSink(
      {
        name: 'datadog',
        url: `https://http-intake.logs.${site}/api/v2/logs`,
        headers: async () => ({ 'dd-api-key': await readSecret(key, KEY) }),
        encode: (lines, now) => JSON.stringify(lines.map((line) => datadogLine(line, now))),
      },
      report,
      options,
    )
  }
}

/** A line as Datadog’s intake of logs takes it: its own members, and ours beside them. */
function datadogLine(line: LogLine, now: number): object {
  const { ts, service, env } = line
  const tags = Object.entries({ service, env }).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}:${value.replace(/[\s,]/g, '_')}`],
  )
  return {
    ddsource: 'sealgate',
    ...(tags.length > 0 && { ddtags: tags.join(',') }),
    timestamp: ts === undefined ? now : Date.parse(ts),
    ...line,
  }
}
