import type { VerifiedClaims } from '@sealgate/kit'
import { issueInternal, MESSAGE_TYP, rightsOf, SUBJECT_CLAIMS, verifyAsIssued } from '@sealgate/kit/gateway'
import * as z from 'zod/mini'
import { GatewayError } from '../errors.ts'
import { maximumOf, typOf } from './delegate.ts'
import type { Issuing } from './issue.ts'
import { within } from './rules.ts'

const REQUEST = z.strictObject({ audience: z.string().check(z.minLength(1)) })

/** What stays as it was, beside the claims about the subject: whom it stands for, and what binds it. */
const KEPT_CLAIMS = [...SUBJECT_CLAIMS, 'kind', 'act', 'auth_iat', 'cnf'] as const

/**
 * A token in place of one that has ended, for a service that works for a caller who has gone: the same subject, kind, login
 * and actors; rights cut to the service's `offline` grant; marked `offline`. What is marked is not renewed again: each
 * renewal goes back to a token that the caller's presence made, and its age ends them all.
 *
 * @param service who calls; the token must be meant for it, and the new one is too
 * @throws GatewayError `not_renewable` without a grant, for a token that is too old, was renewed or is of another kind;
 *   `invalid_token` for one that was revoked since, or whose key is gone; `unauthorized_client` for another audience
 */
export async function renew(
  gateway: Issuing,
  service: string,
  token: unknown,
  request: unknown,
): Promise<string> {
  const parsed = REQUEST.safeParse(request)
  if (!parsed.success) throw new GatewayError('invalid_request', { detail: 'the request has another shape' })
  if (parsed.data.audience !== service) {
    throw new GatewayError('unauthorized_client', { detail: 'another audience' })
  }
  const maximum = maximumOf(gateway, service)
  const grant = gateway.config.offline.get(service)
  if (!grant) throw notRenewable(`offline grants ${service} nothing`)
  const typ = typOf(token) === MESSAGE_TYP ? MESSAGE_TYP : undefined
  const claims = await claimsOf(gateway, service, token, typ)
  if (claims.offline === true) throw notRenewable('it was renewed, or delegated from one that was')
  const now = Math.floor(gateway.now())
  const end = Math.floor(claims.iat) + grant.maxAgeSeconds
  if (end <= now) throw notRenewable(`it was issued more than ${grant.maxAgeSeconds} s ago`)
  const kept = KEPT_CLAIMS.flatMap((name) => (claims[name] === undefined ? [] : [[name, claims[name]]]))
  return issueInternal(gateway.kitFor(service), {
    claims: {
      ...(Object.fromEntries(kept) as Pick<VerifiedClaims, 'kind' | 'act' | 'auth_iat'>),
      sub: claims.sub,
      auth_iat: claims.auth_iat ?? claims.iat,
      permissions: within(within(rightsOf(claims).permissions, grant.permissions), maximum.permissions),
      roles: [],
      offline: true,
    },
    aud: service,
    expiresAt: Math.min(now + Math.min(gateway.config.ttlSeconds, gateway.config.maxTtlSeconds), end),
    ...(typ !== undefined && { typ }),
  })
}

async function claimsOf(
  gateway: Issuing,
  service: string,
  token: unknown,
  typ: string | undefined,
): Promise<VerifiedClaims> {
  if (typeof token !== 'string') throw new GatewayError('invalid_token', { detail: 'malformed' })
  const result = await verifyAsIssued(gateway.kitFor(service), token, {
    aud: service,
    ...(typ !== undefined && { typ }),
  })
  if (!result.ok) throw new GatewayError('invalid_token', { detail: result.reason })
  return result.claims
}

function notRenewable(detail: string): GatewayError {
  return new GatewayError('not_renewable', { detail })
}
