import { type Actor, rightsOf, type VerifiedClaims } from '../claims/types.ts'
import { MAX_ACTOR_DEPTH } from '../constants.ts'
import { ClaimsError } from '../errors.ts'
import type { KitClaims, SignClaims } from './sign.ts'

/** What a delegated token shall carry. Rights only narrow. */
export interface DelegationRequest {
  /** Audience of the next hop: one string. */
  readonly aud: string
  /** Must all be held. Default: all that are held. */
  readonly permissions?: readonly string[]
  /** Must all be held. Default: none. */
  readonly roles?: readonly string[]
  /** Lifetime in seconds; never past the end of the original. Default: the kit's `ttlSeconds`. */
  readonly ttlSeconds?: number
  /** The request that is served meanwhile: the gateway's log names it, when it is the gateway that signs and it denies. */
  readonly incoming?: Request
}

/** The lifetime of delegated tokens, in seconds. */
export interface DelegationLimits {
  readonly ttlSeconds: number
  readonly maxTtlSeconds: number
}

/** Claims about the subject that travel with it over every hop. Everything else is dropped. */
export const SUBJECT_CLAIMS = ['email', 'email_verified', 'name', 'tid', 'org_id', 'client_id'] as const

/**
 * The claims of a token for the next hop (RFC 8693 §4.1): the same subject and kind, the new actor outermost,
 * rights never wider, lifetime never longer.
 *
 * @param claims claims that were verified
 * @param actor who acts now
 * @param now seconds since the epoch
 * @throws ClaimsError on any widening, and when the chain of actors is too long
 */
export function delegateClaims(
  claims: VerifiedClaims,
  actor: { readonly iss: string; readonly sub: string },
  request: DelegationRequest,
  limits: DelegationLimits,
  now: number,
): { readonly claims: SignClaims; readonly kitClaims: KitClaims } {
  const held = rightsOf(claims)
  const permissions = narrowed('permissions', request.permissions ?? held.permissions, held.permissions)
  const roles = narrowed('roles', request.roles ?? [], held.roles)
  if (actorDepth(claims.act) >= MAX_ACTOR_DEPTH) {
    throw new ClaimsError(`the chain of actors would be longer than ${MAX_ACTOR_DEPTH}`)
  }
  const ttlSeconds = request.ttlSeconds ?? limits.ttlSeconds
  if (!Number.isFinite(ttlSeconds) || ttlSeconds <= 0)
    throw new ClaimsError('ttlSeconds must be a positive number')
  const exp = Math.min(Math.floor(now) + ttlSeconds, claims.exp, Math.floor(now) + limits.maxTtlSeconds)
  if (exp <= now) throw new ClaimsError('the original token has no lifetime left to delegate')
  const kept = Object.fromEntries(
    SUBJECT_CLAIMS.filter((name) => claims[name] !== undefined).map((name) => [name, claims[name]]),
  )
  return {
    claims: { ...kept, sub: claims.sub, permissions, roles },
    kitClaims: {
      ...(claims.kind !== undefined && { kind: claims.kind }),
      act: { iss: actor.iss, sub: actor.sub, ...(claims.act && { act: claims.act }) },
      auth_iat: claims.auth_iat ?? claims.iat,
      ...(claims.offline === true && { offline: true }),
      exp,
    },
  }
}

/** The number of actors in a chain. */
export function actorDepth(actor: Actor | undefined): number {
  return actor ? 1 + actorDepth(actor.act) : 0
}

function narrowed(what: string, requested: readonly string[], held: readonly string[]): readonly string[] {
  if (!isStringArray(requested)) throw new ClaimsError(`${what} must be an array of strings`)
  const known = new Set(held)
  const extra = requested.filter((right) => !known.has(right))
  if (extra.length > 0) throw new ClaimsError(`${what} may only narrow: not held are ${extra.join(', ')}`)
  return [...new Set(requested)]
}

function isStringArray(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string')
}
