import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTestGateway, type TestGateway } from '@sealgate/gateway/testing'
import { probe } from '@sealgate/kit/hono'
import { Hono } from 'hono'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { OperatorClient, type OperatorClientOptions } from './operator-client.ts'
import { OperatorError } from './operator-error.ts'
import { ensureOperatorKey, type OperatorKey } from './operator-key.ts'

const URL_OF = 'https://gateway.test'
const DEFINITION = {
  audiences: { reports: { permissions: ['read:reports'], roles: [] } },
  routes: [{ match: '/api/*', methods: ['GET' as const], service: 'REPORTS', audience: 'reports' as const }],
}

let root: string
let key: OperatorKey
let gateway: TestGateway
const said: string[] = []
const revocations = new Map<string, string>()

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'client-'))
  key = ensureOperatorKey(root, 'production', {})
  for (const level of ['log', 'warn', 'error'] as const)
    vi.spyOn(console, level).mockImplementation(() => undefined)
})
afterAll(() => rmSync(root, { recursive: true }))
beforeEach(async () => {
  said.length = 0
  revocations.clear()
  gateway = await createTestGateway(DEFINITION, {
    env: {
      OPERATOR_KEYS: JSON.stringify([key.publicJwk]),
      CF_VERSION_METADATA: { id: 'version-1', tag: 'release', timestamp: '' },
      JWT_DENYLIST_NAME: 'DENYLIST',
      DENYLIST: {
        get: (keys: string[]) =>
          Promise.resolve(
            new Map(keys.map((one) => [one, JSON.parse(revocations.get(one) ?? 'null') as unknown])),
          ),
        put: (name: string, value: string) => Promise.resolve(void revocations.set(name, value)),
      },
    },
    services: { REPORTS: new Hono().use(probe()) },
  })
})

/** A client of the gateway in memory, which tells its time as a server does. */
function client(more: Partial<OperatorClientOptions> = {}): OperatorClient {
  return new OperatorClient({
    deployment: { environment: 'production', url: URL_OF, issuer: 'https://gateway.internal' },
    key,
    say: (text) => said.push(text),
    async fetch(request) {
      const { body, status, headers } = await gateway.fetch(request)
      const dated = new Headers(headers)
      dated.set('Date', new Date(gateway.now() * 1000).toUTCString())
      return new Response(body, { status, headers: dated })
    },
    ...more,
  })
}

/** How an operation failed. */
async function failure(operation: Promise<unknown>): Promise<OperatorError> {
  const error: unknown = await operation.catch((reason: unknown) => reason)
  if (error instanceof OperatorError) return error
  throw new Error('it did not fail as an operation does')
}

describe('OperatorClient', () => {
  it('sees the health of a deployment: version, slots, keys', async () => {
    const one = client()
    expect(await one.health()).toMatchObject({
      status: 'ok',
      version: { id: 'version-1', tag: 'release' },
      kit: { sign: { slots: [{ state: 'signing' }] } },
      keys: [{ kid: expect.any(String) as string, thumbprint: expect.any(String) as string }],
    })
    expect(Math.abs(one.clockOffsetSeconds ?? 99)).toBeLessThan(3)
    expect(said).toEqual([])
  })

  it('probes the services', async () => {
    expect(await client().probe()).toMatchObject([{ service: 'REPORTS', audience: 'reports', verdict: 'ok' }])
  })

  it('revokes a user, whose token whois then explains', async () => {
    const bearer = { Authorization: `Bearer ${await gateway.auth0.token({ permissions: ['read:reports'] })}` }
    await gateway.fetch('/api/x', { headers: bearer })
    const token = gateway.forwarded.at(-1)?.token ?? ''
    expect(await client().whois(token)).toMatchObject({
      ok: true,
      issued: 'here',
      version: { id: 'version-1' },
    })
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as {
      sub: string
    }
    await client().revoke({ sub: claims.sub })
    expect(await client().whois(token)).toMatchObject({ ok: false, reason: 'revoked' })
  })

  it('ends a session by its cookie', async () => {
    const cookie = await gateway.login()
    const profile = async (): Promise<number> =>
      (await gateway.fetch('/auth/profile', { headers: { Cookie: cookie } })).status
    expect(await profile()).toBe(200)
    await client().revoke({ session: cookie.slice(cookie.indexOf('=') + 1) })
    expect(await profile()).toBe(401)
    expect(await failure(client().revoke({ session: 'none' }))).toMatchObject({ status: 401 })
  })

  it.each([
    [-90, /clock is (89|90|91) s behind the gateway's/],
    [3600, /clock is (3599|3600|3601) s ahead of the gateway's/],
  ])('goes by the server’s clock when its own is %i s off, and says so once', async (shift, words) => {
    const one = client({ now: () => Date.now() / 1000 + shift })
    expect((await one.health()).status).toBe('ok')
    await one.health()
    expect(said).toHaveLength(1)
    expect(said[0]).toMatch(words)
  })

  it('does not send again what a right clock was rejected for', async () => {
    const send = vi.fn((request: Request) => gateway.fetch(request))
    const other = ensureOperatorKey(root, 'other', {})
    const error = await failure(client({ key: other, fetch: send }).health())
    expect(error).toMatchObject({ status: 401, code: 'invalid_token' })
    expect(error.message).toContain(`rejects the key ${other.kid}: its OPERATOR_KEYS has another one`)
    expect(error.message).toContain(`request ${error.requestId ?? '-'} in the gateway's log`)
    expect(send).toHaveBeenCalledTimes(1)
  })

  it('does not operate another environment, whose issuer differs', async () => {
    const deployment = { environment: 'staging', url: URL_OF, issuer: 'https://gateway.staging.internal' }
    expect(await failure(client({ deployment }).health())).toMatchObject({ code: 'invalid_token' })
  })

  it('says that a gateway has no operators, and that it is misconfigured', async () => {
    gateway = await createTestGateway(DEFINITION)
    expect(await failure(client().health())).toMatchObject({ status: 404, code: 'not_found' })
    expect((await failure(client().health())).message).toContain('has no OPERATOR_KEYS')
    const broken = (): Promise<Response> =>
      Promise.resolve(Response.json({ error: 'misconfigured', request_id: 'r' }, { status: 500 }))
    expect((await failure(client({ fetch: broken }).health())).message).toContain(
      'its log names the variable',
    )
  })

  it.each<[string, () => Promise<Response>]>([
    ['a page', () => Promise.resolve(new Response('<html>', { status: 404 }))],
    ['another API', () => Promise.resolve(Response.json({ status: 'ok' }))],
    [
      'a redirect',
      () => Promise.resolve(new Response(null, { status: 302, headers: { Location: 'https://x.test' } })),
    ],
  ])('says that %s is no gateway', async (_, answer) => {
    expect(await failure(client({ fetch: answer }).health())).toMatchObject({ code: 'no_gateway' })
  })

  it('says what is wrong with a connection', async () => {
    const down = (): Promise<Response> =>
      Promise.reject(
        new TypeError('fetch failed', { cause: new Error('getaddrinfo ENOTFOUND gateway.test') }),
      )
    const error = await failure(client({ fetch: down }).health())
    expect(error).toMatchObject({ code: 'unreachable', status: undefined })
    expect(error.message).toBe(`${URL_OF}/operator cannot be reached: getaddrinfo ENOTFOUND gateway.test`)
  })

  it('quotes no key and no token in an error', async () => {
    const { d } = key.privateJwk
    let sent = ''
    const reject = (request: Request): Promise<Response> => {
      sent = request.headers.get('Authorization') ?? ''
      return Promise.resolve(Response.json({ error: 'invalid_token' }, { status: 401 }))
    }
    const { message } = await failure(client({ fetch: reject }).whois('canary-token'))
    for (const secret of [String(d), sent.slice(7, 40), 'canary-token']) expect(message).not.toContain(secret)
  })
})
