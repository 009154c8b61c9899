import { makeKit } from '../kit/make-kit.ts'
import type { Context, MiddlewareHandler } from 'hono'
import type { Auth } from '../claims/types.ts'
import type { KitOptions } from '../config/from-env.ts'
import { type Decision, denial, denialResponse } from '../http/decision.ts'
import { ConfigError } from '../errors.ts'
import { internalsOf, type Kit } from '../kit/kit.ts'
import { isPolicy, type Policy } from '../policy/builder.ts'

/** For apps that are typed by hand: `new Hono<SealgateEnv>()`. */
export interface SealgateEnv {
  Variables: {
    /** Set by `sealgate()`. */
    jwt: Kit
    /** Set by `guard()`. */
    auth: Auth
  }
}

/** What `sealgate` accepts: a kit, or how to make one of the environment. */
export interface SealgateOptions extends KitOptions {
  /** The kit to use. Default: `makeKit(c.env)`. */
  readonly kit?: Kit
}

/** How `guard` behaves. */
export interface GuardOptions {
  /** The kit to use. Default: `c.var.jwt`, else `makeKit(c.env)`. */
  readonly kit?: Kit
  /** Lets a caller without credentials through (`c.var.auth` is `undefined`); bad tokens are rejected all the same. */
  readonly optional?: boolean
  /** Requests a token that is bound to this very request. */
  readonly bound?: boolean
  /** Receives each decision, for logs. */
  readonly onDecision?: (decision: Decision, c: Context) => void
}

/** A policy, or a function of the context that gives one. */
export type PolicyFor<Custom> = Policy<Custom> | ((c: Context) => Policy<Custom>)

/**
 * Puts the kit of the environment on the context as `c.var.jwt`.
 *
 * @throws ConfigError on the first request when the environment is not complete
 */
export function sealgate(options: SealgateOptions = {}): MiddlewareHandler<{ Variables: { jwt: Kit } }> {
  const { kit, ...kitOptions } = options
  // One object for the lifetime of the middleware: other options, by identity, would make another kit.
  const stable = Object.keys(kitOptions).length > 0 ? kitOptions : undefined
  return async (c, next) => {
    c.set('jwt', kit ?? makeKit(environmentOf(c), stable))
    await next()
  }
}

/**
 * Lets through who has a good token and passes the policy, and puts the caller on the context as `c.var.auth`.
 * Others get 400, 401, 403 or 503 with the right `WWW-Authenticate` (RFC 6750 §3).
 *
 * @param rules a policy, or a function of the context that gives one. Default: any verified caller
 * @throws ConfigError when made with something that is no policy
 */
export function guard<Custom = unknown>(
  rules: PolicyFor<Custom> | undefined,
  options: GuardOptions & { readonly optional: true },
): MiddlewareHandler<{ Variables: { auth: Auth<Custom> | undefined } }>
export function guard<Custom = unknown>(
  rules?: PolicyFor<Custom>,
  options?: GuardOptions,
): MiddlewareHandler<{ Variables: { auth: Auth<Custom> } }>
export function guard<Custom>(rules?: PolicyFor<Custom>, options: GuardOptions = {}): MiddlewareHandler {
  if (rules !== undefined && typeof rules !== 'function') checkPolicy(rules)
  return async (c, next) => {
    const kit = options.kit ?? kitOf(c)
    const request = c.req.raw
    const outcome = internalsOf(kit).verifier.decide(
      request,
      typeof rules === 'function' ? checkPolicy(rules(c)) : rules,
      options.bound ? { request } : undefined,
    )
    const decision = withIdentityHeader(request, outcome instanceof Promise ? await outcome : outcome)
    options.onDecision?.(decision, c)
    if (decision.granted) c.set('auth', decision.auth)
    else if (!(options.optional && decision.reason === 'no_credentials')) return denialResponse(decision)
    await next()
    return undefined
  }
}

/** A function that forgets to return its policy must not mean "any caller". */
function checkPolicy<Custom>(rules: Policy<Custom>): Policy<Custom> {
  if (!isPolicy(rules)) {
    throw new ConfigError('guard accepts a policy, or a function that gives one: guard(policy().needAll(…))')
  }
  return rules
}

/** `X-User-ID` is informational; one that contradicts the token was not set by the gateway. */
function withIdentityHeader<Custom>(request: Request, decision: Decision<Custom>): Decision<Custom> {
  const claimed = request.headers.get('X-User-ID')
  if (!decision.granted || claimed === null || claimed === decision.auth.sub) return decision
  return denial(400, 'identity_mismatch', 'X-User-ID differs from the subject of the token')
}

function kitOf(c: Context): Kit {
  const { jwt } = c.var as { jwt?: Kit }
  return jwt ?? makeKit(environmentOf(c))
}

function environmentOf({ env }: { readonly env: unknown }): object {
  if (typeof env !== 'object' || env === null) {
    throw new ConfigError(
      'there is no environment on the context: pass one to app.request(path, init, env), or give a kit',
    )
  }
  return env
}
