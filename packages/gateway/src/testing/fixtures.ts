import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'
import { beginLogSecond } from '@sealgate/kit/gateway'
import { beforeEach, expect, vi } from 'vitest'

/** For tests alone: an Auth0 tenant in memory, and environments for a gateway in front of it. */
export interface FakeAuth0 {
  /** An access token of alice, changed as given; a claim that is `undefined` is left out. */
  token(claims?: Readonly<Record<string, unknown>>, how?: TokenOptions): Promise<string>
  /** Answers requests for the JWKS, as `respond` says. */
  readonly fetch: typeof fetch
  /** How often the JWKS was requested. */
  readonly fetches: number
  /** Sets what the JWKS responds with from now on. Default: with the key of the tenant. */
  respond(how?: () => Response | Promise<Response>): void
  readonly publicJwk: JWK
}

export interface TokenOptions {
  readonly header?: Readonly<Record<string, unknown>>
  /** Default: the tenant's. */
  readonly key?: CryptoKey
  readonly alg?: string
}

export const ISSUER = 'https://tenant.test/'
export const API = 'https://api.test'
export const ROLES_CLAIM = 'https://sealgate.test/roles'
export const INTERNAL_ISSUER = 'https://gateway.internal'
/** What must never be seen in a log. */
export const EMAIL = 'alice.canary@example.test'
export const CLIENT_IP = '203.0.113.77'

/** Makes a {@link FakeAuth0}. It draws random numbers: call it in a hook. */
export async function fakeAuth0(): Promise<FakeAuth0> {
  const kid = 'auth0-key'
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true })
  const publicJwk = { ...plain(await exportJWK(publicKey)), kid, alg: 'RS256', use: 'sig' }
  const wellFormed = (): Response => Response.json({ keys: [publicJwk] })
  let answer: () => Response | Promise<Response> = wellFormed
  let fetches = 0
  return {
    publicJwk,
    get fetches() {
      return fetches
    },
    async fetch() {
      fetches++
      return answer()
    },
    respond(how = wellFormed) {
      answer = how
    },
    token(claims = {}, { header = {}, key = privateKey, alg = 'RS256' } = {}) {
      const now = Math.floor(Date.now() / 1000)
      const payload = {
        iss: ISSUER,
        aud: [API, `${ISSUER}userinfo`],
        sub: 'auth0|alice',
        azp: 'web',
        iat: now - 10,
        exp: now + 7200,
        scope: 'openid',
        permissions: ['read:reports', 'export:reports', 'delete:everything'],
        [ROLES_CLAIM]: ['analyst', 'owner'],
        email: EMAIL,
        email_verified: true,
        ...claims,
      }
      return new SignJWT(plain(payload))
        .setProtectedHeader({ typ: 'JWT', kid, ...header, alg })
        .sign(key, { crit: { unknown: true } })
    },
  }
}

/** A private Ed25519 JWK for a slot. */
export async function newSlot(kid: string): Promise<string> {
  const { privateKey } = await generateKeyPair('EdDSA', { extractable: true })
  return JSON.stringify({ ...plain(await exportJWK(privateKey)), kid, alg: 'EdDSA', use: 'sig', nbf: 0 })
}

export const AUDIENCES = {
  reports: { permissions: ['read:reports', 'export:reports'], roles: ['analyst'], actors: ['bot@clients'] },
  archive: { permissions: ['read:reports'], roles: [] },
}

export const ROUTES = [
  { match: '/api/*', methods: ['GET', 'POST'], service: 'CONSUMER', audience: 'reports' },
]

/** An environment in which everything is set that a gateway needs but its key. */
export function gatewayEnv(more: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return {
    WORKER_ENV: 'test',
    AUTH0_DOMAIN: 'tenant.test',
    AUTH0_AUDIENCE: API,
    AUTH0_CLIENTS: 'web, m2m',
    AUTH0_ROLES_CLAIM: ROLES_CLAIM,
    JWT_ISS: INTERNAL_ISSUER,
    JWT_AUD: 'gateway',
    AUDIENCES,
    ROUTES,
    CONSUMER: { fetch: () => Promise.resolve(new Response('consumer')) },
    ...more,
  }
}

export interface CaughtLogs {
  /** Since the test began, in the order in which they were written. */
  lines(): readonly unknown[]
  /** The same, as one string. */
  text(): string
  /** The lines of one request. The first may come after its response: nobody waits for a hash. */
  of(response: Response): Promise<readonly unknown[]>
}

/** Catches what is logged. */
export function catchLogs(): CaughtLogs {
  const spies = (['debug', 'info', 'log', 'warn', 'error'] as const).map((level) =>
    vi.spyOn(console, level).mockImplementation(() => undefined),
  )
  beforeEach(() => {
    beginLogSecond(0)
    for (const spy of spies) spy.mockClear()
  })
  const lines = (): readonly unknown[] =>
    spies
      .flatMap(({ mock }) =>
        mock.calls.map(([line], index): [number, unknown] => [mock.invocationCallOrder[index] ?? 0, line]),
      )
      .sort(([one], [other]) => one - other)
      .map(([, line]) => line)
      // Whenever keys are fetched: no test is about that.
      .filter((line) => memberOf(line, 'event') !== 'jwks_refreshed')
  return {
    lines,
    text: () =>
      lines()
        .map((line) => JSON.stringify(line))
        .join('\n'),
    of: (response) =>
      vi.waitFor(() => {
        const id = response.headers.get('X-Request-Id')
        const found = lines().filter((line) => memberOf(line, 'request_id') === id)
        expect(found).not.toEqual([])
        return found
      }),
  }
}

function memberOf(line: unknown, name: string): unknown {
  return typeof line === 'object' && line !== null
    ? (line as Readonly<Record<string, unknown>>)[name]
    : undefined
}

/** What every error response has to be, whatever it says. */
export async function expectError(response: Response, status: number, error: string): Promise<string> {
  expect(response.status).toBe(status)
  expect(response.headers.get('Content-Type')).toBe('application/json')
  expect(response.headers.get('Cache-Control')).toBe('no-store')
  const body: unknown = await response.json()
  expect(body).toEqual({
    error,
    error_description: expect.stringMatching(/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/) as string,
    source: response.headers.get('X-Error-Source'),
    request_id: response.headers.get('X-Request-Id'),
  })
  return (body as { error_description: string }).error_description
}

/** workerd exports a JWK with every member there is, most of them `undefined`. */
export function plain(value: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined))
}

/** A deny-list in memory, as a KV binding looks to the kit. */
export function memoryKv(): {
  readonly entries: Map<string, unknown>
  /** How long the last entry is kept, in seconds. */
  readonly ttl: number | undefined
  get(keys: readonly string[]): Promise<Map<string, unknown>>
  put(key: string, value: string, options: { expirationTtl: number }): Promise<void>
} {
  const entries = new Map<string, unknown>()
  let ttl: number | undefined
  return {
    entries,
    get ttl() {
      return ttl
    },
    get: (keys) => Promise.resolve(new Map(keys.map((key) => [key, entries.get(key) ?? null]))),
    put(key, value, { expirationTtl }) {
      ttl = expirationTtl
      entries.set(key, JSON.parse(value))
      return Promise.resolve()
    },
  }
}

/** A rate-limit binding that lets so many calls of each key through, and keeps the keys. */
export function countingLimiter(allowed: number): {
  readonly keys: string[]
  limit(options: { readonly key: string }): Promise<{ success: boolean }>
} {
  const keys: string[] = []
  return {
    keys,
    limit({ key }) {
      keys.push(key)
      return Promise.resolve({ success: keys.filter((one) => one === key).length <= allowed })
    },
  }
}

/** A service that keeps what it gets. */
export interface RecordingService {
  readonly received: Request[]
  /** The one request that came. */
  only(): Request
  /** The token of that request. */
  token(): string
  answer: (request: Request) => Response | Promise<Response>
  fetch(request: Request): Response | Promise<Response>
}

export function recordingService(): RecordingService {
  const received: Request[] = []
  return {
    received,
    only() {
      const [request, ...more] = received
      if (!request || more.length > 0) throw new Error(`the service got ${received.length} requests`)
      return request
    },
    token() {
      return (this.only().headers.get('Authorization') ?? '').replace(/^Bearer /, '')
    },
    answer: () => Response.json({ from: 'consumer' }),
    fetch(request) {
      received.push(request)
      return this.answer(request)
    },
  }
}
