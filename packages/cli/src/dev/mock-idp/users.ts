/** A user of the tenant's database connection. */
export interface TenantUser {
  /** Auth0's user id: `auth0|…`. */
  readonly sub: string
  readonly email: string
  /** Whether the user has proved that the address is theirs. Default true. */
  readonly emailVerified?: boolean
  readonly name: string
  readonly password: string
  /** Written to the namespaced roles claim. */
  readonly roles: readonly string[]
  /** What RBAC has assigned: the `permissions` claim, and the most that `scope` can hold. */
  readonly permissions: readonly string[]
  /** A blocked user is rejected with `unauthorized`. */
  readonly blocked?: boolean
  /** The password realm answers `mfa_required`. The login page requests no second factor. */
  readonly mfa?: boolean
  /** Written as `org_id` to every token of this user. */
  readonly orgId?: string
}

export const DEMO_PASSWORD = 'demo-password'

/** The people that demos and tests log in as. One of them has no rights, on purpose. */
export const demoUsers = {
  alice: {
    sub: 'auth0|alice',
    email: 'alice@example.test',
    name: 'Alice Analyst',
    password: DEMO_PASSWORD,
    roles: ['analyst'],
    permissions: ['read:reports', 'export:reports'],
  },
  bob: {
    sub: 'auth0|bob',
    email: 'bob@example.test',
    name: 'Bob Beginner',
    password: DEMO_PASSWORD,
    roles: [],
    permissions: [],
  },
  carol: {
    sub: 'auth0|carol',
    email: 'carol@example.test',
    name: 'Carol Admin',
    password: DEMO_PASSWORD,
    roles: ['admin'],
    permissions: ['read:reports', 'manage:users'],
  },
  dave: {
    sub: 'auth0|dave',
    email: 'dave@example.test',
    name: 'Dave Premium',
    password: DEMO_PASSWORD,
    roles: ['premium'],
    permissions: ['read:secret-data'],
  },
  erin: {
    sub: 'auth0|erin',
    email: 'erin@example.test',
    emailVerified: false,
    name: 'Erin Unverified',
    password: DEMO_PASSWORD,
    roles: ['analyst'],
    permissions: ['read:reports'],
  },
  mallory: {
    sub: 'auth0|mallory',
    email: 'mallory@example.test',
    name: 'Mallory Blocked',
    password: DEMO_PASSWORD,
    roles: [],
    permissions: [],
    blocked: true,
  },
  mfa: {
    sub: 'auth0|mfa',
    email: 'mfa@example.test',
    name: 'Mia Factor',
    password: DEMO_PASSWORD,
    roles: ['analyst'],
    permissions: ['read:reports'],
    mfa: true,
  },
} as const satisfies Record<string, TenantUser>

/** What is odd about a user, for whoever picks one to log in as; empty for most. */
export function oddityOf({ blocked, mfa, emailVerified }: TenantUser): string {
  return [
    ...(blocked === true ? ['blocked'] : []),
    ...(mfa === true ? ['needs MFA at the password realm'] : []),
    ...(emailVerified === false ? ['address not verified'] : []),
  ].join(', ')
}

/** The claims of ID token and `/userinfo`; the scopes requested decide which of them are shown. */
export function profileClaims(user: TenantUser, rolesClaim: string): Record<string, unknown> {
  return {
    sub: user.sub,
    name: user.name,
    nickname: user.email.slice(0, user.email.indexOf('@')),
    email: user.email,
    email_verified: user.emailVerified ?? true,
    [rolesClaim]: user.roles,
    ...(user.orgId === undefined ? {} : { org_id: user.orgId }),
  }
}
