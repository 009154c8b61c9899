import { makeKit } from '../kit/make-kit.ts'
import type { Context, MiddlewareHandler } from 'hono'
import type { Auth } from '../claims/types.ts'
import type { KitOptions } from '../config/from-env.ts'
import { type Decision, denial, denialResponse } from '../http/decision.ts'
import { ConfigError, KitError } from '../errors.ts'
import { internalsOf, type Kit } from '../kit/kit.ts'
import { isPolicy, type Policy } from '../policy/builder.ts'
import { logEvent } from '../primitives/events.ts'
import { keepBody } from '../tokens/request-hash.ts'

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
  /**
   * Requests a token that is bound to this very request. Its body may have been read before by Hono's methods, but for
   * `formData()`; not from `c.req.raw`.
   */
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
    try {
      c.set('jwt', kit ?? makeKit(environmentOf(c), stable))
    } catch (error) {
      throw reported(error, kit)
    }
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
    let kit = options.kit
    let decision: Decision<Custom>
    try {
      kit ??= kitOf(c)
      const request = c.req.raw
      if (options.bound && request.bodyUsed) await keepBodyOf(c)
      const outcome = internalsOf(kit).verifier.decide(
        request,
        typeof rules === 'function' ? checkPolicy(rules(c)) : rules,
        options.bound ? { request } : undefined,
      )
      decision = withIdentityHeader(request, outcome instanceof Promise ? await outcome : outcome)
    } catch (error) {
      throw reported(error, kit)
    }
    options.onDecision?.(decision, c)
    if (decision.granted) c.set('auth', decision.auth)
    else if (!(options.optional && decision.reason === 'no_credentials')) return denialResponse(decision)
    await next()
    return undefined
  }
}

/**
 * Middleware in front, a logger or a validator, may have read the body by Hono's own methods, which keep it as bytes or as
 * text. Text is without its byte order mark, and what was no UTF-8 in it is replaced: then the bytes are those that the
 * handler gets too. What Hono parsed (`formData`; JSON, before Hono 4.10) has no bytes any more.
 */
async function keepBodyOf({ req: { raw, bodyCache } }: Context): Promise<void> {
  const kept = bodyCache.arrayBuffer ?? bodyCache.blob ?? bodyCache.text
  if (kept !== undefined) keepBody(raw, await bytesOf(kept))
}

/** @param kept a promise, though Hono's types do not say so */
async function bytesOf(kept: BodyInit | Promise<BodyInit>): Promise<Uint8Array> {
  return new Uint8Array(await new Response(await kept).arrayBuffer())
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

/** Hono's default handler makes a response of these errors without a word: whoever runs the service has to hear of them. */
function reported(error: unknown, kit: Kit | undefined): unknown {
  if (error instanceof KitError) {
    const report = kit ? internalsOf(kit).settings.onEvent : logEvent
    report({ type: 'request_failed', level: 'error', code: error.code, problem: error.message })
  }
  return error
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
