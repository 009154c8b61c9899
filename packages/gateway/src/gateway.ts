import { makeKit } from '@sealgate/kit'
import { waitUntil } from '#runtime'
import { type Auth0Options, Auth0Tokens } from './auth0/tokens.ts'
import { type Config, parseConfig } from './config/read-config.ts'
import { logWarnings } from './config/warnings.ts'
import { Datadog } from './observability/sinks/datadog.ts'
import type { AnyEnv, GatewayDefinition } from './config/definition.ts'
import type { Operator } from './http/operator-token.ts'
import { UsedAssertions } from './http/used-assertions.ts'
import { extraClaims } from './exchange/extra-claims.ts'
import { IssuedTokenCache } from './exchange/issued-token-cache.ts'
import { shipToHooks } from './observability/hooks.ts'
import { kitReporter, logEvent, type Ship } from './observability/log.ts'
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
  /** Requests an origin of a route. */
  readonly fetch: typeof fetch
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
export interface GatewayOf {
  (env: object): Gateway | Promise<Gateway>
  /** Where lines of the log go besides, when there is no gateway to ship them: to the hooks of the definition. */
  readonly hooks?: (env: object) => Ship
}

/**
 * Makes the gateways of one definition, one for each environment.
 *
 * @param options clock and network, for tests
 */
export function gatewaysOf(definition: GatewayDefinition, options: Auth0Options = {}): GatewayOf {
  const gateways = new WeakMap<object, () => Gateway | Promise<Gateway>>()
  const sinks = new WeakMap<object, Ship>()
  const hooks = (env: object): Ship => {
    if (!sinks.has(env)) sinks.set(env, shipToHooks(definition, env as AnyEnv))
    return sinks.get(env)
  }
  const gatewayOf = (env: object): Gateway | Promise<Gateway> => {
    const known = gateways.get(env)
    if (known) return known()
    const stored = storedSecrets(env)
    const find =
      stored.size > 0 ? gatewayWith(stored, env, definition, options) : gatewayFrom(env, definition, options)
    gateways.set(env, find)
    return find()
  }
  return Object.assign(gatewayOf, { hooks })
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
  const bindings = options.bindings ?? env
  const ship = both(shipperOf(config), shipToHooks(definition, bindings as AnyEnv))
  logWarnings(env, config, ship)
  // Without a sink the kit logs by itself, and is the one that everybody in this isolate has.
  const onEvent = options.onEvent ?? (ship && kitReporter(ship))
  const reporting = onEvent && { onEvent }
  const kitOptions = { ...reporting, ...(options.now && { now: options.now }) }
  const kit = config.secretsByAudience ? undefined : makeKit(env, kitOptions)
  const kits = new Map(
    [...(config.secretsByAudience ?? [])].map(([audience, secretName]) => [
      audience,
      makeKit(secretEnv(env, audience, secretName), kitOptions),
    ]),
  )
  return {
    config,
    now,
    auth0: new Auth0Tokens(config.auth0, {
      ...(config.jwksStore && { jwksStore: config.jwksStore }),
      ...options,
      ...reporting,
    }),
    issuedTokens: new IssuedTokenCache(),
    fetch: options.fetch ?? ((input, init) => fetch(input, init)),
    usedAssertions: options.usedAssertions ?? new UsedAssertions(),
    pseudonyms: new Pseudonyms(env, ship),
    sessions: sessionsOf(config, now, ship, { ...options, ...reporting }),
    ship,
    extraClaims: extraClaims(definition, bindings),
    operator: config.operator && {
      keys: config.operator.keys,
      verifier: config.operator.verifierWith(options.now && { now: options.now }),
    },
    kitFor(audience) {
      const found = kit ?? kits.get(audience)
      if (!found) throw new Error(`no kit for ${audience}`)
      return found
    },
  }
}

function shipperOf({ datadog, environment }: Config): Ship {
  if (!datadog) return undefined
  const tags = `service:sealgate-gateway,env:${environment}`
  const shipper = new Datadog({ ...datadog, tags, waitUntil })
  return (line) => {
    shipper.add(line)
  }
}

function both(one: Ship, other: Ship): Ship {
  if (!one || !other) return one ?? other
  return (line) => {
    one(line)
    other(line)
  }
}

/** The same environment, deny-list and all, but with the secret of one audience (`JWT_SECRETS_BY_AUDIENCE`). */
function secretEnv(env: object, audience: string, secretName: string): object {
  return { ...env, JWT_AUD: audience, JWT_SECRET_NAME: secretName }
}
