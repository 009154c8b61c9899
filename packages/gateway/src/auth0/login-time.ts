import type { Auth0Config } from '../config/auth0.ts'
import { subjectKind } from './subject.ts'

/** The settings that say when a subject logged in. */
export type LoginTimeRules = Pick<Auth0Config, 'authTimeClaim' | 'refreshMaxSeconds'>

interface Dated {
  readonly sub: string
  /** Seconds. */
  readonly iat: number
  readonly [name: string]: unknown
}

/**
 * When the subject of an access token logged in, in seconds since the epoch: a refreshed token has an `iat` of its own, and
 * must not pass for a login. Its time is `auth_time` (OpenID Connect Core §2), or the claim that an Action sets. A
 * machine's token is a login itself: there is no refresh token for client credentials (RFC 6749 §4.4.3). Of any other
 * token nobody knows, and it counts as the oldest that it can be.
 */
export function loginTimeOf(claims: Dated, { authTimeClaim, refreshMaxSeconds }: LoginTimeRules): number {
  const told = [claims.auth_time, authTimeClaim === undefined ? undefined : claims[authTimeClaim]].filter(
    isTime,
  )
  if (told.length > 0) return Math.min(claims.iat, ...told)
  return subjectKind(claims.sub) === 'machine' ? claims.iat : Math.max(0, claims.iat - refreshMaxSeconds)
}

/**
 * When the user of an ID token logged in: `auth_time`, never later than the token. `undefined` where it is missing: `iat` says
 * nothing, because Auth0's own session gives new tokens for an old login.
 */
export function loginTimeOfIdToken({
  auth_time: authTime,
  iat,
}: Readonly<Record<string, unknown>>): number | undefined {
  return isTime(authTime) ? Math.min(authTime, ...[iat].filter(isTime)) : undefined
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0
}
