import type { LoginAttempts } from './attempts.ts'
import type { TenantClient } from './clients.ts'
import type { ForwardedForLog } from './forwarded-for.ts'
import type { Faults } from './faults.ts'
import type { SigningKeys } from './keys.ts'
import type { TenantStorage } from './storage.ts'
import type { TenantUser } from './users.ts'

/** How access tokens look: Auth0's own profile, or RFC 9068. */
export type TokenProfile = 'auth0' | 'rfc9068'

/** What every part of the tenant works on. */
export interface TenantContext {
  /** With its trailing slash. */
  readonly issuer: string
  /** The identifier of the one API that the tenant knows. */
  readonly audience: string
  readonly rolesClaim: string
  readonly tokenProfile: TokenProfile
  readonly accessTokenSeconds: number
  /** The login page lists the users and their passwords. */
  readonly showUsers: boolean
  readonly users: readonly TenantUser[]
  readonly clients: readonly TenantClient[]
  readonly keys: SigningKeys
  readonly storage: TenantStorage
  readonly attempts: LoginAttempts
  /** Subjects that an administrator blocked since the start. */
  readonly blocked: Set<string>
  readonly faults: Faults
  readonly forwardedFor: ForwardedForLog
  /** Signs the cookies. */
  readonly cookieKey: string
  /** Told of errors that are the mock IdP's own fault. */
  readonly report: (error: Error) => void
}

export const OIDC_SCOPES = ['openid', 'profile', 'email', 'offline_access']

/** Every permission that the API defines: what any user or client can hold. */
export function apiPermissions(tenant: TenantContext): string[] {
  return [...new Set([...tenant.users, ...tenant.clients].flatMap((holder) => holder.permissions))]
}

export const userinfoAudience = (tenant: TenantContext): string => `${tenant.issuer}userinfo`

export const scopesOf = (scope: string | undefined): string[] => scope?.split(' ').filter(Boolean) ?? []
