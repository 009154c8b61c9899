import type { Auth } from '../claims/types.ts'
import { ConfigError } from '../errors.ts'
import { carrying } from './carrying.ts'
import { type Callee, Carrier, requestOf } from './carrier.ts'
import type { Carried, Envelope, WorkflowEnvelope } from './envelopes.ts'

/** How {@link withCaller} finds those whom a token is for. */
export interface WithCallerOptions<Names extends string = string> {
  /** Audiences by the names of bindings. A binding that is not here gets no token. */
  readonly callees: Readonly<Record<Names, Callee>>
  /** The request that is served meanwhile: its ids go along by HTTP, and the gateway's log names it. */
  readonly incoming?: Request
}

/** An environment in which the bindings of some names carry the caller. */
export type CallerEnv<Env extends object, Names extends string> = {
  readonly [Name in keyof Env]: Name extends Names ? Carrying<Env[Name]> : Env[Name]
}

/** A binding as it is called when the token goes along by itself: bodies without envelope, methods without first argument. */
export type Carrying<Binding> =
  Binding extends Sends<Envelope<infer Body>>
    ? Omit<Binding, 'send' | 'sendBatch'> & CarryingQueue<Body, Binding>
    : Binding extends Starts<WorkflowEnvelope<infer Params>>
      ? Omit<Binding, 'create' | 'createBatch'> & CarryingWorkflow<Params, Binding>
      : Binding extends Finds<infer Stub>
        ? Omit<Binding, 'get' | 'getByName'> & CarryingObjects<Stub, Binding>
        : {
            [Name in keyof Binding]: Name extends 'fetch' | 'connect' ? Binding[Name] : Method<Binding[Name]>
          }

type Method<Value> = Value extends (carried: infer First, ...rest: infer Rest) => infer Result
  ? Carried extends First
    ? (...args: Rest) => Result
    : Value
  : Value

interface Sends<Message> {
  send(message: Message, options?: never): unknown
  sendBatch(messages: never, options?: never): unknown
}

interface CarryingQueue<Body, Binding extends Sends<never>> {
  send(body: Body, options?: { readonly delaySeconds?: number }): ReturnType<Binding['send']>
  sendBatch(
    messages: Iterable<{ readonly body: Body; readonly delaySeconds?: number }>,
    options?: { readonly delaySeconds?: number },
  ): ReturnType<Binding['sendBatch']>
}

interface Starts<Params> {
  create(options?: { id?: string; params?: Params }): unknown
  createBatch(batch: never): unknown
}

interface CarryingWorkflow<Params, Binding extends Starts<never>> {
  create(options: { readonly id?: string; readonly params: Params }): ReturnType<Binding['create']>
  createBatch(
    batch: readonly { readonly id?: string; readonly params: Params }[],
  ): ReturnType<Binding['createBatch']>
}

interface Finds<Stub> {
  get(...args: never[]): Stub
  idFromName(name: string): unknown
}

interface CarryingObjects<Stub, Binding extends Finds<unknown>> {
  get(...args: Parameters<Binding['get']>): Carrying<Stub>
  getByName(name: string): Carrying<Stub>
}

/**
 * The environment, with bindings that carry a caller on: services, Durable Objects, queues and workflows get a token that is
 * delegated for their audience, never the caller's own. It is requested at the first call, once for each of them; all
 * messages share one that is bound to what they say. Make one for each request.
 *
 * @param env the Worker's environment
 * @param auth a caller that a kit verified
 * @throws ConfigError for a name without a binding, and for a binding that can carry no token
 * @throws ClaimsError for an `Auth` that no kit made; each call, as `Kit.delegate` and for a body that is no JSON
 */
export function withCaller<Env extends object, const Names extends keyof Env & string>(
  env: Env,
  auth: Auth,
  { callees, incoming }: WithCallerOptions<Names>,
): CallerEnv<Env, Names> {
  const carrier = new Carrier(auth, incoming)
  const wrapped = Object.entries(callees).map(([name, callee]) => {
    if (!Object.hasOwn(env, name)) throw new ConfigError(`callees names ${name}, which is no binding of env`)
    const request = requestOf(callee, `callees.${name}`)
    return [name, carrying(name, Reflect.get(env, name), carrier, request)] as const
  })
  return { ...env, ...Object.fromEntries(wrapped) } as CallerEnv<Env, Names>
}

/**
 * Puts a body and its caller under seal, to keep both until later: in the storage of a Durable Object until its alarm, in the payload of
 * a schedule, in a table. What is kept is no bearer token, and good for this body and this service alone. {@link callerOf}
 * opens it.
 *
 * @param auth a caller that a kit verified
 * @param body any JSON, of 1 MiB at most
 * @param callee who opens it. Default: this service, with all permissions that the caller holds here
 * @throws ClaimsError, ConfigError as {@link withCaller}
 */
export async function sealCaller<Body>(auth: Auth, body: Body, callee?: Callee): Promise<Envelope<Body>> {
  const carrier = new Carrier(auth)
  const request = requestOf(callee ?? carrier.own, 'the callee')
  return { sealgate: await carrier.seal(request, 'kept', body), body }
}
