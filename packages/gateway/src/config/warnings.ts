import type { Logger } from '@sealgate/kit/gateway'
import type { Config } from './read-config.ts'
import { misspeltVariables } from './schema.ts'

/** Logs what is allowed and probably not meant, once for each environment. */
export function logWarnings(env: object, config: Config, logger: Logger): void {
  for (const { name, meant } of misspeltVariables(env)) {
    logger.event({
      event: 'unknown_variable',
      level: 'warn',
      name,
      detail: `${name} is not read: did you mean ${meant}?`,
    })
  }
  reportLimits(config, logger)
  reportClients(config, logger)
  if (config.variables.SESSION_STORE === 'cloudflare-kv') {
    const detail =
      'SESSION_STORE is taken for do: a Durable Object for each session, because KV would go on for a minute with one that ended. Set it to do'
    logger.event({ event: 'session_store_replaced', level: 'warn', detail })
  }
}

/** Who runs it may not know that a limit is missing, or meant for others. */
function reportLimits({ environment, rateLimiters, missingLimiters }: Config, logger: Logger): void {
  const names = missingLimiters.join(', ')
  if (rateLimiters.shared) {
    const detail = `RATE_LIMITER counts in place of ${names}: add rate-limit bindings of these names`
    if (names !== '') logger.event({ event: 'rate_limiter_shared', level: 'warn', detail })
  } else if (environment === 'production') {
    const detail = `there is no limit without ${names}: add rate-limit bindings of these names`
    logger.event({ event: 'rate_limiter_missing', level: 'warn', detail })
  }
}

/** A client that may exchange for nothing is rejected at each of its requests. */
function reportClients({ exchange }: Config, logger: Logger): void {
  const names = [...exchange.clients].flatMap(([id, { audiences, isAgent }]) =>
    audiences.size === 0 && !isAgent ? [id] : [],
  )
  if (names.length === 0) return
  const detail = `${names.join(', ')} may exchange for nothing: list audiences under clients in gateway.config.ts`
  logger.event({ event: 'client_without_audiences', level: 'warn', detail })
}
