import { makeKit } from '@sealgate/kit'
import { waitUntil } from '#runtime'
import { type Auth0Options, Auth0Tokens } from './auth0/tokens.ts'
import { type Config, parseConfig } from './config/read-config.ts'
import { misspeltVariables } from './config/schema.ts'
import { Datadog } from './observability/sinks/datadog.ts'
import type { GatewayDefinition } from './config/definition.ts'
import type { Operator } from './http/operator-token.ts'
import { UsedAssertions } from './http/used-assertions.ts'
import { extraClaims } from './exchange/extra-claims.ts'
import { IssuedTokenCache } from './exchange/issued-token-cache.ts'
import { logEvent, type Ship } from './observability/log.ts'
import { Pseudonyms } from './observability/pseudonym.ts'
import type { SessionGateway } from './session/access.ts'
import { sessionsOf } from './session/sessions.ts'
import { rejectEqualSecrets } from './config/distinct-secrets.ts'
import { freshSecrets, type StoredSecret, storedSecrets } from './config/stored-secrets.ts'

/** What the gateway consists of, for one environment. */
export interface Gateway extends SessionGateway {
  readonly auth0: Auth0Tokens
  /** Tokens that forwarding may use again. */
  readonly issuedTokens: IssuedTokenCache
  readonly pseudonyms: Pseudonyms
  /** Assertions of clients that came before. */
  readonly usedAssertions: UsedAssertions
  /** Whose requests `POST /operator` takes; `undefined`: nobody's. */
  readonly operator: Operator | undefined
}

export interface GatewayOptions extends Auth0Options {
  /** Kept while secrets change: what was used stays used. Default: new. */
  readonly usedAssertions?: UsedAssertions
  /** The environment as the Worker got it, for hooks. Default: the one that the gateway is made of. */
  readonly bindings?: object
}

/**
 * Finds the gateway that an environment describes. The same environment has the same one, while its secrets stay the
 * same.
 *
 * @throws ConfigError naming the variable and what to do
 */
export type GatewayOf = (env: object) => Gateway | Promise<Gateway>

/**
 * Makes the gateways of one definition, one for each environment.
 *
 * @param options clock and network, for tests
 */
export function gatewaysOf(definition: GatewayDefinition, options: Auth0Options = {}): GatewayOf {
  const gateways = new WeakMap<object, () => Gateway | Promise<Gateway>>()
  return (env) => {
    const known = gateways.get(env)
    if (known) return known()
    const stored = storedSecrets(env)
    const find =
      stored.size > 0 ? gatewayWith(stored, env, definition, options) : gatewayFrom(env, definition, options)
    gateways.set(env, find)
    return find()
  }
}

/** The gateway of an environment that has its secrets at hand: the first request holds them against each other. */
function gatewayFrom(
  env: object,
  definition: GatewayDefinition,
  options: Auth0Options,
): () => Gateway | Promise<Gateway> {
  const gateway = makeGateway(env, definition, options)
  let isChecked = false
  const check = async (): Promise<Gateway> => {
    await rejectEqualSecrets(env, gateway.config)
    isChecked = true
    return gateway
  }
  // A promise of one request must not be awaited in another: until one is through, each checks.
  return () => (isChecked ? gateway : check())
}

/**
 * The gateway of an environment whose secrets are in a Secrets Store: another one once a secret has changed, and with it
 * whatever was made with that secret, such as tokens that are used again.
 */
function gatewayWith(
  stored: ReadonlyMap<string, StoredSecret>,
  env: object,
  definition: GatewayDefinition,
  options: Auth0Options,
): () => Gateway | Promise<Gateway> {
  const usedAssertions = new UsedAssertions()
  let last: { readonly values: string; readonly gateway: Gateway } | undefined
  return freshSecrets(
    stored,
    async (secrets) => {
      const values = JSON.stringify(secrets)
      if (last?.values === values) return last.gateway
      const withSecrets = { ...env, ...secrets }
      const gateway = makeGateway(withSecrets, definition, { ...options, usedAssertions, bindings: env })
      await rejectEqualSecrets(withSecrets, gateway.config)
      last = { values, gateway }
      return gateway
    },
    (problem) => logEvent('error', 'secret_not_read', last?.gateway.ship, problem),
  )
}

/** @throws ConfigError naming the variable and what to do */
export function makeGateway(
  env: object,
  definition: GatewayDefinition,
  options: GatewayOptions = {},
): Gateway {
  const config = parseConfig(env, definition)
  const now = options.now ?? (() => Date.now() / 1000)
  for (const { name, meant } of misspeltVariables(env)) {
    logEvent('warn', 'unknown_variable', undefined, `${name} is not read: did you mean ${meant}?`)
  }
  reportLimits(config)
  reportClients(config)
  const clock = options.now && { now: options.now }
  const kit = config.secretsByAudience ? undefined : makeKit(env, clock)
  const kits = new Map(
    [...(config.secretsByAudience ?? [])].map(([audience, secretName]) => [
      audience,
      makeKit(secretEnv(env, audience, secretName), clock),
    ]),
  )
  return {
    config,
    now,
    auth0: new Auth0Tokens(config.auth0, {
      ...(config.jwksStore && { jwksStore: config.jwksStore }),
      ...options,
    }),
    issuedTokens: new IssuedTokenCache(),
    usedAssertions: options.usedAssertions ?? new UsedAssertions(),
    pseudonyms: new Pseudonyms(env),
    sessions: sessionsOf(config, now, options),
    ship: shipperOf(config),
    extraClaims: extraClaims(definition, options.bindings ?? env),
    operator: config.operator && {
      keys: config.operator.keys,
      verifier: config.operator.verifierWith(clock),
    },
    kitFor(audience) {
      const found = kit ?? kits.get(audience)
      if (!found) throw new Error(`no kit for ${audience}`)
      return found
    },
  }
}

/** Once for each environment: who runs it may not know that a limit is missing, or meant for others. */
function reportLimits({ environment, rateLimiters, missingLimiters }: Config): void {
  const names = missingLimiters.join(', ')
  if (rateLimiters.shared) {
    const detail = `RATE_LIMITER counts in place of ${names}: add rate-limit bindings of these names`
    if (names !== '') logEvent('warn', 'rate_limiter_shared', undefined, detail)
  } else if (environment === 'production') {
    const missing = `there is no limit without ${names}: add rate-limit bindings of these names`
    logEvent('warn', 'rate_limiter_missing', undefined, missing)
  }
}

/** Once for each environment: a client that may exchange for nothing is rejected at each of its requests. */
function reportClients({ exchange }: Config): void {
  const names = [...exchange.clients].flatMap(([id, { audiences }]) => (audiences.size === 0 ? [id] : []))
  if (names.length === 0) return
  const detail = `${names.join(', ')} may exchange for nothing: list audiences under clients in gateway.config.ts`
  logEvent('warn', 'client_without_audiences', undefined, detail)
}

function shipperOf({ datadog, environment }: Config): Ship {
  if (!datadog) return undefined
  const tags = `service:sealgate-gateway,env:${environment}`
  const shipper = new Datadog({ ...datadog, tags, waitUntil })
  return (line) => {
    shipper.add(line)
  }
}

/** The same environment, deny-list and all, but with the secret of one audience (`JWT_SECRETS_BY_AUDIENCE`). */
function secretEnv(env: object, audience: string, secretName: string): object {
  return { ...env, JWT_AUD: audience, JWT_SECRET_NAME: secretName }
}
