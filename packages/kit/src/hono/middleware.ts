import type { MiddlewareHandler } from 'hono'
import type { Approval } from '../approvals/approval.ts'
import { takeApproval } from '../approvals/take-approval.ts'
import type { Auth } from '../claims/types.ts'
import type { KitOptions } from '../config/from-env.ts'
import type { Kit } from '../kit/kit.ts'
import { makeKit } from '../kit/make-kit.ts'
import { hashSubject } from '../log/subject-hash.ts'
import { guardBy, type GuardOptions, type PolicyFor, sealgateBy } from './middleware-by.ts'
import { probeBy, type ProbeOptions } from './probe-by.ts'

/** For apps that are typed by hand: `new Hono<SealgateEnv>()`. */
export interface SealgateEnv {
  Variables: {
    /** Set by `sealgate()`. */
    jwt: Kit
    /** Set by `guard()`. */
    auth: Auth
    /** Set by `guard()` with `approved`. */
    approval: Approval
  }
}

/** What `sealgate` accepts: a kit, or how to make one of the environment. */
export interface SealgateOptions extends KitOptions {
  /** The kit to use. Default: `makeKit(c.env)`. */
  readonly kit?: Kit
}

/**
 * Puts the kit of the environment on the context as `c.var.jwt`.
 *
 * @throws ConfigError on the first request when the environment is not complete
 */
export function sealgate(options: SealgateOptions = {}): MiddlewareHandler<{ Variables: { jwt: Kit } }> {
  return sealgateBy(makeKit, options)
}

/**
 * Lets through who has a good token and passes the policy, and puts the caller on the context as `c.var.auth`.
 * Others get 400, 401, 403 or 503 with the right `WWW-Authenticate` (RFC 6750 §3).
 *
 * @param rules a policy, a rule, a list of rules, or a function of the context that gives one. Default: any verified caller
 *   that is not anonymous
 * @throws ConfigError when made with something that is no policy
 */
export function guard<Custom = unknown>(
  rules: PolicyFor<Custom> | undefined,
  options: GuardOptions & { readonly optional: true },
): MiddlewareHandler<{ Variables: { auth: Auth<Custom> | undefined } }>
export function guard<Custom = unknown>(
  rules: PolicyFor<Custom> | undefined,
  options: GuardOptions & Required<Pick<GuardOptions, 'approved'>>,
): MiddlewareHandler<{ Variables: { auth: Auth<Custom>; approval: Approval } }>
export function guard<Custom = unknown>(
  rules?: PolicyFor<Custom>,
  options?: GuardOptions,
): MiddlewareHandler<{ Variables: { auth: Auth<Custom> } }>
export function guard<Custom>(rules?: PolicyFor<Custom>, options?: GuardOptions): MiddlewareHandler {
  return guardBy(makeKit, rules, options, { hashSubject, takeApproval })
}

/**
 * Responds to `GET /.well-known/sealgate` with `{ audience, issuer, kids, jwksAgeSeconds }`: what this service verifies
 * with. It needs a token that the service accepts, with whatever rights; others get the denial of `guard`. Every other
 * request passes. The gateway's `probe` looks there for whether the two agree.
 */
export function probe(options: ProbeOptions = {}): MiddlewareHandler {
  return probeBy(makeKit, options)
}
