import { env, exports } from 'cloudflare:workers'
import { createTestIssuer, type TestIssuer } from '@sealgate/kit/testing'

/** The bindings of the Worker under test. */
export const { Guarded, Owned } = env as unknown as Readonly<
  Record<'Guarded' | 'Owned', DurableObjectNamespace>
>

const worker = (exports as unknown as Readonly<Record<'default', Pick<Fetcher, 'fetch'>>>).default

/** A request to the Worker. */
export function request(path: string, headers: HeadersInit = {}, method = 'GET'): Promise<Response> {
  return worker.fetch(`https://service.test${path}`, { method, headers })
}

export function bearer(token: string): { readonly Authorization: string } {
  return { Authorization: `Bearer ${token}` }
}

/** What a browser's `new WebSocket(url, protocols)` sends. */
export function offer(...protocols: readonly string[]): { readonly 'Sec-WebSocket-Protocol': string } {
  return { 'Sec-WebSocket-Protocol': protocols.join(', ') }
}

/** An issuer whose tokens the Worker and its Agents take: they are in this isolate and read this environment. */
export async function issuerOfService(): Promise<TestIssuer> {
  const issuer = await createTestIssuer()
  Object.assign(env, issuer.env)
  return issuer
}
