import { join } from 'node:path'
import { createTestIssuer, type TestIssuer } from '@sealgate/kit/testing'
import { build } from 'esbuild'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { type JwksServer, startJwksServer } from './jwks-server.ts'
import { ends } from '../ends.ts'

/** What the consumer decided, and what it took. */
export interface Outcome {
  readonly status: number
  readonly reason: string
  readonly detail?: string
  readonly retryAfterSeconds?: number
  /** Signature checks that this request made; none on a hit of the token cache. */
  readonly verifications: number
  /** Bulk reads of the deny-list so far. */
  readonly reads: number
  /** What the kit reported since the last request, with its problem. */
  readonly events: readonly string[]
}

export interface KitOptions {
  /** How the JWKS is reached: over a service binding, or by its URL. Default `service`. */
  readonly source?: 'service' | 'url'
  readonly leewaySeconds?: number
  /** Set: the kit has a deny-list. */
  readonly denylistOnError?: 'closed' | 'open'
}

/** One kit in the Worker, with a clock, a JWKS and a KV of its own. */
export interface ClockedKit {
  /** Seconds since the epoch, for this kit. Starts where the issuer's clock stands. */
  now: number
  /** How KV behaves: `well`, `throwing`, `slow` (no response ever) or `stale` (an edge cache of a minute). */
  store: 'well' | 'throwing' | 'slow' | 'stale'
  /** The path of its JWKS on the server. */
  readonly path: string
  ask(token: string): Promise<Outcome>
  revoke(revocation: object): Promise<void>
  /** How often its JWKS was fetched. */
  readonly fetches: number
}

export interface Faults {
  readonly issuer: TestIssuer
  readonly jwks: JwksServer
  kit(options?: KitOptions): ClockedKit
  close(): Promise<void>
}

/** When every kit's clock starts. */
const START = 1_900_000_000

/** Real workerd with a consumer in it, and a real HTTP server behind its JWKS binding. */
export async function startFaults(): Promise<Faults> {
  const issuer = await createTestIssuer({ audience: 'reports', now: () => START })
  const jwks = await startJwksServer()
  const bundle = await build({
    entryPoints: [join(import.meta.dirname, 'worker/clocked.ts')],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2024',
    conditions: ['workerd', 'import'],
    external: ['cloudflare:workers'],
  })
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      cf: false,
      workers: [
        {
          name: 'consumer',
          modules: true,
          compatibilityDate: '2026-10-23',
          script: bundle.outputFiles[0]?.text ?? '',
          bindings: { KEYS_URL: jwks.url },
          kvNamespaces: ['DENYLIST'],
          serviceBindings: { KEYS: { external: { address: new URL(jwks.url).host, http: {} } } },
          unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
        },
      ],
    }),
  )
  const closeWorker = ends(() => miniflare.dispose())
  await miniflare.ready
  const url = await miniflare.unsafeGetDirectURL('consumer')
  let serial = 0

  const kit: Faults['kit'] = ({ source = 'service', ...options } = {}) => {
    const path = `kit-${++serial}`
    const headersAt = ({ now, store }: ClockedKit): Record<string, string> => ({
      'X-Kit': path,
      'X-Clock': String(now),
      'X-Store': store,
      'X-Options': JSON.stringify({ issuer: issuer.env.JWT_ISS, source, ...options }),
    })
    return {
      now: START,
      store: 'well',
      path,
      get fetches() {
        return jwks.fetches(path)
      },
      async ask(token) {
        const headers = { ...headersAt(this), Authorization: `Bearer ${token}` }
        return (await (await fetch(url, { headers })).json()) as Outcome
      },
      async revoke(revocation) {
        const body = JSON.stringify(revocation)
        const { status } = await fetch(url, { method: 'POST', headers: headersAt(this), body })
        if (status !== 204) throw new Error(`revoke answered ${status}`)
      },
    }
  }
  return {
    issuer,
    jwks,
    kit,
    async close() {
      await closeWorker()
      await jwks.close()
    },
  }
}

/** The issuer's keys, as it publishes them. */
export async function publishedBy(issuer: TestIssuer): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const response = await issuer.binding.fetch('https://jwks.internal/')
  const { keys } = (await response.json()) as { keys: Record<string, unknown>[] }
  return keys
}
