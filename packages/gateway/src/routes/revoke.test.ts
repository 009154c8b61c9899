import type { Kit } from '@sealgate/kit'
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  catchLogs,
  expectError,
  type FakeAuth0,
  fakeAuth0,
  gatewayEnv,
  memoryKv,
  newSlot,
  type RecordingService,
  recordingService,
} from '../testing/fixtures.ts'
import { app, gatewayOf } from '../testing/test-gateway.ts'

/** The gateway's own kit: it knows of its revocations at once, another one within 30 s. */
async function kitOf(on: Record<string, unknown>): Promise<Kit> {
  return (await gatewayOf(on)).kitFor('reports')
}

let auth0: FakeAuth0
let slot: string
let kv: ReturnType<typeof memoryKv>
let service: RecordingService
let env: Record<string, unknown>
const logs = catchLogs()

beforeAll(async () => {
  auth0 = await fakeAuth0()
  slot = await newSlot('slot-a')
})
beforeEach(() => {
  vi.spyOn(globalThis, 'fetch').mockImplementation(auth0.fetch)
  kv = memoryKv()
  service = recordingService()
  env = gatewayEnv({
    JWT_PRIVATE_JWK_NAME: 'SLOT_A',
    SLOT_A: slot,
    JWT_DENYLIST_NAME: 'DENYLIST',
    DENYLIST: kv,
    CONSUMER: service,
  })
})

const post = (path: string, form: Record<string, string>, on = env): Promise<Response> =>
  Promise.resolve(
    app.request(`https://gateway.test${path}`, { method: 'POST', body: new URLSearchParams(form) }, on),
  )
const revoke = (form: Record<string, string>, on = env): Promise<Response> => post('/oauth/revoke', form, on)

async function exchanged(subject: string, more: Record<string, string> = {}): Promise<Response> {
  return post('/oauth/token', {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    subject_token: subject,
    audience: 'reports',
    ...more,
  })
}
async function internalToken(): Promise<string> {
  const { access_token: token }: { access_token: string } = await (
    await exchanged(await auth0.token())
  ).json()
  return token
}

describe('POST /oauth/revoke', () => {
  it('writes the jti of a token of ours, hashed', async () => {
    const token = await internalToken()
    const response = await revoke({ token, token_type_hint: 'access_token' })
    expect(response.status).toBe(200)
    expect(await response.text()).toBe('')
    expect([...kv.entries.keys()]).toEqual([expect.stringMatching(/^rev:[\w-]{43}:jti:[\w-]{43}$/)])
    expect(logs.text()).not.toContain(token)
  })

  it('answers the same for what is no token of ours, and writes nothing', async () => {
    const token = await internalToken()
    for (const other of ['nonsense', `${token.slice(0, -8)}AAAAAAAA`, await auth0.token()]) {
      expect((await revoke({ token: other })).status).toBe(200)
    }
    expect(kv.entries.size).toBe(0)
  })

  it('requests the token', async () => {
    const description = await expectError(await revoke({ token_type_hint: 'x' }), 400, 'invalid_request')
    expect(description).toContain('token')
  })

  it('requests the client where the exchange does', async () => {
    const on = { ...env, EXCHANGE_CLIENTS: { batch: 'a'.repeat(64) } }
    await expectError(await revoke({ token: 'x' }, on), 401, 'invalid_client')
  })

  it('is not there without a deny-list', async () => {
    const without = { ...env, JWT_DENYLIST_NAME: '' }
    await expectError(await revoke({ token: 'x' }, without), 404, 'not_found')
  })
})

describe('a revoked subject', () => {
  const denyAlice = async (on: Record<string, unknown>): Promise<void> => {
    await (await kitOf(on)).revoke({ sub: 'auth0|alice' })
  }

  it('exchanges nothing that it got before, nor what a refresh got after, but what a login gets', async () => {
    await denyAlice(env)
    await expectError(await exchanged(await auth0.token()), 400, 'invalid_request')
    expect(logs.text()).toContain('"detail":"revoked"')
    const later = Math.floor(Date.now() / 1000) + 2
    for (const auth_time of [undefined, later - 60]) {
      await expectError(await exchanged(await auth0.token({ iat: later, auth_time })), 400, 'invalid_request')
    }
    expect((await exchanged(await auth0.token({ iat: later, auth_time: later }))).status).toBe(200)
    env = { ...env, AUTH0_AUTH_TIME_CLAIM: 'https://app.test/auth_time' }
    const byAction = await auth0.token({ iat: later, 'https://app.test/auth_time': later })
    expect((await exchanged(byAction)).status).toBe(200)
  })

  it('exchanges what it gets after, where no refresh tokens are out', async () => {
    env = { ...env, AUTH0_REFRESH_MAX_SECONDS: '0' }
    await denyAlice(env)
    await expectError(await exchanged(await auth0.token()), 400, 'invalid_request')
    const later = Math.floor(Date.now() / 1000) + 2
    expect((await exchanged(await auth0.token({ iat: later }))).status).toBe(200)
  })

  it('acts for nobody with what it got before', async () => {
    await (await kitOf(env)).revoke({ sub: 'bot@clients' })
    const actor = {
      actor_token: await auth0.token({ sub: 'bot@clients', azp: 'm2m' }),
      actor_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    }
    const response = await exchanged(await auth0.token(), actor)
    expect(await expectError(response, 400, 'invalid_request')).toBe('The actor token is not acceptable')
  })

  it('ends what it acts in: no such token is exchanged, or was issued for good', async () => {
    const delegated = await auth0.token({ act: { iss: 'https://idp.test/', sub: 'agt_1' } })
    const issued: { access_token: string } = await (await exchanged(delegated)).json()
    const kit = await kitOf(env)
    expect(await kit.safeVerify(issued.access_token, { aud: 'reports' })).toMatchObject({ ok: true })
    await kit.revoke({ sub: 'agt_1' })
    await expectError(await exchanged(delegated), 400, 'invalid_request')
    const after = await kit.safeVerify(issued.access_token, { aud: 'reports' })
    expect(after).toMatchObject({ reason: 'revoked', detail: 'the sub of an actor is on the deny-list' })
    expect((await exchanged(await auth0.token())).status, 'its subject goes on without it').toBe(200)
  })

  it('reaches no service, not even with a token that was issued before', async () => {
    const headers = { Authorization: `Bearer ${await auth0.token()}` }
    const call = (): Promise<Response> =>
      Promise.resolve(app.request('https://gateway.test/api/x', { headers }, env))
    expect((await call()).status).toBe(200)
    await denyAlice(env)
    await expectError(await call(), 401, 'invalid_token')
    expect(service.received).toHaveLength(1)
  })

  it('is not known when the deny-list fails: 503', async () => {
    kv.get = () => Promise.reject(new Error('canary'))
    await expectError(await exchanged(await auth0.token()), 503, 'temporarily_unavailable')
    expect(logs.text()).not.toContain('canary')
  })
})

it('an issued token that was revoked is not used again: the next one is new', async () => {
  const headers = { Authorization: `Bearer ${await auth0.token()}` }
  const call = (): Promise<Response> =>
    Promise.resolve(app.request('https://gateway.test/api/x', { headers }, env))
  await call()
  const first = service.token()
  await revoke({ token: first })
  expect((await call()).status).toBe(200)
  expect(service.received[1]?.headers.get('Authorization')).not.toBe(`Bearer ${first}`)
})
