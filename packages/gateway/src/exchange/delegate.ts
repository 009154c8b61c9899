import { ClaimsError, parse, type VerifiedClaims } from '@sealgate/kit'
import { delegateClaims, issueInternal, MESSAGE_TYP, TXN_TOKEN_TYP } from '@sealgate/kit/gateway'
import * as z from 'zod/mini'
import type { AudienceDefinition } from '../config/definition.ts'
import { GatewayError } from '../errors.ts'
import type { Issuing } from './issue.ts'
import { within } from './rules.ts'
import { replaceTransaction } from './transaction-token.ts'

const REQUEST = z.strictObject({
  audience: z.string().check(z.minLength(1)),
  permissions: z.optional(z.array(z.string())),
  roles: z.optional(z.array(z.string())),
  ttlSeconds: z.optional(z.number().check(z.positive())),
  jkt: z.optional(z.string().check(z.length(43))),
})

/**
 * A token for the next hop (RFC 8693 §4.1), for a service that has no key: the caller becomes the outermost actor,
 * rights only narrow, lifetime only shortens. With `jkt` it is bound to that key (RFC 7800 §3.1), and no bearer token.
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
  const { audience, permissions, roles, ttlSeconds, jkt } = parsed.data
  const typ = typOf(token)
  if (typ === TXN_TOKEN_TYP) return replacement(gateway, service, token, parsed.data)
  const maximum = gateway.config.audiences.get(audience)
  if (!maximum) throw new GatewayError('invalid_target')
  // What it is bound to the service has checked, to which it is of no use but with that.
  const claims = await verifyFor(gateway, service, token, typ === MESSAGE_TYP ? typ : undefined)
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
    const { exp: expiresAt = 0, ...kitClaims } = delegated.kitClaims
    return await issueInternal(gateway.kitFor(audience), {
      claims: {
        ...delegated.claims,
        ...kitClaims,
        ...(jkt !== undefined && { cnf: { jkt } }),
        permissions: within(delegated.claims.permissions ?? [], maximum.permissions),
        roles: within(delegated.claims.roles ?? [], maximum.roles),
      },
      aud: audience,
      expiresAt,
      ...(jkt !== undefined && { typ: MESSAGE_TYP }),
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
  { audience, roles, jkt, ...narrowing }: z.output<typeof REQUEST>,
): Promise<string> {
  if (jkt !== undefined)
    throw new GatewayError('invalid_request', { detail: 'a txn_token is bound to no key' })
  if (roles !== undefined) throw new GatewayError('invalid_scope', { detail: 'a txn_token has no roles' })
  const claims = await verifyFor(gateway, audience, token, TXN_TOKEN_TYP)
  // A transaction token is for the whole trust domain: each service that the gateway knows may request one.
  if (!gateway.config.audiences.has(service)) throw new GatewayError('unauthorized_client')
  if (claims.exp <= gateway.now()) throw new GatewayError('invalid_token', { detail: 'expired' })
  return replaceTransaction(gateway, service, claims, narrowing)
}

/** The `typ` header, of a token that can be read. */
export function typOf(token: unknown): unknown {
  try {
    return typeof token === 'string' ? parse(token).header.typ : undefined
  } catch {
    return undefined
  }
}

/** The most that tokens for a service carry. @throws GatewayError `unauthorized_client` for one that is not known */
export function maximumOf({ config }: Issuing, service: string): AudienceDefinition {
  const maximum = config.audiences.get(service)
  if (maximum) return maximum
  throw new GatewayError('unauthorized_client', { detail: `${service} is no audience of this gateway` })
}

/** The claims of an internal token that is meant for this service. @throws GatewayError `invalid_token` */
export async function verifyFor(
  gateway: Issuing,
  service: string,
  token: unknown,
  typ?: string,
): Promise<VerifiedClaims> {
  if (typeof token !== 'string') throw new GatewayError('invalid_token', { detail: 'malformed' })
  maximumOf(gateway, service)
  const result = await gateway.kitFor(service).safeVerify(token, {
    aud: service,
    ...(typ !== undefined && { typ }),
  })
  if (!result.ok) throw new GatewayError('invalid_token', { detail: result.reason })
  return result.claims
}
