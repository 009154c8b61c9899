import { beforeEach, describe, expect, it } from 'vitest'
import type { Login, UserClaims } from '../auth0/client-types.ts'
import { GatewayError } from '../errors.ts'
import { CookieEncryption } from './encryption.ts'
import { CookieStore } from './cookie-store.ts'

const NOW = 1_800_000_000
let now: number
const encryption = new CookieEncryption([new Uint8Array(32).fill(1)])
let userinfo: () => Promise<UserClaims>
let asked: number
let store: CookieStore

const login: Login = {
  claims: { sub: 'auth0|alice' },
  accessToken: 'access',
  expiresAt: NOW + 86_400,
  refreshToken: 'refresh-canary',
  authTime: NOW - 500,
}

beforeEach(() => {
  now = NOW
  asked = 0
  userinfo = () => Promise.resolve({ sub: 'auth0|alice', asked })
  const auth0 = {
    userinfo() {
      asked++
      return userinfo()
    },
  }
  store = new CookieStore(auth0, encryption, () => now)
})

describe('a session in its cookie', () => {
  it('lasts twelve hours, and no longer', async () => {
    const { value, maxAge } = await store.create(login)
    expect(maxAge).toBe(12 * 3600)
    now += 12 * 3600 - 1
    expect(await (await store.open(value))?.access()).toMatchObject({
      accessToken: 'access',
      authTime: NOW - 500,
    })
    now += 1
    expect(await store.open(value)).toBeUndefined()
  })

  it('ends with its access token, if that is earlier', async () => {
    expect(await store.create({ ...login, expiresAt: NOW + 60 })).toMatchObject({ maxAge: 60 })
  })

  it('never holds a refresh token', async () => {
    const { value } = await store.create(login)
    expect(JSON.stringify(await encryption.decrypt('session', value, now))).not.toContain('canary')
  })

  it('that is too large is an error with a name, before any browser drops it', async () => {
    const large = { ...login, accessToken: 'x'.repeat(2900) }
    const detail = expect.stringMatching(
      /^the session needs \d+ of 3800 bytes: set SESSION_STORE to do$/,
    ) as unknown
    await expect(store.create(large)).rejects.toMatchObject({ code: 'session_too_large', detail })
  })

  it('does not open what was sealed for a Durable Object', async () => {
    expect(
      await store.open(await encryption.encrypt('session-id', { ...login, startedAt: NOW }, NOW + 60)),
    ).toBeUndefined()
  })

  it('of an earlier version counts from its start', async () => {
    const { claims, accessToken } = login
    const content = { claims, accessToken, exp: NOW + 60, startedAt: NOW }
    const session = await store.open(await encryption.encrypt('session', content, NOW + 60))
    expect(await session?.access()).toMatchObject({ authTime: NOW })
  })

  it('that ended is over here, for a copy of its cookie too', async () => {
    const { value } = await store.create(login)
    const other = await store.create(login)
    await (await store.open(value))?.end()
    expect(await store.open(value)).toBeUndefined()
    expect(await store.open(other.value), 'another session of the user').toBeDefined()
  })
})

describe('fresh claims', () => {
  const ask = async (value: string): Promise<UserClaims | undefined> =>
    (await store.open(value))?.profile({ isFresh: true })

  it('are requested once a minute for a session, however often its one cookie comes', async () => {
    const { value } = await store.create(login)
    expect(await Promise.all([ask(value), ask(value)])).toMatchObject([{ asked: 1 }, { asked: 1 }])
    now += 59
    expect(await ask(value)).toMatchObject({ asked: 1 })
    now += 1
    expect(await ask(value)).toMatchObject({ asked: 2 })
    expect(await ask((await store.create(login)).value), 'another session').toMatchObject({ asked: 3 })
  })

  it('are not requested again at once after Auth0 failed', async () => {
    const { value } = await store.create(login)
    userinfo = () => Promise.reject(new GatewayError('auth0_unavailable'))
    for (let request = 0; request < 3; request++) {
      await expect(ask(value)).rejects.toMatchObject({ code: 'auth0_unavailable' })
    }
    expect(asked).toBe(1)
  })

  it('that come after a logout are told to nobody', async () => {
    const { value } = await store.create(login)
    const session = await store.open(value)
    userinfo = async () => {
      await session?.end()
      return { sub: 'auth0|alice' }
    }
    await expect(session?.profile({ isFresh: true })).rejects.toMatchObject({ code: 'no_session' })
  })
})
