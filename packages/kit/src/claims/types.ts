/** Whom a token stands for. Set by the gateway; absent on tokens that a service signs for itself. */
export type Kind = 'user' | 'machine' | 'agent' | 'anonymous'

/** The party that acts for the subject (RFC 8693 §4.1): the outermost is the current one, the rest is history. */
export interface Actor {
  /** Who named the actor. */
  readonly iss?: string
  /** The actor. */
  readonly sub: string
  /** For whom it acts in turn: the actor before it. */
  readonly act?: Actor
}

/** The registered claims (RFC 7519 §4.1). Times are seconds since the epoch. */
export interface RegisteredClaims {
  /** Issuer. */
  readonly iss: string
  /** Subject. */
  readonly sub: string
  /** Audience, or several. */
  readonly aud: string | readonly string[]
  /** When it ends. */
  readonly exp: number
  /** When it was issued. */
  readonly iat: number
  /** Before when it is not valid yet. */
  readonly nbf?: number
  /** Unique id of the token. */
  readonly jti?: string
  readonly [name: string]: unknown
}

/** The claims of an internal token. */
export interface Claims extends RegisteredClaims {
  /** Whom it stands for. */
  readonly kind?: Kind
  /** When the token that the user logged in with was issued; kept over every exchange and delegation. */
  readonly auth_iat?: number
  /** Who acts for the subject (RFC 8693 §4.1). */
  readonly act?: Actor
  /** Whether `email` was proved to be the subject's. The gateway passes an address on with `true` alone. */
  readonly email_verified?: boolean
  /** Hash of the request that the token is bound to. */
  readonly req?: string
  /** True when the gateway renewed the token after the caller had gone, or it was delegated from one that it renewed. */
  readonly offline?: boolean
}

declare const verified: unique symbol
/** Claims whose signature, times, issuer and audience were checked by a kit. Deeply frozen. */
export type VerifiedClaims = Claims & { readonly [verified]: true }

/** Rights as a policy sees them: never from a claim of the wrong type. */
export interface Rights {
  /** What the caller may do here. */
  readonly permissions: readonly string[]
  /** What the caller is here. */
  readonly roles: readonly string[]
}

const NONE: readonly string[] = Object.freeze([])

function stringArray(value: unknown): readonly string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string') ? value : NONE
}

/** Frozen, as the claims are: a caller serves every request with its token. */
function spaceSeparated(value: unknown): readonly string[] {
  return typeof value === 'string' ? Object.freeze(value.split(' ').filter((entry) => entry !== '')) : NONE
}

/**
 * Reads permissions and roles. Permissions come from `permissions` when that claim is present, else from
 * `scope` (space-separated), else from `scp` (either form). A claim of the wrong type grants nothing.
 */
export function rightsOf(claims: Readonly<Record<string, unknown>>): Rights {
  const permissions =
    claims.permissions !== undefined
      ? stringArray(claims.permissions)
      : claims.scope !== undefined
        ? spaceSeparated(claims.scope)
        : typeof claims.scp === 'string'
          ? spaceSeparated(claims.scp)
          : stringArray(claims.scp)
  return { permissions, roles: stringArray(claims.roles) }
}

/** A verified caller, as handlers and policies see it. Made only by a kit, from claims that it verified. */
export interface Auth<Custom = unknown> extends Rights {
  /** The subject: never empty. */
  readonly sub: string
  /** `undefined` on tokens that carry no kind. */
  readonly kind: Kind | undefined
  /** The id of the token. `undefined` on tokens that carry none. */
  readonly jti: string | undefined
  /** Who acts for the subject now: the outermost `act`. */
  readonly actor: Actor | undefined
  /** All claims; with `.claims(schema)` in the policy, narrowed by the schema's output. */
  readonly claims: VerifiedClaims & Custom
  /** The very same as `claims`, by the name that other kits have for it. */
  readonly payload: VerifiedClaims & Custom
}

/** The caller that verified claims stand for. */
export function authOf(claims: VerifiedClaims): Auth {
  return Object.freeze({
    ...rightsOf(claims),
    sub: claims.sub,
    kind: claims.kind,
    jti: claims.jti,
    actor: claims.act,
    claims,
    payload: claims,
  })
}
