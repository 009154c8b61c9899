import type { Actor, Kind } from '@sealgate/kit'
import { isObject } from '@sealgate/kit/gateway'
import { clientIdOf, type SubjectClaims, subjectKind } from '../auth0/subject.ts'
import type { AudienceDefinition } from '../config/definition.ts'
import type { IssuerConfig } from '../config/issuers.ts'
import { permissionsOf, rolesIn, rolesOf, strings } from '../issuers/rights.ts'

/** A verified actor token: who wants to act for the subject (RFC 8693 §2.1). */
export interface ActorToken {
  readonly iss: string
  readonly sub: string
  /** Seconds. */
  readonly exp: number
}

/** What one exchange requests. */
export interface ExchangeRequest {
  readonly audience: string
  /** Permissions requested; all must be held. Default: all that are held. */
  readonly scope?: readonly string[]
  /** Roles requested; all must be held. Default: all that are held, or none when `scope` is given. */
  readonly roles?: readonly string[]
  /** The most that the route lets a token carry. Cuts silently. */
  readonly grant?: readonly string[]
  /** Permissions without which the route responds with 403; the token carries them only if `grant` has them too. */
  readonly require?: readonly string[]
  readonly actor?: ActorToken
}

/** The part of the configuration that the rules depend on. Times in seconds. */
export interface ExchangeRules {
  readonly issuer: string
  readonly name: string
  /** Ids of clients that are AI agents: whoever comes through one is of `kind: "agent"`. */
  readonly agents: ReadonlySet<string>
  readonly ttlSeconds: number
  readonly maxTtlSeconds: number
  readonly audiences: ReadonlyMap<string, AudienceDefinition>
  readonly auth0: {
    readonly issuer: string
    readonly rights: 'permissions' | 'scope' | 'both'
    readonly rolesClaim: string | undefined
  }
  /** Other issuers of subject tokens, by `iss`. */
  readonly issuers?: ReadonlyMap<string, IssuerConfig>
}

/** The claims to issue. `permissions` and `roles` are always there, possibly empty. */
export interface IssuedClaims {
  readonly sub: string
  readonly kind: Kind
  /** When the subject logged in, or the earliest that it can have been. A refresh does not move it. */
  readonly auth_iat: number
  readonly act: Actor
  readonly permissions: readonly string[]
  readonly roles: readonly string[]
  readonly client_id?: string
  /** Only an address that the issuer of the login has proved, with `email_verified` beside it. */
  readonly email?: string
  readonly email_verified?: true
  readonly name?: string
  readonly tid?: string
  readonly org_id?: string
}

export interface Exchanged {
  readonly ok: true
  readonly claims: IssuedClaims
  readonly audience: string
  /** Seconds since the epoch. */
  readonly expiresAt: number
}

/** Why an exchange is rejected. One stable word each, for logs. */
export type ExchangeRejection =
  | 'unknown_audience'
  | 'scope_not_held'
  | 'roles_not_held'
  | 'required_not_held'
  | 'unknown_subject_kind'
  | 'malformed_actor_chain'
  | 'actor_chain_too_long'
  | 'actor_not_allowed'
  | 'may_act_names_another'
  | 'expired'

export type ExchangeResult = Exchanged | { readonly ok: false; readonly rejection: ExchangeRejection }

/** Deepest chain of actors that is issued; Auth0 and the kit draw the line at the same number. */
const MAX_ACTOR_DEPTH = 5

/** Claims about the subject that are kept as they came, when they are strings. */
const KEPT_CLAIMS = ['name', 'tid', 'org_id'] as const

/**
 * The rules of the exchange (RFC 8693): which internal token a verified Auth0 token turns into. Rights are
 * never wider than what came in, than the audience's maximum, or than what was requested; the lifetime is never
 * longer. It reads nothing but its arguments.
 *
 * @param now seconds since the epoch
 */
export function exchange(
  subject: SubjectClaims,
  request: ExchangeRequest,
  rules: ExchangeRules,
  now: number,
): ExchangeResult {
  const maximum = rules.audiences.get(request.audience)
  if (!maximum) return reject('unknown_audience')
  const clientId = clientIdOf(subject)
  const known = subjectKind(subject.sub)
  const kind = known && clientId !== undefined && rules.agents.has(clientId) ? 'agent' : known
  if (!kind) return reject('unknown_subject_kind')
  const act = actorChain(subject, request.actor, maximum, rules)
  if (typeof act === 'string') return reject(act)

  const held = within(maximum.permissions, incomingPermissions(subject, rules))
  if (!isWithin(request.require, held)) return reject('required_not_held')
  const grantable = request.grant ? within(held, request.grant) : held
  if (!isWithin(request.scope, grantable)) return reject('scope_not_held')
  const heldRoles = within(maximum.roles, incomingRoles(subject, rules))
  if (!isWithin(request.roles, heldRoles)) return reject('roles_not_held')

  const issuedAt = Math.floor(now)
  const expiresAt = Math.floor(
    Math.min(
      issuedAt + Math.min(rules.ttlSeconds, rules.maxTtlSeconds),
      subject.exp,
      request.actor?.exp ?? Infinity,
    ),
  )
  if (expiresAt <= now) return reject('expired')

  const kept = KEPT_CLAIMS.flatMap((name) => {
    const value = subject[name]
    return typeof value === 'string' && value !== '' ? [[name, value] as const] : []
  })
  const claims: IssuedClaims = {
    sub: subject.sub,
    kind,
    auth_iat: subject.auth_iat,
    act,
    permissions: request.scope ? within(grantable, request.scope) : grantable,
    roles: within(heldRoles, request.roles ?? (request.scope ? [] : heldRoles)),
    ...(clientId !== undefined && { client_id: clientId }),
    ...Object.fromEntries(kept),
    ...verifiedEmail(subject),
  }
  return { ok: true, claims, audience: request.audience, expiresAt }
}

/** What an anonymous caller gets: no more than the route's `grant` within the audience's maximum, and never a role. */
export function anonymous(
  sub: string,
  { audience, grant }: { readonly audience: string; readonly grant: readonly string[] },
  rules: ExchangeRules,
  now: number,
): Exchanged {
  const issuedAt = Math.floor(now)
  return {
    ok: true,
    audience,
    expiresAt: issuedAt + Math.min(rules.ttlSeconds, rules.maxTtlSeconds),
    claims: {
      sub,
      kind: 'anonymous',
      auth_iat: issuedAt,
      act: { iss: rules.issuer, sub: rules.name },
      permissions: within(rules.audiences.get(audience)?.permissions ?? [], grant),
      roles: [],
    },
  }
}

/**
 * An address that nobody proved may be another user's: services would take its claimant for them (OpenID Connect Core
 * §5.7). Both claims travel, or neither.
 */
function verifiedEmail({
  email,
  email_verified: isVerified,
}: SubjectClaims): Pick<IssuedClaims, 'email' | 'email_verified'> {
  return isVerified === true && typeof email === 'string' && email !== ''
    ? { email, email_verified: true }
    : {}
}

/** A claim of the wrong type grants nothing. Its verified `iss` says whose rules read a token. */
export function incomingPermissions(
  subject: SubjectClaims,
  { auth0: { rights }, issuers }: Pick<ExchangeRules, 'auth0' | 'issuers'>,
): readonly string[] {
  const issuer = issuers?.get(String(subject.iss))
  if (issuer) return permissionsOf(subject, issuer)
  const scope = typeof subject.scope === 'string' ? subject.scope.split(' ') : []
  if (rights === 'scope') return scope
  const permissions = strings(subject.permissions)
  if (rights === 'both') return within(permissions, scope)
  return subject.permissions === undefined ? scope : permissions
}

function incomingRoles(
  subject: SubjectClaims,
  { auth0: { rolesClaim }, issuers }: ExchangeRules,
): readonly string[] {
  const issuer = issuers?.get(String(subject.iss))
  return issuer ? rolesOf(subject, issuer) : rolesIn(subject, rolesClaim)
}

/**
 * Who acts for the subject (RFC 8693 §4.1), the current actor outermost: an actor with a token of its own,
 * then this gateway, then whoever acted before it came here.
 */
function actorChain(
  subject: SubjectClaims,
  actor: ActorToken | undefined,
  maximum: AudienceDefinition,
  rules: ExchangeRules,
): Actor | ExchangeRejection {
  const gateway = { iss: rules.issuer, sub: rules.name }
  const current = actor ?? gateway
  const { may_act: mayAct } = subject
  if (mayAct !== undefined && !names(mayAct, current)) return 'may_act_names_another'
  if (actor && mayAct === undefined && maximum.actors?.includes(actor.sub) !== true)
    return 'actor_not_allowed'

  const earlier = subject.act === undefined ? [] : chainOf(subject.act)
  if (!earlier) return 'malformed_actor_chain'
  const chain = [...(actor ? [{ iss: actor.iss, sub: actor.sub }] : []), gateway, ...earlier]
  if (chain.length > MAX_ACTOR_DEPTH) return 'actor_chain_too_long'
  return (
    chain.reduceRight<Actor | undefined>((act, link) => ({ ...link, ...(act && { act }) }), undefined) ??
    gateway
  )
}

/** True when `may_act` (RFC 8693 §4.4) names this party. Without `iss` the name alone counts. */
function names(mayAct: unknown, party: { readonly iss: string; readonly sub: string }): boolean {
  if (!isObject(mayAct) || mayAct.sub !== party.sub) return false
  return mayAct.iss === undefined || mayAct.iss === party.iss
}

/** The links of an `act` claim, outermost first, or `undefined` when it is malformed. */
function chainOf(act: unknown): readonly { readonly iss?: string; readonly sub: string }[] | undefined {
  const links: { iss?: string; sub: string }[] = []
  for (let link = act; link !== undefined; link = link.act) {
    if (!isObject(link) || typeof link.sub !== 'string' || link.sub === '') return undefined
    if (link.iss !== undefined && (typeof link.iss !== 'string' || link.iss === '')) return undefined
    links.push({ ...(typeof link.iss === 'string' && { iss: link.iss }), sub: link.sub })
  }
  return links
}

/** The entries of `all` that are in `some`, each once, in the order of `all`. */
export function within(all: readonly string[], some: readonly string[]): readonly string[] {
  const wanted = new Set(some)
  return [...new Set(all)].filter((entry) => wanted.has(entry))
}

function isWithin(requested: readonly string[] | undefined, held: readonly string[]): boolean {
  const known = new Set(held)
  return requested?.every((entry) => known.has(entry)) ?? true
}

function reject(rejection: ExchangeRejection): ExchangeResult {
  return { ok: false, rejection }
}
