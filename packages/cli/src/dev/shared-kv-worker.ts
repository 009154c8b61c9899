import { WorkerEntrypoint } from 'cloudflare:workers'

type Call = (...args: readonly unknown[]) => unknown
type Method = 'get' | 'getWithMetadata' | 'put' | 'delete' | 'list'

/** One KV namespace, for Workers in other processes: a binding to it has the methods of a KV binding. */
export class Namespace extends WorkerEntrypoint<
  Readonly<Record<string, Readonly<Record<Method, Call>>>>,
  { readonly binding: string }
> {
  get(...args: readonly unknown[]): unknown {
    return this.#call('get', args)
  }

  getWithMetadata(...args: readonly unknown[]): unknown {
    return this.#call('getWithMetadata', args)
  }

  put(...args: readonly unknown[]): unknown {
    return this.#call('put', args)
  }

  delete(...args: readonly unknown[]): unknown {
    return this.#call('delete', args)
  }

  list(...args: readonly unknown[]): unknown {
    return this.#call('list', args)
  }

  #call(method: Method, args: readonly unknown[]): unknown {
    return this.env[this.ctx.props.binding]?.[method](...args)
  }
}

export default { fetch: (): Response => new Response(null, { status: 404 }) }
