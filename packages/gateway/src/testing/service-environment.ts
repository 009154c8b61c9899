import { namesOf } from '@sealgate/kit/gateway'
import type { Config } from '../config/read-config.ts'
import { rpcFailure } from '../errors.ts'
import { approve } from '../exchange/approve.ts'
import { delegate } from '../exchange/delegate.ts'
import { receiptFor } from '../exchange/receipt.ts'
import { renew } from '../exchange/renew.ts'
import type { Gateway } from '../gateway.ts'
import { jwksResponse } from '../routes/jwks.ts'

/**
 * What a service has in its own `wrangler.jsonc` to verify tokens of a gateway, to delegate and renew them, to approve and to get
 * receipts: `Keys` or the shared secret, `Exchange`, and the deny-list when there is one.
 *
 * @param env of the gateway
 * @throws Error for an audience that the definition lacks
 */
export function serviceEnvironment(
  env: Readonly<Record<string, unknown>>,
  config: Config,
  audience: string,
  gateway: () => Gateway | Promise<Gateway>,
): Readonly<Record<string, unknown>> {
  if (!config.audiences.has(audience)) throw new Error(`the definition has no audience ${audience}`)
  type Issue = (gateway: Gateway, audience: string, token: string, request: object) => Promise<object>
  const call = async (issue: Issue, token: string, request: object): Promise<object> => {
    try {
      return { ok: true, ...(await issue(await gateway(), audience, token, request)) }
    } catch (error) {
      return rpcFailure(error)
    }
  }
  return {
    JWT_ISS: config.issuer,
    JWT_AUD: audience,
    ...keys(env, config, audience, gateway),
    JWT_EXCHANGE_SERVICE_NAME: 'GATEWAY_EXCHANGE',
    GATEWAY_EXCHANGE: {
      delegate: (token: string, request: object) =>
        call(async (...given) => ({ token: await delegate(...given) }), token, request),
      renew: (token: string, request: object) =>
        call(async (...given) => ({ token: await renew(...given) }), token, request),
      approve: (token: string, request: object) =>
        call(async (...given) => ({ token: (await approve(...given)).token }), token, request),
      receipt: (approval: string, request: object) =>
        call(async (...given) => ({ receipt: (await receiptFor(...given)).receipt }), approval, request),
    },
    ...named(env, 'JWT_DENYLIST_NAME'),
  }
}

function keys(
  env: Readonly<Record<string, unknown>>,
  { mode, secretsByAudience }: Config,
  audience: string,
  gateway: () => Gateway | Promise<Gateway>,
): object {
  if (mode === 'EdDSA') {
    const binding = {
      fetch: async (input: string | Request, init?: RequestInit) =>
        jwksResponse(await gateway(), new Request(input, init)),
    }
    return { JWT_JWKS_SERVICE_NAME: 'GATEWAY_KEYS', GATEWAY_KEYS: binding }
  }
  const own = secretsByAudience?.get(audience)
  if (own !== undefined) return named({ ...env, JWT_SECRET_NAME: own }, 'JWT_SECRET_NAME')
  return env.JWT_SECRET === undefined ? named(env, 'JWT_SECRET_NAME') : { JWT_SECRET: env.JWT_SECRET }
}

/** A variable that names bindings, and those bindings; nothing without it. */
function named(env: Readonly<Record<string, unknown>>, variable: string): object {
  const names = namesOf(env[variable])
  if (names.length === 0) return {}
  return { [variable]: env[variable], ...Object.fromEntries(names.map((name) => [name, env[name]])) }
}
