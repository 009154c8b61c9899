import { ClaimsError, parse, type VerifiedClaims } from '@sealgate/kit'
import { delegateClaims, issueInternal } from '@sealgate/kit/gateway'
import * as z from 'zod/mini'
import { GatewayError } from '../errors.ts'
import type { Issuing } from './issue.ts'
import { within } from './rules.ts'
import { replaceTransaction, TXN_TOKEN_TYP } from './transaction-token.ts'

const REQUEST = z.strictObject({
  audience: z.string().check(z.minLength(1)),
  permissions: z.optional(z.array(z.string())),
  roles: z.optional(z.array(z.string())),
  ttlSeconds: z.optional(z.number().check(z.positive())),
})

/**
 * A token for the next hop (RFC 8693 §4.1), for a service that has no key: the caller becomes the outermost actor,
 * rights only narrow, lifetime only shortens.
 *
 * @param service who calls; the token must be meant for it
 * @throws GatewayError
 */
export async function delegate(
  gateway: Issuing,
  service: string,
  token: unknown,
  request: unknown,
): Promise<string> {
  const parsed = REQUEST.safeParse(request)
  if (!parsed.success) throw new GatewayError('invalid_request', { detail: 'the request has another shape' })
  const { audience, permissions, roles, ttlSeconds } = parsed.data
  if (isTransaction(token)) return replacement(gateway, service, token, parsed.data)
  const maximum = gateway.config.audiences.get(audience)
  if (!maximum) throw new GatewayError('invalid_target')
  const claims = await verifyFor(gateway, service, token)
  // The kit's leeway lets a token pass that is just over; no lifetime of it is left to hand on.
  if (claims.exp <= gateway.now()) throw new GatewayError('invalid_token', { detail: 'expired' })
  try {
    const { issuer, ttlSeconds: defaultTtl, maxTtlSeconds } = gateway.config
    const requested = {
      aud: audience,
      ...(permissions && { permissions }),
      ...(roles && { roles }),
      ...(ttlSeconds !== undefined && { ttlSeconds }),
    }
    const limits = { ttlSeconds: defaultTtl, maxTtlSeconds }
    const delegated = delegateClaims(claims, { iss: issuer, sub: service }, requested, limits, gateway.now())
    const { exp = 0, kind, act, auth_iat: authIat } = delegated.kitClaims
    return await issueInternal(gateway.kitFor(audience), {
      claims: {
        ...delegated.claims,
        ...(kind && { kind }),
        ...(act && { act }),
        ...(authIat !== undefined && { auth_iat: authIat }),
        permissions: within(delegated.claims.permissions ?? [], maximum.permissions),
        roles: within(delegated.claims.roles ?? [], maximum.roles),
      },
      aud: audience,
      expiresAt: exp,
    })
  } catch (error) {
    if (error instanceof ClaimsError) throw new GatewayError('invalid_scope', { detail: error.message })
    throw error
  }
}

/** A transaction token is not exchanged for an access token: what a service gets is a narrower one of its kind. */
async function replacement(
  gateway: Issuing,
  service: string,
  token: unknown,
  { audience, roles, ...narrowing }: z.output<typeof REQUEST>,
): Promise<string> {
  if (roles !== undefined) throw new GatewayError('invalid_scope', { detail: 'a txn_token has no roles' })
  const claims = await verifyFor(gateway, audience, token, TXN_TOKEN_TYP)
  // A transaction token is for the whole trust domain: each service that the gateway knows may request one.
  if (!gateway.config.audiences.has(service)) throw new GatewayError('unauthorized_client')
  if (claims.exp <= gateway.now()) throw new GatewayError('invalid_token', { detail: 'expired' })
  return replaceTransaction(gateway, service, claims, narrowing)
}

function isTransaction(token: unknown): boolean {
  try {
    return typeof token === 'string' && parse(token).header.typ === TXN_TOKEN_TYP
  } catch {
    return false
  }
}

/** The claims of an internal token that is meant for this service. @throws GatewayError `invalid_token` */
export async function verifyFor(
  gateway: Issuing,
  service: string,
  token: unknown,
  typ?: string,
): Promise<VerifiedClaims> {
  if (typeof token !== 'string') throw new GatewayError('invalid_token', { detail: 'malformed' })
  if (!gateway.config.audiences.has(service)) {
    throw new GatewayError('unauthorized_client', { detail: `${service} is no audience of this gateway` })
  }
  const result = await gateway.kitFor(service).safeVerify(token, {
    aud: service,
    ...(typ !== undefined && { typ }),
  })
  if (!result.ok) throw new GatewayError('invalid_token', { detail: result.reason })
  return result.claims
}
