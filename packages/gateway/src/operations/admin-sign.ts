import { ClaimsError } from '@sealgate/kit'
import * as z from 'zod/mini'
import { GatewayError } from '../errors.ts'
import type { Gateway } from '../gateway.ts'

/** Claims that only the gateway itself sets: an administrator's Worker must not speak in its name. */
const RESERVED = ['act', 'may_act', 'gty', 'kind', 'req', 'iss', 'exp', 'iat', 'jti'] as const

const SIGN_REQUEST = z.strictObject({ audience: z.string().check(z.minLength(1)) })
const CLAIMS = z.looseObject({ sub: z.string().check(z.minLength(1)) })

/** @throws GatewayError `invalid_target` for an audience that is not in `ADMIN_SIGN`, `invalid_request` */
export async function adminSign(gateway: Gateway, claims: unknown, request: unknown): Promise<string> {
  const parsed = SIGN_REQUEST.safeParse(request)
  const given = CLAIMS.safeParse(claims)
  if (!parsed.success || !given.success) {
    throw new GatewayError('invalid_request', { detail: 'the claims or the request have another shape' })
  }
  const { audience } = parsed.data
  if (!gateway.config.adminSign.has(audience)) throw new GatewayError('invalid_target')
  const reserved = RESERVED.find((name) => Object.hasOwn(given.data, name))
  if (reserved !== undefined) {
    throw new GatewayError('invalid_request', { detail: `the claim ${reserved} is the gateway's to set` })
  }
  const maximum = gateway.config.audiences.get(audience)
  if (
    !isWithin(given.data.permissions, maximum?.permissions) ||
    !isWithin(given.data.roles, maximum?.roles) ||
    given.data.scope !== undefined ||
    given.data.scp !== undefined
  ) {
    throw new GatewayError('invalid_scope', { detail: 'more than the audience may carry' })
  }
  try {
    return await gateway.kitFor(audience).sign(given.data, { aud: audience })
  } catch (error) {
    if (error instanceof ClaimsError) throw new GatewayError('invalid_request', { detail: error.message })
    throw error
  }
}

function isWithin(rights: unknown, maximum: readonly string[] = []): boolean {
  if (rights === undefined) return true
  return Array.isArray(rights) && rights.every((right: unknown) => maximum.some((one) => one === right))
}
