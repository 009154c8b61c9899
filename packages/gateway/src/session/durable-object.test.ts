/// <reference types="@cloudflare/vitest-plugin/types" />
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { gatewayEnv } from '../testing/fixtures.ts'
import type { Login } from '../auth0/client-types.ts'
import { IDLE_SECONDS, type SessionRecord } from './live-session.ts'
import type { SessionObject } from './durable-object-store.ts'
import { Session } from '../testing/test-gateway.ts'

const { SESSIONS } = env as unknown as { SESSIONS: DurableObjectNamespace }
/** Refresh tokens that Auth0 got. */
let sent: string[]

const OWN_ENV = gatewayEnv({
  JWT_SECRET: 'A'.repeat(86),
  AUTH0_CLIENT_ID: 'web',
  AUTH0_CLIENT_SECRET: 'client-secret',
  SESSION_SECRET: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
  ROUTES: [],
  SESSIONS,
})
/** The Durable Objects are in this isolate: they read this environment, and fetch through this. */
Object.assign(env, OWN_ENV)

const seconds = (): number => Date.now() / 1000

function tokenAnswer(): Response {
  const number = sent.length + 1
  return Response.json({
    access_token: `access-${number}`,
    refresh_token: `refresh-${number}`,
    token_type: 'Bearer',
    expires_in: 3600,
  })
}

let answer: () => Response | Promise<Response>

beforeEach(() => {
  sent = []
  answer = tokenAnswer
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (_, init) => {
    const form = init?.body
    if (form instanceof URLSearchParams) sent.push(form.get('refresh_token') ?? '')
    return answer()
  })
})

/** A session object, begun, as its binding gives it. */
async function begun(changed: Partial<Login> = {}): Promise<SessionObject & DurableObjectStub> {
  const stub = SESSIONS.get(SESSIONS.newUniqueId()) as unknown as SessionObject & DurableObjectStub
  const login: Login = {
    claims: { sub: 'auth0|alice' },
    accessToken: 'access-1',
    refreshToken: 'refresh-1',
    expiresAt: seconds() + 3600,
    authTime: seconds(),
    ...changed,
  }
  expect(await stub.start(login)).toEqual({ ok: true, value: undefined })
  return stub
}

/** Moves what the object has written into the past. */
async function passes(stub: DurableObjectStub, time: number): Promise<void> {
  await runInDurableObject(stub, async (_, { storage }) => {
    const record = await storage.get<SessionRecord>('session')
    if (!record) throw new Error('there is no session')
    const { startedAt, seenAt, expiresAt } = record
    await storage.put('session', {
      ...record,
      startedAt: startedAt - time,
      seenAt: seenAt - time,
      expiresAt: expiresAt - time,
    })
  })
}

function kept(stub: DurableObjectStub): Promise<readonly [entries: number, alarm: number | null]> {
  return runInDurableObject(stub, async (_, { storage }) => [
    (await storage.list()).size,
    await storage.getAlarm(),
  ])
}

describe('the Durable Object of a session', () => {
  it('keeps it when it is evicted', async () => {
    const stub = await begun()
    await evictDurableObject(stub)
    expect(await stub.access()).toMatchObject({ ok: true, value: { accessToken: 'access-1' } })
  })

  it('keeps the new refresh token when it is evicted: the next refresh sends that one', async () => {
    const stub = await begun()
    await stub.refresh()
    await passes(stub, 3600)
    await evictDurableObject(stub)
    expect(await stub.access()).toMatchObject({ ok: true, value: { accessToken: 'access-3' } })
    expect(sent).toEqual(['refresh-1', 'refresh-2'])
  })

  it('refreshes once for requests that come at once', async () => {
    const stub = await begun({ expiresAt: seconds() + 30 })
    const answers = await Promise.all(Array.from({ length: 10 }, () => stub.access()))
    for (const one of answers) expect(one).toMatchObject({ value: { accessToken: 'access-2' } })
    expect(sent).toEqual(['refresh-1'])
  })

  it('asks Auth0 with the client secret of now, when that is in a Secrets Store', async () => {
    const used: unknown[] = []
    vi.mocked(fetch).mockImplementation((_, init) => {
      used.push(init?.body instanceof URLSearchParams && init.body.get('client_secret'))
      return Promise.resolve(tokenAnswer())
    })
    let secret = 'first'
    // Not of `env`: another file may have left there what does not fit.
    const withStore = { ...OWN_ENV, AUTH0_CLIENT_SECRET: { get: () => Promise.resolve(secret) } }
    const stub = await begun()
    await runInDurableObject(stub, async (_, state) => {
      const session = new Session(state, withStore)
      await session.refresh()
      secret = 'second'
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 61_000 })
      await session.refresh()
      vi.useRealTimers()
    })
    expect(used).toEqual(['first', 'second'])
  })

  it('tells errors in words that cross RPC', async () => {
    const stub = await begun({ expiresAt: seconds() - 1 })
    answer = () => new Response('busy', { status: 429, headers: { 'Retry-After': '7' } })
    expect(await stub.access()).toEqual({
      ok: false,
      code: 'auth0_unavailable',
      detail: 'status 429',
      headers: { 'Retry-After': '7' },
    })
  })

  it('is empty after Auth0 took the refresh token no more', async () => {
    const stub = await begun()
    answer = () => Response.json({ error: 'invalid_grant', error_description: 'canary' }, { status: 403 })
    const outcome = await stub.refresh()
    expect(outcome).toMatchObject({ ok: false, code: 'session_expired', detail: 'refresh: invalid_grant' })
    expect(JSON.stringify(outcome)).not.toContain('canary')
    expect(await kept(stub)).toEqual([0, null])
  })

  it('is empty after it ended', async () => {
    const stub = await begun()
    expect(await stub.end()).toEqual({ ok: true, value: 'refresh-1' })
    expect(await kept(stub)).toEqual([0, null])
  })

  it('ends it by its alarm when it was not used, and not before', async () => {
    const stub = await begun()
    const [, alarm] = await kept(stub)
    expect(Math.abs((alarm ?? 0) / 1000 - seconds() - IDLE_SECONDS)).toBeLessThan(60)
    expect(await runDurableObjectAlarm(stub)).toBe(true)
    expect(await kept(stub), 'it was too early').toEqual([1, expect.any(Number)])
    await passes(stub, IDLE_SECONDS)
    expect(await runDurableObjectAlarm(stub)).toBe(true)
    expect(await kept(stub)).toEqual([0, null])
  })

  it('has these methods alone: every public one is callable over RPC', () => {
    expect(Object.getOwnPropertyNames(Session.prototype).sort()).toEqual([
      'access',
      'addSession',
      'alarm',
      'constructor',
      'end',
      'endSessions',
      'forgetSessions',
      'profile',
      'refresh',
      'start',
    ])
  })
})
