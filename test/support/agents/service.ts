import { env, exports } from 'cloudflare:workers'
import { createKit, type DenylistStore, parse, type Revocation } from '@sealgate/kit'
import { vi } from 'vitest'
import { createTestIssuer, type TestIssuer } from '@sealgate/kit/testing'

/** The bindings of the Worker under test. */
export const { Guarded, Owned, Room } = env as unknown as Readonly<
  Record<'Guarded' | 'Owned' | 'Room', DurableObjectNamespace>
>

const worker = (exports as unknown as Readonly<Record<'default', Pick<Fetcher, 'fetch'>>>).default

/** A request to the Worker. */
export function request(
  path: string,
  headers: HeadersInit = {},
  method = 'GET',
  body?: object,
): Promise<Response> {
  const sent = new Headers(headers)
  if (body) sent.set('Content-Type', 'application/json')
  return worker.fetch(`https://service.test${path}`, {
    method,
    headers: sent,
    ...(body && { body: JSON.stringify(body) }),
  })
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

/** What an exchange service was asked for. */
export interface TestExchange {
  readonly requests: { readonly token: string; readonly request: { readonly audience: string } }[]
  /** What people's yes was issued for. */
  readonly approvals: object[]
}

/** Gives the Worker and its Agents an exchange that delegates as the gateway does. Before anything makes their kit. */
export function exchangeOfService(issuer: TestIssuer): TestExchange {
  const requests: TestExchange['requests'][number][] = []
  const approvals: object[] = []
  const service = {
    approve(token: string, asked: object) {
      approvals.push({ sub: parse(token).payload.sub, ...asked })
      return Promise.resolve({ ok: true, token: `approval-${approvals.length}` })
    },
    async delegate(token: string, asked: { readonly audience: string }) {
      requests.push({ token, request: asked })
      const { sub } = parse(token).payload as { readonly sub: string }
      const delegated = await issuer.token({ sub, act: { sub: 'test-service' } }, { aud: asked.audience })
      return { ok: true, token: delegated }
    },
  }
  Object.assign(env, { EXCHANGE: service, JWT_EXCHANGE_SERVICE_NAME: 'EXCHANGE' })
  return { requests, approvals }
}

/** A deny-list in a real KV namespace, whose reads can fail or wait. */
export interface TestDenylist {
  isDown: boolean
  /** What reads wait for. */
  gate: Promise<void>
  /** Bulk reads so far. */
  reads: number
  /** Revokes as somebody else does, elsewhere: the service remembers its own verdicts for 30 s. */
  revoke(revocation: Revocation): Promise<void>
}

/** Gives the Worker and its Agents a deny-list. To be called once in a file, before anything makes their kit. */
export function denylistOfService(issuer: TestIssuer): TestDenylist {
  const { DENYLIST: kv } = env as unknown as { readonly DENYLIST: DenylistStore }
  const list: TestDenylist = {
    isDown: false,
    gate: Promise.resolve(),
    reads: 0,
    async revoke(revocation) {
      const { JWT_ISS, JWT_AUD, TEST_ISSUER } = issuer.env
      const verify = { jwksService: TEST_ISSUER }
      await createKit({ issuer: JWT_ISS, audience: JWT_AUD, verify, denylist: kv }).revoke(revocation)
    },
  }
  const store: DenylistStore = {
    async get(keys, options) {
      list.reads++
      if (list.isDown) throw new Error('KV is down')
      await list.gate
      return kv.get(keys, options)
    },
    put: (key, value, options) => kv.put(key, value, options),
  }
  Object.assign(env, { LIST: store, JWT_DENYLIST_NAME: 'LIST' })
  return list
}

/** Lets what a Worker does every 30 s happen at once, in its own context. `vi.unstubAllGlobals` ends it. */
export function shortenTimers(): void {
  const { setTimeout: wait } = globalThis
  vi.stubGlobal('setTimeout', (run: () => void, milliseconds: number) =>
    wait(run, milliseconds === 30_000 ? 100 : milliseconds),
  )
}

/** Lets Agents sleep while a question is open: what keeps them awake is a timer of five minutes, which a test cannot wait for. */
export function letAgentsSleep(): void {
  const { setTimeout: wait } = globalThis
  vi.stubGlobal('setTimeout', (run: () => void, milliseconds: number) =>
    milliseconds === 300_000 ? 0 : wait(run, milliseconds),
  )
}
