import { type Kit, makeKit } from '@sealgate/kit'
import { checkRevoked, issueInternal } from '@sealgate/kit/gateway'
import { waitUntil } from '#runtime'
import { type Auth0Options, Auth0Tokens } from './auth0/tokens.ts'
import { type Config, parseConfig } from './config/config.ts'
import { Datadog } from './observability/sinks/datadog.ts'
import type { GatewayDefinition } from './config/definition.ts'
import { IssuedTokenCache } from './exchange/issued-token-cache.ts'
import {
  anonymous,
  exchange,
  type Exchanged,
  type ExchangeRequest,
  type ExchangeResult,
  type SubjectClaims,
} from './exchange/rules.ts'
import { logEvent, type Ship } from './observability/log.ts'
import { Pseudonyms } from './observability/pseudonym.ts'
import { type Sessions, sessionsOf } from './session/sessions.ts'
import { readSecrets, type StoredSecret, storedSecrets } from './config/stored-secrets.ts'

/** What the gateway consists of, for one environment. */
export interface Gateway {
  readonly config: Config
  readonly auth0: Auth0Tokens
  /** Tokens that forwarding may use again. */
  readonly issuedTokens: IssuedTokenCache
  readonly pseudonyms: Pseudonyms
  /** `undefined` without logins. */
  readonly sessions: Sessions | undefined
  /** Ships a log line; `undefined` without Datadog. */
  readonly ship: Ship
  /** Seconds since the epoch. */
  readonly now: () => number
  /** The kit that signs for an audience: one for all, or with HS512 by audience one each. */
  kitFor(audience: string): Kit
}

export type GatewayOptions = Auth0Options

/** Values of a Secrets Store are read again after this time, and serve this long past it in an outage. Seconds. */
const SECRET_SECONDS = 60
const SECRET_STALE_SECONDS = 300
/** While they cannot be read, requests do not each wait for another try. Seconds. */
const SECRET_RETRY_SECONDS = 10

/** A gateway and the stored secrets that it was made with. */
interface Read {
  readonly gateway: Gateway
  readonly values: string
  /** When they were read, in seconds since the epoch. */
  readonly at: number
  /** When they are read again, in seconds since the epoch. */
  readonly againAt: number
}

/**
 * Finds the gateway that an environment describes. The same environment gives the same one, while its secrets stay the
 * same.
 *
 * @throws ConfigError naming the variable and what to do
 */
export type GatewayOf = (env: object) => Gateway | Promise<Gateway>

/** Makes the gateways of one definition, one for each environment. */
export function gatewaysOf(definition: GatewayDefinition): GatewayOf {
  const gateways = new WeakMap<object, Gateway>()
  const reads = new WeakMap<object, Read>()

  /** Nothing here is shared but values: a request never waits for what another one reads. */
  async function gatewayWith(stored: ReadonlyMap<string, StoredSecret>, env: object): Promise<Gateway> {
    const last = reads.get(env)
    const at = Date.now() / 1000
    if (last && at < last.againAt) return last.gateway
    try {
      const secrets = await readSecrets(stored)
      const values = JSON.stringify(secrets)
      const gateway = last?.values === values ? last.gateway : makeGateway({ ...env, ...secrets }, definition)
      reads.set(env, { gateway, values, at, againAt: at + SECRET_SECONDS })
      return gateway
    } catch (error) {
      const end = (last?.at ?? -Infinity) + SECRET_SECONDS + SECRET_STALE_SECONDS
      if (!last || at >= end) throw error
      reads.set(env, { ...last, againAt: Math.min(at + SECRET_RETRY_SECONDS, end) })
      logEvent('error', 'secret_not_read', last.gateway.ship)
      return last.gateway
    }
  }

  return (env) => {
    const known = gateways.get(env)
    if (known) return known
    const stored = storedSecrets(env)
    if (stored.size > 0) return gatewayWith(stored, env)
    const gateway = makeGateway(env, definition)
    gateways.set(env, gateway)
    return gateway
  }
}

/** @throws ConfigError naming the variable and what to do */
export function makeGateway(
  env: object,
  definition: GatewayDefinition,
  options: GatewayOptions = {},
): Gateway {
  const config = parseConfig(env, definition)
  const now = options.now ?? (() => Date.now() / 1000)
  if (!config.rateLimiter && config.environment === 'production') logEvent('warn', 'rate_limiter_missing')
  const kit = config.secretsByAudience ? undefined : makeKit(env)
  const kits = new Map(
    [...(config.secretsByAudience ?? [])].map(([audience, secretName]) => [
      audience,
      makeKit(secretEnv(env, audience, secretName)),
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
    pseudonyms: new Pseudonyms(env),
    sessions: sessionsOf(config, now, options),
    ship: shipperOf(config),
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

/** The same environment, deny-list and all, but with the secret of one audience (`JWT_SECRETS_BY_AUDIENCE`). */
function secretEnv(env: object, audience: string, secretName: string): object {
  return { ...env, JWT_AUD: audience, JWT_SECRET_NAME: secretName }
}

/** A issued token and what went into it. */
export interface Issued {
  readonly ok: true
  readonly token: string
  readonly jti: string
  readonly subject: string
  readonly permissions: readonly string[]
  readonly roles: readonly string[]
  /** Seconds. */
  readonly expiresIn: number
}

/** Applies the exchange rules to a verified subject, and signs what comes out. */
export async function issue(
  gateway: Gateway,
  subject: SubjectClaims,
  request: ExchangeRequest,
): Promise<Issued | Extract<ExchangeResult, { ok: false }>> {
  const now = gateway.now()
  const exchanged = exchange(subject, request, gateway.config, now)
  return exchanged.ok ? signExchanged(gateway, exchanged, now) : exchanged
}

/** A token for a caller without credentials: a subject of its own, and no more than `grant`. */
export async function issueAnonymous(
  gateway: Gateway,
  audience: string,
  grant: readonly string[],
): Promise<Issued> {
  const now = gateway.now()
  const sub = `anon:${crypto.randomUUID()}`
  return signExchanged(gateway, anonymous(sub, { audience, grant }, gateway.config, now), now)
}

async function signExchanged(
  gateway: Gateway,
  { claims, audience, expiresAt }: Exchanged,
  now: number,
): Promise<Issued> {
  const jti = crypto.randomUUID()
  const token = await issueInternal(gateway.kitFor(audience), {
    claims: { ...claims, jti },
    aud: audience,
    expiresAt,
  })
  const { sub: subject, permissions, roles } = claims
  return { ok: true, token, jti, subject, permissions, roles, expiresIn: expiresAt - Math.floor(now) }
}

/**
 * Holds a verified subject against the deny-list, and the token that is to be used again for it.
 *
 * @throws TokenError `revoked`
 * @throws RevocationUnavailableError
 */
export async function rejectRevoked(
  gateway: Gateway,
  { sub, iat }: SubjectClaims,
  jti?: string,
): Promise<void> {
  const [audience = ''] = gateway.config.audiences.keys()
  await checkRevoked(gateway.kitFor(audience), { sub, iat, ...(jti !== undefined && { jti }) })
}
