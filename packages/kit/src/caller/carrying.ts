import { ConfigError } from '../errors.ts'
import { offeredProtocols, setOfferedProtocols } from '../http/websocket.ts'
import { correlationHeaders } from '../log/correlation.ts'
import type { DelegationRequest } from '../tokens/delegate.ts'
import type { Carrier } from './carrier.ts'
import type { Carried } from './envelopes.ts'

type Method = (...args: never[]) => unknown
type Binding = object & Readonly<Record<string, unknown>>

/**
 * A binding by which each call carries a token.
 *
 * @param name for messages
 * @throws ConfigError for a binding that can carry none
 */
export function carrying(
  name: string,
  binding: unknown,
  carrier: Carrier,
  callee: DelegationRequest,
): unknown {
  if (isBinding(binding)) {
    // A service has a function by every name, so it comes first.
    if (has(binding, 'fetch')) return carryingService(binding, carrier, callee)
    if (has(binding, 'idFromName')) return carryingNamespace(binding, carrier, callee)
    if (has(binding, 'sendBatch')) return carryingQueue(binding, carrier, callee)
    if (has(binding, 'createBatch')) return carryingWorkflow(binding, carrier, callee)
  }
  throw new ConfigError(
    `callees names ${name}, which is neither a service, a Durable Object, a queue nor a workflow: nothing there carries a token`,
  )
}

/** A service binding, or the stub of a Durable Object: `Authorization` by HTTP, the first argument over RPC. */
export function carryingService(service: Binding, carrier: Carrier, callee: DelegationRequest): unknown {
  const call = async (method: Method, args: readonly unknown[]): Promise<unknown> => {
    const carried: Carried = { sealgate: { token: await carrier.bearer(callee) } }
    return apply(method, service, [carried, ...args])
  }
  const fetch = async (input: RequestInfo | URL, init?: RequestInit): Promise<unknown> =>
    apply(service.fetch as Method, service, [
      withToken(new Request(input, init), await carrier.bearer(callee), carrier.incoming),
    ])
  return replacing(service, { fetch }, (method, name) =>
    // A socket carries no token.
    name === 'connect' ? bound(service, method) : (...args: unknown[]) => call(method, args),
  )
}

/** What the caller sent as its own credentials stays here. */
function withToken(request: Request, token: string, incoming: Request | undefined): Request {
  const { headers } = request
  headers.set('Authorization', `Bearer ${token}`)
  const offered = offeredProtocols(headers)
  if (offered.tokens.length > 0) setOfferedProtocols(headers, offered.protocols)
  for (const [name, value] of Object.entries(incoming ? correlationHeaders(incoming) : {})) {
    headers.set(name, value)
  }
  return request
}

function carryingNamespace(namespace: Binding, carrier: Carrier, callee: DelegationRequest): unknown {
  const wrapped =
    (wrap: typeof carryingService) =>
    (method: Method) =>
    (...args: unknown[]) =>
      wrap(apply(method, namespace, args) as Binding, carrier, callee)
  const getting = wrapped(carryingService)
  return replacing(namespace, {}, (method, name) => {
    if (name === 'get' || name === 'getByName') return getting(method)
    return name === 'jurisdiction' ? wrapped(carryingNamespace)(method) : bound(namespace, method)
  })
}

interface QueuedMessage {
  readonly body: unknown
  readonly contentType?: string
}

function carryingQueue(queue: Binding, carrier: Carrier, callee: DelegationRequest): unknown {
  const envelope = async (body: unknown, contentType?: string): Promise<object> => {
    if (contentType === 'bytes' || contentType === 'text') {
      throw new ConfigError(`a message with a caller is JSON, not ${contentType}: leave contentType out`)
    }
    return { sealgate: await carrier.seal(callee, 'queue', body), body }
  }
  return replacing(
    queue,
    {
      send: async (body: unknown, options?: { readonly contentType?: string }) =>
        apply(queue.send as Method, queue, [await envelope(body, options?.contentType), options]),
      sendBatch: async (messages: Iterable<QueuedMessage>, options?: object) => {
        const sealed = [...messages].map(async (message) => ({
          ...message,
          body: await envelope(message.body, message.contentType),
        }))
        return apply(queue.sendBatch as Method, queue, [await Promise.all(sealed), options])
      },
    },
    (method) => bound(queue, method),
  )
}

interface Instance {
  readonly id?: string
  readonly params?: unknown
}

/** An instance is started by its id: the platform starts each id once, and so does nobody start a copy. */
function carryingWorkflow(workflow: Binding, carrier: Carrier, callee: DelegationRequest): unknown {
  const sealed = async (instance: Instance = {}): Promise<Instance> => {
    const { id = crypto.randomUUID(), params } = instance
    return {
      ...instance,
      id,
      params: { sealgate: await carrier.seal(callee, 'workflow', params, id), params },
    }
  }
  return replacing(
    workflow,
    {
      create: async (instance?: Instance) =>
        apply(workflow.create as Method, workflow, [await sealed(instance)]),
      createBatch: async (batch: Batch) => {
        const instances = await Promise.all(instancesOf(batch).map(sealed))
        const given = Array.isArray(batch) ? instances : { instances }
        return apply(workflow.createBatch as Method, workflow, [given])
      },
    },
    (method) => bound(workflow, method),
  )
}

type Batch =
  | readonly Instance[]
  | { readonly instances: readonly Instance[] }
  | ({ readonly count: number } & Omit<Instance, 'id'>)

function instancesOf(batch: Batch): readonly Instance[] {
  if ('count' in batch) {
    const { count, ...instance } = batch
    return Array.from({ length: count }, () => instance)
  }
  return 'instances' in batch ? batch.instances : batch
}

/** The binding with some of its methods replaced, and others wrapped. What is no method stays as it is. */
function replacing(
  binding: Binding,
  replaced: Readonly<Record<string, Method>>,
  wrap: (method: Method, name: string) => unknown,
): unknown {
  return new Proxy(binding, {
    get(target, name) {
      // A stub has a function by this name too, and whatever awaits it would call that.
      if (name === 'then') return undefined
      const value: unknown = Reflect.get(target, name, target)
      if (typeof name === 'symbol' || typeof value !== 'function' || name === 'constructor') return value
      return Object.hasOwn(replaced, name) ? replaced[name] : wrap(value as Method, name)
    },
  })
}

function bound(binding: object, method: Method): (...args: unknown[]) => unknown {
  return (...args) => apply(method, binding, args)
}

function apply(method: Method, target: object, args: readonly unknown[]): unknown {
  return Reflect.apply(method, target, args) as unknown
}

function isBinding(value: unknown): value is Binding {
  return (typeof value === 'object' || typeof value === 'function') && value !== null
}

function has(binding: Binding, name: string): boolean {
  return typeof binding[name] === 'function'
}
