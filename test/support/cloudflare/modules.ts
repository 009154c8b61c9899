/**
 * The code that joins Workers which run in processes of their own, as text: it runs in workerd. A call over a service
 * binding goes `Binding` → `Hub` (Node; picks a version) → `Door` of that version → the entrypoint that was bound.
 */

/** Says of a request over a binding where it goes and what its URL was. */
export const TARGET_HEADER = 'x-runtime-target'
export const URL_HEADER = 'x-runtime-url'
/** The method of an RPC call; arguments and result are JSON. */
export const METHOD_HEADER = 'x-runtime-method'

/** What a service binding names. */
export interface Target {
  readonly service: string
  /** Default: the default export. */
  readonly entrypoint?: string | undefined
  readonly props?: object | undefined
}

/** The Worker beside each version, which its bindings lead to. */
export const BINDINGS_WORKER: string = `
import { WorkerEntrypoint } from 'cloudflare:workers'

const HUB = 'http://hub.invalid/'

/** Stands for a Worker: passes requests on, and calls of any method. */
export class Binding extends WorkerEntrypoint {
  constructor(ctx, env) {
    super(ctx, env)
    return new Proxy(this, {
      get: (own, name) =>
        name === 'fetch' ? (request) => own.pass(request)
        : typeof name !== 'string' || name in own ? Reflect.get(own, name)
        : (...args) => own.call(name, args),
    })
  }

  async pass(request) {
    const headers = new Headers(request.headers)
    headers.set('${TARGET_HEADER}', JSON.stringify(this.ctx.props))
    headers.set('${URL_HEADER}', request.url)
    return this.env.HUB.fetch(new Request(HUB, new Request(request, { headers, redirect: 'manual' })))
  }

  async call(method, args) {
    const headers = {
      '${TARGET_HEADER}': JSON.stringify(this.ctx.props),
      '${METHOD_HEADER}': method,
    }
    const response = await this.env.HUB.fetch(HUB, { method: 'POST', headers, body: JSON.stringify(args) })
    if (!response.ok) throw new Error('the Worker cannot be reached: ' + (await response.text()))
    const { value, error } = await response.json()
    if (error) throw Object.assign(new Error(error.message), { name: error.name })
    return value
  }
}

/** A KV namespace, which all versions of all Workers share. */
export class Kv extends WorkerEntrypoint {
  async #ask(operation) {
    const body = JSON.stringify({ namespace: this.ctx.props.namespace, ...operation })
    return (await this.env.HUB.fetch(HUB + 'kv', { method: 'POST', body })).json()
  }

  async get(key, options) {
    const type = typeof options === 'string' ? options : (options?.type ?? 'text')
    const read = (text) => (text === null || type !== 'json' ? text : JSON.parse(text))
    const keys = Array.isArray(key) ? key : [key]
    const values = await this.#ask({ get: keys })
    return Array.isArray(key) ? new Map(keys.map((one, index) => [one, read(values[index])])) : read(values[0])
  }

  async put(key, value, { expirationTtl } = {}) {
    await this.#ask({ put: key, value, ttl: expirationTtl })
  }

  async delete(key) {
    await this.#ask({ delete: key })
  }
}

/** Static files are no part of this runtime. */
export default { fetch: () => new Response(null, { status: 404 }) }
`

/**
 * Stands before a version's own main module: exports what that exports, and `Door`, which leads to any of its entrypoints
 * with any props.
 */
export function doorModule(mainModule: string): string {
  const specifier = JSON.stringify(`./${mainModule}`)
  return `
import { WorkerEntrypoint } from 'cloudflare:workers'
export * from ${specifier}
export { default } from ${specifier}

export class Door extends WorkerEntrypoint {
  async fetch(request) {
    const { entrypoint = 'default', props = {} } = JSON.parse(request.headers.get('${TARGET_HEADER}'))
    const exported = this.ctx.exports[entrypoint]
    if (!exported) return new Response('it has no entrypoint ' + entrypoint, { status: 502 })
    const target = exported({ props })
    const method = request.headers.get('${METHOD_HEADER}')
    if (method !== null) return answer(target, method, await request.json())
    const headers = new Headers(request.headers)
    headers.delete('${TARGET_HEADER}')
    headers.delete('${URL_HEADER}')
    const url = request.headers.get('${URL_HEADER}')
    return target.fetch(new Request(url, new Request(request, { headers, redirect: 'manual' })))
  }
}

async function answer(target, method, args) {
  try {
    return Response.json({ value: await target[method](...args) })
  } catch ({ name, message }) {
    return Response.json({ error: { name, message } })
  }
}
`
}
