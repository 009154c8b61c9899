import { makeKit } from '@sealgate/kit'
import type { Logger, Pseudonyms } from '@sealgate/kit/gateway'
import { type Auth0Options, Auth0Tokens } from './auth0/tokens.ts'
import { parseConfig } from './config/read-config.ts'
import { logWarnings } from './config/warnings.ts'
import type { AnyEnv, GatewayDefinition } from './config/definition.ts'
import { DpopNonces } from './dpop/nonces.ts'
import { UsedProofs } from './dpop/used-proofs.ts'
import type { Operator } from './http/operator-token.ts'
import { UsedAssertions } from './http/used-assertions.ts'
import { extraClaims } from './exchange/extra-claims.ts'
import { McpSessionIds } from './session/mcp-session-ids.ts'
import { IssuedTokenCache } from './exchange/issued-token-cache.ts'
import { loggerOf } from './observability/hooks.ts'
import { pseudonymsOf } from './observability/pseudonym.ts'
import { signingEnds } from './observability/signing-ends.ts'
import { gatewaySinks } from './observability/sinks.ts'
import { IdentityAssertions } from './issuers/identity-assertions.ts'
import { OwnTokens } from './issuers/own-tokens.ts'
import { SubjectTokens } from './issuers/subject-tokens.ts'
import type { SessionGateway } from './session/access.ts'
import { CookieEncryption } from './session/encryption.ts'
import { sessionsOf } from './session/sessions.ts'
import { rejectEqualSecrets } from './config/distinct-secrets.ts'
import { freshSecrets, type StoredSecret, storedSecrets } from './config/stored-secrets.ts'
import { versionInLines } from './config/version.ts'

/** What the gateway consists of, for one environment. */
export interface Gateway extends SessionGateway {
  readonly auth0: Auth0Tokens
  /** Access tokens of the tenant, and of every other issuer. */
  readonly subjectTokens: SubjectTokens
  /** Assertions of identity providers, and what they are exchanged for; `undefined`: no route has `enterprise`. */
  readonly assertions: IdentityAssertions | undefined
  readonly ownTokens: OwnTokens | undefined
  /** Tokens that forwarding may use again. */
  readonly issuedTokens: IssuedTokenCache
  readonly pseudonyms: Pseudonyms
  /** The ids of MCP sessions. */
  readonly mcpSessions: McpSessionIds
  /** Requests an origin of a route. */
  readonly fetch: typeof fetch
  /** Assertions of clients that came before. */
  readonly usedAssertions: UsedAssertions
  /** DPoP proofs that came before. */
  readonly usedProofs: UsedProofs
  /** `undefined`: DPoP proofs need no nonce. */
  readonly nonces: DpopNonces | undefined
  /** Whose requests `POST /operator` takes; `undefined`: nobody's. */
  readonly operator: Operator | undefined
}

export interface GatewayOptions extends Auth0Options {
  /** Kept while secrets change: what was used stays used. Default: new. */
  readonly usedAssertions?: UsedAssertions
  /** The same. */
  readonly usedProofs?: UsedProofs
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
  /** Logs where there is no gateway: to the console, and to the hooks of the definition. */
  loggerOf(env: object): Logger
}

/**
 * Makes the gateways of one definition, one for each environment.
 *
 * @param options clock and network, for tests
 */
export function gatewaysOf(definition: GatewayDefinition, options: Auth0Options = {}): GatewayOf {
  const gateways = new WeakMap<object, () => Gateway | Promise<Gateway>>()
  const loggers = new WeakMap<object, Logger>()
  const withoutGateway = (env: object): Logger => {
    const logger = loggers.get(env) ?? loggerOf(definition, env as AnyEnv)
    loggers.set(env, logger)
    return logger
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
  return Object.assign(gatewayOf, { loggerOf: withoutGateway })
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
  const used = { usedAssertions: new UsedAssertions(), usedProofs: new UsedProofs() }
  let last: { readonly values: string; readonly gateway: Gateway } | undefined
  return freshSecrets(
    stored,
    async (secrets) => {
      const values = JSON.stringify(secrets)
      if (last?.values === values) return last.gateway
      const withSecrets = { ...env, ...secrets }
      const gateway = makeGateway(withSecrets, definition, { ...options, ...used, bindings: env })
      await rejectEqualSecrets(withSecrets, gateway.config)
      last = { values, gateway }
      return gateway
    },
    (detail) => {
      const logger = last?.gateway.logger ?? loggerOf(definition, env as AnyEnv)
      logger.event({ event: 'secret_not_read', level: 'error', detail })
    },
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
  const { GATEWAY_NAME: service, LOG_LEVEL: level } = config.variables
  const logger: Logger =
    options.logger ??
    loggerOf(definition, bindings as AnyEnv, {
      head: { service, env: config.environment, version: versionInLines(config.version) },
      level,
      now,
      sinks: gatewaySinks(signingEnds(() => kit)),
    })
  logWarnings(env, config, logger)
  const pseudonyms = pseudonymsOf(env, logger)
  const kitOptions = { logger, ...(options.now && { now: options.now }) }
  const kit = config.secretsByAudience ? undefined : makeKit(env, kitOptions)
  const kits = new Map(
    [...(config.secretsByAudience ?? [])].map(([audience, secretName]) => [
      audience,
      makeKit(secretEnv(env, audience, secretName), kitOptions),
    ]),
  )
  const tokenOptions = { ...(config.jwksStore && { jwksStore: config.jwksStore }), ...options, logger }
  const auth0 = new Auth0Tokens(config.auth0, tokenOptions)
  const { enterprise, maxTtlSeconds } = config
  const ownTokens = enterprise && kit && new OwnTokens(enterprise.issuer, kit, maxTtlSeconds, now)
  return {
    config,
    now,
    auth0,
    subjectTokens: new SubjectTokens(auth0, config, tokenOptions, ownTokens),
    assertions: enterprise && new IdentityAssertions(enterprise, config.auth0, tokenOptions),
    ownTokens,
    issuedTokens: new IssuedTokenCache(),
    mcpSessions: new McpSessionIds(new CookieEncryption(config.mcp.secrets), now),
    fetch: options.fetch ?? ((input, init) => fetch(input, init)),
    usedAssertions: options.usedAssertions ?? new UsedAssertions(),
    usedProofs: options.usedProofs ?? new UsedProofs(),
    nonces: config.variables.DPOP_NONCE ? new DpopNonces(pseudonyms, now) : undefined,
    pseudonyms,
    sessions: sessionsOf(config, now, logger, options),
    logger,
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

/** The same environment, deny-list and all, but with the secret of one audience (`JWT_SECRETS_BY_AUDIENCE`). */
function secretEnv(env: object, audience: string, secretName: string): object {
  return { ...env, JWT_AUD: audience, JWT_SECRET_NAME: secretName }
}
