import { logEvent, type Ship } from '../observability/log.ts'
import type { Config } from './read-config.ts'
import { misspeltVariables } from './schema.ts'

/** Logs what is allowed and probably not meant, once for each environment. */
export function logWarnings(env: object, config: Config, ship: Ship): void {
  for (const { name, meant } of misspeltVariables(env)) {
    logEvent('warn', 'unknown_variable', ship, `${name} is not read: did you mean ${meant}?`)
  }
  reportLimits(config, ship)
  reportClients(config, ship)
  if (config.variables.SESSION_STORE === 'cloudflare-kv') {
    const detail =
      'SESSION_STORE is taken for do: a Durable Object for each session, because KV would go on for a minute with one that ended. Set it to do'
    logEvent('warn', 'session_store_replaced', ship, detail)
  }
}

/** Who runs it may not know that a limit is missing, or meant for others. */
function reportLimits({ environment, rateLimiters, missingLimiters }: Config, ship: Ship): void {
  const names = missingLimiters.join(', ')
  if (rateLimiters.shared) {
    const detail = `RATE_LIMITER counts in place of ${names}: add rate-limit bindings of these names`
    if (names !== '') logEvent('warn', 'rate_limiter_shared', ship, detail)
  } else if (environment === 'production') {
    const missing = `there is no limit without ${names}: add rate-limit bindings of these names`
    logEvent('warn', 'rate_limiter_missing', ship, missing)
  }
}

/** A client that may exchange for nothing is rejected at each of its requests. */
function reportClients({ exchange }: Config, ship: Ship): void {
  const names = [...exchange.clients].flatMap(([id, { audiences }]) => (audiences.size === 0 ? [id] : []))
  if (names.length === 0) return
  const detail = `${names.join(', ')} may exchange for nothing: list audiences under clients in gateway.config.ts`
  logEvent('warn', 'client_without_audiences', ship, detail)
}
