import { beforeEach, describe, expect, it } from 'vitest'
import type { Login, Tokens, UserClaims } from '../auth0/client-types.ts'
import { GatewayError } from '../errors.ts'
import {
  ABSOLUTE_SECONDS,
  IDLE_SECONDS,
  LiveSession,
  type RecordStorage,
  type SessionRecord,
} from './live-session.ts'

const START = 1_800_000_000
const HOUR = 3600

let now: number
let record: SessionRecord | undefined
let alarm: number | undefined
let writes: number
/** Refresh tokens that were sent to Auth0, and what it answers. */
let sent: string[]
let answer: () => Promise<Tokens>
let asked: number
/** What `/userinfo` answers, where that is not the usual. */
let info: (() => Promise<UserClaims>) | undefined
let revoked: string[]

const storage: RecordStorage = {
  read: () => Promise.resolve(record),
  write(written) {
    record = written
    writes++
    return Promise.resolve()
  },
  clear() {
    record = undefined
    alarm = undefined
    return Promise.resolve()
  },
  wake(at) {
    alarm = at
    return Promise.resolve()
  },
}

function session(): LiveSession {
  const auth0 = {
    refresh(refreshToken: string) {
      sent.push(refreshToken)
      return answer()
    },
    revoke(refreshToken: string) {
      revoked.push(refreshToken)
      return Promise.resolve()
    },
    userinfo(_: string, sub: string): Promise<UserClaims> {
      asked++
      if (info) return info()
      return Promise.resolve({ sub, asked })
    },
  }
  return new LiveSession(storage, auth0, () => now)
}

const login: Login = {
  claims: { sub: 'auth0|alice', name: 'Alice' },
  accessToken: 'access-1',
  expiresAt: START + HOUR,
  refreshToken: 'refresh-1',
  authTime: START - HOUR,
}

async function started(changed: Partial<Login> = {}): Promise<LiveSession> {
  const one = session()
  await one.start({ ...login, ...changed })
  return one
}

function tokens(changed: Partial<Tokens> = {}): Tokens {
  const number = sent.length + 1
  return {
    accessToken: `access-${number}`,
    refreshToken: `refresh-${number}`,
    expiresAt: now + HOUR,
    claims: undefined,
    ...changed,
  }
}

beforeEach(() => {
  now = START
  record = undefined
  alarm = undefined
  writes = 0
  sent = []
  asked = 0
  info = undefined
  revoked = []
  answer = () => Promise.resolve(tokens())
})

const ofKind = (code: string): unknown => expect.objectContaining({ code })

describe('a session ends', () => {
  it('after twelve hours without use', async () => {
    const one = await started()
    now += IDLE_SECONDS
    await expect(one.access()).rejects.toEqual(ofKind('no_session'))
    expect(record, 'nothing is left of it').toBeUndefined()
  })

  it('after seven days, however much it is used', async () => {
    const one = await started()
    for (; now < START + ABSOLUTE_SECONDS; now += 6 * HOUR) await one.access()
    await expect(one.access()).rejects.toEqual(ofKind('no_session'))
  })

  it('with its access token when there is no refresh token', async () => {
    const one = await started({ refreshToken: undefined })
    now += HOUR - 30
    expect(await one.access()).toMatchObject({ accessToken: 'access-1' })
    now += 30
    await expect(one.access()).rejects.toEqual(ofKind('no_session'))
  })

  it('by its alarm, which waits while the session is used', async () => {
    const one = await started()
    expect(alarm).toBe(START + IDLE_SECONDS)
    now += 10 * HOUR
    await one.access()
    now = START + IDLE_SECONDS
    await one.onAlarm()
    expect(alarm).toBe(START + 10 * HOUR + IDLE_SECONDS)
    expect(record).toBeDefined()
    now += 10 * HOUR
    await one.onAlarm()
    expect(record).toBeUndefined()
    expect(alarm).toBeUndefined()
  })

  it('on request, and returns the refresh token that is to be revoked', async () => {
    const one = await started()
    expect(await one.end()).toBe('refresh-1')
    for (const use of [one.access(), one.refresh(), one.profile({ isFresh: false })]) {
      await expect(use).rejects.toEqual(ofKind('no_session'))
    }
    expect(await one.end()).toBeUndefined()
  })

  it('for good: it is never begun twice', async () => {
    const one = await started()
    await expect(one.start(login)).rejects.toThrow('begun already')
  })
})

describe('use', () => {
  it('is not written down each time', async () => {
    const one = await started()
    for (let second = 0; second < 299; second++, now++) await one.access()
    expect(writes).toBe(1)
    now += 1
    await one.access()
    expect(writes).toBe(2)
  })

  it('tells when the user logged in, refreshed or not', async () => {
    const one = await started()
    now += 10 * HOUR
    answer = () => Promise.resolve(tokens({ claims: { sub: 'auth0|alice', auth_time: now, iat: now } }))
    expect(await one.access()).toEqual({
      accessToken: 'access-2',
      expiresAt: now + HOUR,
      sub: 'auth0|alice',
      authTime: START - HOUR,
    })
  })
})

describe('a session of an earlier version', () => {
  it('counts from its start', async () => {
    const one = await started()
    if (record) delete (record as { authTime?: number }).authTime
    expect(await one.access()).toMatchObject({ authTime: START })
  })
})

describe('an access token', () => {
  it('serves until a minute before its end, then it is refreshed first', async () => {
    const one = await started()
    now = START + HOUR - 61
    expect(await one.access()).toMatchObject({ accessToken: 'access-1' })
    now += 1
    expect(await one.access()).toMatchObject({ accessToken: 'access-2' })
    expect(sent).toEqual(['refresh-1'])
  })

  it('serves on while Auth0 is down, for as long as it lives', async () => {
    const one = await started()
    answer = () => Promise.reject(new GatewayError('auth0_unavailable'))
    now = START + HOUR - 11
    expect(await one.access()).toMatchObject({ accessToken: 'access-1' })
    now += 1
    await expect(one.access()).rejects.toEqual(ofKind('auth0_unavailable'))
    expect(record, 'the session goes on').toBeDefined()
  })

  it('does not serve on when Auth0 rejects the refresh token', async () => {
    const one = await started()
    answer = () => Promise.reject(new GatewayError('session_expired'))
    now = START + HOUR - 30
    await expect(one.access()).rejects.toEqual(ofKind('session_expired'))
    expect(record).toBeUndefined()
  })
})

describe('a refresh', () => {
  it('is one for all who ask at once, by either way', async () => {
    const one = await started()
    now = START + HOUR - 30
    const got = await Promise.all([one.refresh(), one.access(), one.refresh(), one.access()])
    expect(new Set(got.map(({ accessToken }) => accessToken))).toEqual(new Set(['access-2']))
    expect(sent).toEqual(['refresh-1'])
  })

  it('is not made again for ten seconds', async () => {
    const one = await started()
    await one.refresh()
    now += 9
    await one.refresh()
    expect(sent).toEqual(['refresh-1'])
    now += 1
    await one.refresh()
    expect(sent).toEqual(['refresh-1', 'refresh-2'])
  })

  it('has stored the new refresh token before anybody gets the new access token', async () => {
    const one = await started()
    const { accessToken } = await one.refresh()
    expect(accessToken).toBe('access-2')
    expect(record).toMatchObject({ refreshToken: 'refresh-2', accessToken: 'access-2' })
  })

  it('keeps the refresh token and the claims when no new ones come', async () => {
    const one = await started()
    answer = () => Promise.resolve(tokens({ refreshToken: undefined }))
    await one.refresh()
    expect(record).toMatchObject({ refreshToken: 'refresh-1', claims: login.claims })
  })

  it('takes the claims that come with it', async () => {
    const one = await started()
    answer = () => Promise.resolve(tokens({ claims: { sub: 'auth0|alice', name: 'Alice B.' } }))
    await one.refresh()
    expect(await one.profile({ isFresh: false })).toMatchObject({ name: 'Alice B.' })
  })

  it('that fails leaves the way free for the next', async () => {
    const one = await started()
    answer = () => Promise.reject(new GatewayError('auth0_failed'))
    await expect(one.refresh()).rejects.toEqual(ofKind('auth0_failed'))
    answer = () => Promise.resolve(tokens())
    expect(await one.refresh()).toMatchObject({ accessToken: 'access-3' })
  })

  it('does not bring back a session that ended meanwhile, and its newest token is revoked', async () => {
    const one = await started()
    const refreshed = expect(one.refresh()).rejects.toEqual(ofKind('session_expired'))
    expect(await one.end()).toBe('refresh-1')
    await refreshed
    expect(record).toBeUndefined()
    expect(revoked).toEqual(['refresh-2'])
  })

  it('does not bring back a session that its alarm ended meanwhile', async () => {
    const one = await started()
    answer = async () => {
      await storage.clear()
      return tokens()
    }
    await expect(one.refresh()).rejects.toEqual(ofKind('session_expired'))
    expect(record).toBeUndefined()
  })

  it('is rejected without a refresh token, and the session goes on', async () => {
    const one = await started({ refreshToken: undefined })
    await expect(one.refresh()).rejects.toEqual(ofKind('not_refreshable'))
    expect(await one.access()).toMatchObject({ accessToken: 'access-1' })
  })
})

describe('fresh claims', () => {
  it('are requested once a minute, and once for all who ask together', async () => {
    const one = await started()
    const ask = (): Promise<UserClaims> => one.profile({ isFresh: true })
    expect(await Promise.all([ask(), ask()])).toMatchObject([{ asked: 1 }, { asked: 1 }])
    now += 59
    expect(await ask()).toMatchObject({ asked: 1 })
    now += 1
    expect(await ask()).toMatchObject({ asked: 2 })
  })

  it('are not requested again for ten seconds after Auth0 failed', async () => {
    const one = await started()
    const ask = (): Promise<UserClaims> => one.profile({ isFresh: true })
    info = () => Promise.reject(new GatewayError('auth0_unavailable'))
    await expect(ask()).rejects.toEqual(ofKind('auth0_unavailable'))
    now += 9
    await expect(ask()).rejects.toEqual(ofKind('auth0_unavailable'))
    expect(asked).toBe(1)
    info = undefined
    now += 1
    expect(await ask()).toMatchObject({ asked: 2 })
  })

  it('that come after the end are told to nobody, and bring nothing back', async () => {
    const one = await started()
    info = async () => {
      await one.end()
      return { sub: 'auth0|alice' }
    }
    await expect(one.profile({ isFresh: true })).rejects.toEqual(ofKind('no_session'))
    expect(record).toBeUndefined()
  })
})
