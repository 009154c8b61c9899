import { beforeEach, describe, expect, it } from 'vitest'
import type { Login } from './live-session.ts'
import { CookieEncryption } from './encryption.ts'
import { CookieStore } from './cookie-store.ts'

const NOW = 1_800_000_000
let now: number
const encryption = new CookieEncryption([new Uint8Array(32).fill(1)])
const auth0 = { userinfo: () => Promise.resolve({ sub: 'auth0|alice', name: 'x'.repeat(4000) }) }
const store = new CookieStore(auth0, encryption, () => now)

const login: Login = {
  claims: { sub: 'auth0|alice' },
  accessToken: 'access',
  expiresAt: NOW + 86_400,
  refreshToken: 'refresh-canary',
}

beforeEach(() => {
  now = NOW
})

describe('a session in its cookie', () => {
  it('lasts twelve hours, and no longer', async () => {
    const { value, maxAge } = await store.create(login)
    expect(maxAge).toBe(12 * 3600)
    now += 12 * 3600 - 1
    expect(await (await store.open(value))?.access()).toMatchObject({ accessToken: 'access', startedAt: NOW })
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
    const { value } = await store.create(login)
    await expect((await store.open(value))?.profile({ isFresh: true })).rejects.toMatchObject({
      code: 'session_too_large',
    })
  })

  it('does not open what was sealed for a Durable Object', async () => {
    expect(
      await store.open(await encryption.encrypt('session-id', { ...login, startedAt: NOW }, NOW + 60)),
    ).toBeUndefined()
  })
})
