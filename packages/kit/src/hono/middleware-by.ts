import type { Context, MiddlewareHandler } from 'hono'
import type { Act } from '../approvals/approval.ts'
import { ConfigError, errorOf, KitError } from '../errors.ts'
import { type Decision, denial, type Denied } from '../http/decision.ts'
import { type ApprovalParts, approvalTaker } from '../kit/approval-taker.ts'
import { denialResponse } from '../kit/denial-response.ts'
import { decide, originOf, type TokenSource, type Verifier, verifierPartsOf } from '../kit/verifier.ts'
import { requestIdsOf } from '../log/request-ids.ts'
import { type AboutCaller, type AboutRequest, logDecision, logFailure } from '../log/decision-line.ts'
import { Logger } from '../log/logger.ts'
import type { Rules } from '../policy/builder.ts'
import { NO_RULES, partsOf, type PolicyParts } from '../policy/parts.ts'
import { keepBody } from '../tokens/request-hash.ts'
import type { Credential } from './credential.ts'

/** How `guard` behaves. */
export interface GuardOptions {
  /** The kit or verifier to use. Default: `c.var.jwt`, else that of `c.env`. */
  readonly kit?: Verifier
  /** Lets a caller without credentials through (`c.var.auth` is `undefined`); bad tokens are rejected all the same. */
  readonly optional?: boolean
  /**
   * Requests a token that is bound to this very request. Its body may have been read before by Hono's methods, but for
   * `formData()`; not from `c.req.raw`.
   */
  readonly bound?: boolean
  /**
   * What the request is about to do: it needs a person's yes to exactly that, in `Txn-Token` beside the bearer token, which is
   * used up before the handler runs (`c.var.approval`). Where uses are noted is `JWT_APPROVALS_NAME`. With
   * `@sealgate/kit/hono/verify` the part `approvals` is needed.
   */
  readonly approved?: (c: Context) => Act | Promise<Act>
  /** Where the token is: `header('X-Token')` or `cookie('name')`. Default: `Authorization: Bearer`. */
  readonly credential?: Credential
  /** Receives each decision, for logs. */
  readonly onDecision?: (decision: Decision, c: Context) => void
}

/** A policy, a rule, a list of rules that must all pass, or a function of the context that gives one of these. */
export type PolicyFor<Custom> = Rules<Custom> | ((c: Context) => Rules<Custom>)

/** Makes what an environment describes: `makeKit`, or `makeVerifier`. */
export type Make<Options, Made> = (env: object, options?: Options) => Made

/**
 * Puts what an environment describes on the context as `c.var.jwt`.
 *
 * @param make not called when a kit is among the options
 */
export function sealgateBy<Options, Made extends Verifier>(
  make: Make<Options, Made>,
  options: Options & { readonly kit?: Made },
): MiddlewareHandler<{ Variables: { jwt: Made } }> {
  const { kit, ...makeOptions } = options
  // One object for the lifetime of the middleware: other options would make another kit.
  const stable = Object.keys(makeOptions).length > 0 ? (makeOptions as Options) : undefined
  return async (c, next) => {
    try {
      c.set('jwt', kit ?? make(environmentOf(c), stable))
    } catch (error) {
      throw reported(error, kit, c)
    }
    await next()
  }
}

/**
 * The one implementation of both guards.
 *
 * @param make for a request without a kit among the options, and on its context
 * @param given for a verifier without these parts
 */
export function guardBy<Custom>(
  make: Make<undefined, Verifier>,
  rules: PolicyFor<Custom> | undefined,
  options: GuardOptions = {},
  given: ApprovalParts = {},
): MiddlewareHandler {
  const fixed = typeof rules === 'function' ? undefined : rules === undefined ? NO_RULES : checkRules(rules)
  const { credential, approved } = options
  if (approved) checkApproved(options, given)
  return async (c, next) => {
    let { kit } = options
    let source: TokenSource | Denied
    let decision: Decision<Custom>
    try {
      kit = kitFrom(c, make, kit)
      const take = approved && approvalTaker(kit, given)
      const request = c.req.raw
      if (options.bound && request.bodyUsed) await keepBodyOf(c)
      source = credential ? credential(request) : request
      const parts = typeof rules === 'function' ? checkRules(rules(c)) : (fixed ?? NO_RULES)
      const outcome = isDenied(source)
        ? source
        : decide<Custom>(kit, source, parts, options.bound ? { request } : undefined)
      decision = withIdentityHeader(request, outcome instanceof Promise ? await outcome : outcome)
      if (take && decision.granted) {
        const attempt = { ...aboutRequest(c), act: () => approved(c), rules: parts }
        const taken = await take(decision.auth, attempt)
        if ('granted' in taken) decision = taken
        else c.set('approval', taken)
      }
    } catch (error) {
      throw reported(error, kit, c)
    }
    options.onDecision?.(decision, c)
    const isGuest = !decision.granted && options.optional === true && decision.reason === 'no_credentials'
    const about = (): AboutCaller => ({
      ...aboutRequest(c),
      ...(decision.granted ? originOf(decision.auth) : !isDenied(source) && { source }),
    })
    const { settings, hashSubject = given.hashSubject } = verifierPartsOf(kit)
    logDecision(settings, decision, about, decision.granted || isGuest, hashSubject)
    if (decision.granted) c.set('auth', decision.auth)
    else if (!isGuest) return denialResponse(decision, c.req.raw)
    await next()
    return undefined
  }
}

function isDenied(source: TokenSource | Denied): source is Denied {
  return typeof source === 'object' && source !== null && 'granted' in source
}

/** What can be known to be wrong before a request comes. @throws ConfigError */
function checkApproved({ approved, optional, kit }: GuardOptions, given: ApprovalParts): void {
  if (typeof approved !== 'function') {
    throw new ConfigError('approved accepts a function of the context that gives { tool, args }')
  }
  if (optional) throw new ConfigError('approved and optional exclude each other: no guest has an approval')
  if (kit) approvalTaker(kit, given)
}

/** The kit that the options give, else that on the context, else that of the environment. */
export function kitFrom(c: Context, make: Make<undefined, Verifier>, given: Verifier | undefined): Verifier {
  return given ?? (c.var as { jwt?: Verifier }).jwt ?? make(environmentOf(c))
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
function checkRules(rules: unknown): PolicyParts {
  return partsOf(rules, 'guard accepts a policy, or a function that gives one: guard(policy().needAll(…))')
}

/** `X-User-ID` is informational; one that contradicts the token was not set by the gateway. */
function withIdentityHeader<Custom>(request: Request, decision: Decision<Custom>): Decision<Custom> {
  const claimed = request.headers.get('X-User-ID')
  if (!decision.granted || claimed === null || claimed === decision.auth.sub) return decision
  return denial(400, 'identity_mismatch', 'X-User-ID differs from the subject of the token')
}

/** Hono's default handler makes a response of these errors without a word: whoever runs the service has to hear of them. */
export function reported(error: unknown, kit: Verifier | undefined, c: Context): unknown {
  if (error instanceof KitError) {
    logFailure(kit ? verifierPartsOf(kit).settings.logger : new Logger(), error, aboutRequest(c))
  }
  return errorOf(error, requestIdsOf(c.req.raw).requestId)
}

function aboutRequest({ req }: Context): AboutRequest {
  const { routePath }: { readonly routePath?: string } = req
  return { request: req.raw, route: routePath }
}

function environmentOf({ env }: { readonly env: unknown }): object {
  if (typeof env !== 'object' || env === null) {
    throw new ConfigError(
      'there is no environment on the context: pass one to app.request(path, init, env), or give a kit',
    )
  }
  return env
}
