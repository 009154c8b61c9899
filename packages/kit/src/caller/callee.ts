/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-argument --
   TypeScript takes no parameters but any[] for the constructor of a mixin and of its base (TS2545). */
import type { Auth } from '../claims/types.ts'
import { ConfigError } from '../errors.ts'
import type { Denied } from '../http/decision.ts'
import { DenialError } from '../kit/denial-error.ts'
import { makeKit } from '../kit/make-kit.ts'
import { type Verifier, verifierPartsOf } from '../kit/verifier.ts'
import { logDecision } from '../log/decision-line.ts'
import { hashSubject } from '../log/subject-hash.ts'
import type { Rules } from '../policy/builder.ts'
import { type PolicyParts, partsOfRules } from '../policy/parts.ts'
import { callerOfCall, tokenOf } from './caller-of.ts'
import type { Carried } from './envelopes.ts'

/** A class whose methods are called over RPC. */
export type EntrypointClass<Instance extends object = object> = new (...args: any[]) => Instance

/** The names of methods whose first parameter takes a caller. */
export type CalleeName<Instance> = {
  [Name in keyof Instance]: Instance[Name] extends (auth: Auth, ...rest: never[]) => unknown ? Name : never
}[keyof Instance] &
  string

/** What the platform itself calls: each is guarded by itself, if at all. */
const HANDLERS = {
  fetch: true,
  connect: true,
  queue: true,
  scheduled: true,
  email: true,
  tail: true,
  tailStream: true,
  trace: true,
  test: true,
  alarm: true,
  webSocketMessage: true,
  webSocketClose: true,
  webSocketError: true,
} as const

/** Marks of the platform's types, by which bindings are typed. */
type Mark = `__${string}`

/** The class as its callers see it: the methods of the table, with the token where they have the caller. */
export type CalleeOf<Instance, Names> = {
  [
    Name in keyof Instance as Name extends Names | keyof typeof HANDLERS | Mark ? Name : never
  ]: Name extends Names
    ? Instance[Name] extends (auth: Auth, ...rest: infer Rest) => infer Result
      ? (carried: Carried, ...rest: Rest) => Promise<Awaited<Result>>
      : never
    : Instance[Name]
}

/** How {@link callee} verifies. */
export interface CalleeOptions {
  /** The kit of an environment. Default: `makeKit`. */
  readonly kit?: (env: object) => Verifier
}

/**
 * An entrypoint, or a Durable Object, whose methods run for verified callers alone: each gets the caller as its first
 * argument, in place of the token that `withCaller` sent. What the table does not name is not there for callers; `fetch` and
 * the platform's other handlers are, as they are. Not for Agents of the SDK, which have more ways in.
 *
 * @param base the class, made with `(ctx, env)`
 * @param table a policy for each method; `undefined`: any verified caller that is not anonymous
 * @throws ConfigError for a name that is no method
 */
export function callee<Instance extends object, const Names extends CalleeName<Instance>>(
  base: EntrypointClass<Instance>,
  table: Readonly<Record<Names, Rules<any> | undefined>>,
  { kit: kitOf = makeKit }: CalleeOptions = {},
): new (...args: any[]) => CalleeOf<Instance, Names> {
  const { methods, Platform } = partsOf(base)
  /** The object behind the one that callers reach. */
  const inner = new WeakMap<object, object>()
  const behind = (outer: object): object => inner.get(outer) ?? outer
  class Callee extends Platform {
    constructor(...args: any[]) {
      super(...args)
      inner.set(this, new base(...args))
    }
  }
  const define = (name: string, value: Method): unknown =>
    Object.defineProperty(Callee.prototype, name, { value, configurable: true, writable: true })
  for (const [name, rules] of Object.entries(table)) {
    const method = methods.get(name)
    if (!method) throw new ConfigError(`callee: the class has no method ${name}`)
    const parts = partsOfRules(rules)
    define(name, async function call(this: object, carried: unknown, ...rest: unknown[]): Promise<unknown> {
      const own = behind(this)
      const auth = await callerIn(carried, kitOf(environmentOf(own)), parts)
      return Reflect.apply(method, own, [auth, ...rest])
    })
  }
  for (const name of Object.keys(HANDLERS)) {
    const method = methods.get(name)
    if (!method) continue
    if (Object.hasOwn(table, name))
      throw new ConfigError(`callee: the platform calls ${name}, and sends no caller`)
    define(name, function handle(this: object, ...args: unknown[]): unknown {
      return Reflect.apply(method, behind(this), args)
    })
  }
  return Callee as unknown as new (...args: any[]) => CalleeOf<Instance, Names>
}

type Method = (...args: unknown[]) => unknown

/** @throws what tells the calling Worker no more than a response would */
async function callerIn(carried: unknown, kit: Verifier, parts: PolicyParts): Promise<Auth> {
  const decision = await callerOfCall(carried, kit, parts)
  const { settings, hashSubject: hash = hashSubject } = verifierPartsOf(kit)
  logDecision(settings, decision, () => ({ source: tokenOf(carried) }), decision.granted, hash)
  if (!decision.granted) throw overRpc(decision)
  return decision.auth
}

/** Members of an error cross RPC: the decision, with its rules, stays here. */
function overRpc(decision: Denied): Error {
  const { name, message, code, status } = new DenialError(decision)
  const { retryAfterSeconds } = decision
  const error = Object.assign(new Error(message), { name, code, status })
  return retryAfterSeconds === undefined ? error : Object.assign(error, { retryAfterSeconds })
}

/** The methods of a class and of those that it extends, down to the one that the runtime itself has made. */
function partsOf(base: EntrypointClass): {
  readonly methods: ReadonlyMap<string, Method>
  readonly Platform: EntrypointClass
} {
  const methods = new Map<string, Method>()
  let prototype = base.prototype as { readonly constructor: unknown }
  while (!isPlatforms(prototype.constructor)) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
      if (typeof value === 'function' && name !== 'constructor' && !methods.has(name)) {
        methods.set(name, value as Method)
      }
    }
    prototype = Object.getPrototypeOf(prototype) as typeof prototype
  }
  return { methods, Platform: prototype.constructor }
}

function isPlatforms(constructor: unknown): constructor is EntrypointClass {
  return (
    typeof constructor === 'function' &&
    // At its end: a class of somebody's may have these words in it, and would be open to all with its methods.
    Function.prototype.toString.call(constructor).endsWith('[native code] }')
  )
}

function environmentOf(entrypoint: object): object {
  const env: unknown = Reflect.get(entrypoint, 'env')
  if (typeof env === 'object' && env !== null) return env
  throw new ConfigError('callee: the class is no entrypoint: it has no env')
}
