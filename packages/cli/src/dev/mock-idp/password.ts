import type { TenantContext } from './context.ts'
import type { TenantUser } from './users.ts'

/** What becomes of an e-mail address and a password. */
export type Login =
  | { readonly outcome: 'ok'; readonly user: TenantUser }
  /** An administrator has blocked the user. */
  | { readonly outcome: 'blocked' }
  | { readonly outcome: 'wrong' }
  /** Too many failures: even the right password is not looked at. */
  | { readonly outcome: 'locked' }

/** Whether an administrator has blocked a user: at the start, or since. */
export function isBlocked(tenant: TenantContext, user: TenantUser): boolean {
  return user.blocked === true || tenant.blocked.has(user.sub)
}

/**
 * Checks a password and counts failures, on the login page and in the password realm alike. E-mail addresses compare
 * without regard to case, as at Auth0.
 *
 * @param ip the address that the failures count for
 * @param now seconds since the epoch
 */
export function attempt(
  tenant: TenantContext,
  email: string,
  password: string,
  ip: string,
  now: number,
): Login {
  if (tenant.attempts.isBlocked(email, ip, now)) return { outcome: 'locked' }
  const user = tenant.users.find((candidate) => candidate.email === email.toLowerCase())
  if (user?.password !== password) {
    tenant.attempts.fail(email, ip, now)
    return { outcome: 'wrong' }
  }
  tenant.attempts.succeed(email, ip)
  return isBlocked(tenant, user) ? { outcome: 'blocked' } : { outcome: 'ok', user }
}
