import { type Kit, makeKit } from '@sealgate/kit'
import { mintInternal } from '@sealgate/kit/gateway'
import definition from '../gateway.config.ts'
import { type Auth0Options, Auth0Tokens } from './auth0/tokens.ts'
import { type Config, parseConfig } from './config.ts'
import type { GatewayDefinition } from './define.ts'
import { exchange, type ExchangeRequest, type ExchangeResult, type SubjectClaims } from './exchange.ts'

/** What the gateway consists of, for one environment. */
export interface Gateway {
  readonly config: Config
  readonly auth0: Auth0Tokens
  /** Seconds since the epoch. */
  readonly now: () => number
  /** The kit that signs for an audience: one for all, or with HS512 by audience one each. */
  kitFor(audience: string): Kit
}

export interface GatewayOptions extends Auth0Options {
  /** Default: `gateway.config.ts`. */
  readonly definition?: GatewayDefinition
}

const gateways = new WeakMap<object, Gateway>()

/**
 * The gateway that an environment describes. The same environment gives the same one.
 *
 * @throws ConfigError naming the variable and what to do
 */
export function gatewayOf(env: object): Gateway {
  const known = gateways.get(env)
  if (known) return known
  const gateway = makeGateway(env)
  gateways.set(env, gateway)
  return gateway
}

/** @throws ConfigError naming the variable and what to do */
export function makeGateway(
  env: object,
  { definition: given = definition, ...options }: GatewayOptions = {},
): Gateway {
  const config = parseConfig(env, given)
  const now = options.now ?? (() => Date.now() / 1000)
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
    auth0: new Auth0Tokens(config.auth0, options),
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

/** A minted token and what went into it. */
export interface Minted {
  readonly ok: true
  readonly token: string
  readonly permissions: readonly string[]
  /** Seconds. */
  readonly expiresIn: number
}

/** Applies the exchange rules to a verified subject, and signs what comes out. */
export async function mint(
  gateway: Gateway,
  subject: SubjectClaims,
  request: ExchangeRequest,
): Promise<Minted | Extract<ExchangeResult, { ok: false }>> {
  const now = gateway.now()
  const exchanged = exchange(subject, request, gateway.config, now)
  if (!exchanged.ok) return exchanged
  const { claims, audience, expiresAt } = exchanged
  const token = await mintInternal(gateway.kitFor(audience), {
    claims: { ...claims },
    aud: audience,
    expiresAt,
  })
  return { ok: true, token, permissions: claims.permissions, expiresIn: expiresAt - Math.floor(now) }
}
