import { describe, expect, it } from 'vitest'
import { parseConfig } from '../config/read-config.ts'
import { AUDIENCES, gatewayEnv, ROUTES } from '../testing/fixtures.ts'
import { cookiesOf } from './cookies.ts'
import { CookieEncryption } from './encryption.ts'
import {
  findLoginAttempt,
  keepLoginAttempt,
  LOGIN_SECONDS,
  type LoginAttempt,
  type LoginKeeping,
  newLoginAttempt,
} from './login-attempt.ts'

const NOW = 1_800_000_000
const ORIGIN = 'https://app.test'
const config = parseConfig(gatewayEnv({ JWT_SECRET: 'x', AUDIENCES, ROUTES }), { audiences: {}, routes: [] })
const encryption = new CookieEncryption([new Uint8Array(32).fill(1)])
const cookies = cookiesOf(config, ORIGIN)
const at = (now: number): LoginKeeping => ({ encryption, cookies, now })

/** The cookies of one browser. */
class Jar {
  readonly cookies = new Map<string, string>([['theme', 'dark']])

  request(): Request {
    const Cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    return new Request(`${ORIGIN}/auth/login`, { headers: { Cookie } })
  }

  keep(setCookies: readonly string[]): void {
    for (const one of setCookies) {
      const [, name = '', value = ''] = /^([^=]*)=([^;]*)/.exec(one) ?? []
      if (value === '') this.cookies.delete(name)
      else this.cookies.set(name, value)
    }
  }

  async begin(now: number, returnTo = '/app'): Promise<LoginAttempt> {
    const attempt = await newLoginAttempt(at(now), {
      returnTo,
      tries: 1,
      requiresIss: true,
      isForced: false,
      organization: undefined,
    })
    this.keep(await keepLoginAttempt(at(now), this.request(), attempt))
    return attempt
  }

  find({ state }: Pick<LoginAttempt, 'state'>, now: number): ReturnType<typeof findLoginAttempt> {
    return findLoginAttempt(at(now), this.request(), state)
  }

  get logins(): readonly string[] {
    return [...this.cookies.keys()].filter((name) => name.startsWith(cookies.login))
  }
}

describe('logins under way in one browser', () => {
  it('do not meet', async () => {
    const jar = new Jar()
    const [first, second] = [await jar.begin(NOW, '/first'), await jar.begin(NOW + 1, '/second')]
    expect(await jar.find(first, NOW + 2)).toMatchObject({
      attempt: { nonce: first.nonce, returnTo: '/first' },
    })
    jar.keep((await jar.find(first, NOW + 2)).forget)
    expect((await jar.find(first, NOW + 3)).attempt, 'over').toBeUndefined()
    expect(await jar.find(second, NOW + 3)).toMatchObject({ attempt: { returnTo: '/second' } })
  })

  it('are four at most: the oldest goes', async () => {
    const jar = new Jar()
    const attempts = []
    for (let index = 0; index < 6; index++) attempts.push(await jar.begin(NOW + index))
    expect(jar.logins).toHaveLength(4)
    const found = await Promise.all(
      attempts.map(async (one) => (await jar.find(one, NOW + 6)).attempt?.state),
    )
    expect(found).toEqual([undefined, undefined, ...attempts.slice(2).map(({ state }) => state)])
    expect(jar.cookies.get('theme'), 'and nothing else').toBe('dark')
  })

  it('stay far below what a Cookie header may hold, however long their paths are', async () => {
    const jar = new Jar()
    for (let index = 0; index < 6; index++) {
      const attempt = await jar.begin(NOW + index, `/${'x'.repeat(1900)}`)
      expect(jar.request().headers.get('Cookie')?.length).toBeLessThan(3600)
      expect((await jar.find(attempt, NOW + index)).attempt, 'the newest is there').toBeDefined()
    }
  })

  it('push out what does not open first', async () => {
    const jar = new Jar()
    for (const name of ['a', 'b', 'c', 'd']) jar.cookies.set(`${cookies.login}${name}`, 'x.y.z.u.v')
    const over = await jar.begin(NOW)
    const attempt = await jar.begin(NOW + LOGIN_SECONDS)
    expect(jar.logins).toHaveLength(1)
    expect((await jar.find(attempt, NOW + LOGIN_SECONDS)).attempt).toBeDefined()
    expect((await jar.find(over, NOW + LOGIN_SECONDS)).attempt).toBeUndefined()
  })
})

describe('a callback', () => {
  it('tells where its login was to end, without any cookie', async () => {
    const attempt = await new Jar().begin(NOW, '/app?year=2026')
    const found = await new Jar().find(attempt, NOW + 1)
    expect(found).toEqual({
      attempt: undefined,
      aim: { returnTo: '/app?year=2026', tries: 1 },
      isLate: false,
      forget: [],
    })
    expect(attempt.state, 'sealed').not.toContain(btoa('/app?year').slice(0, 8))
  })

  it('is late after ten minutes, and tells it for a day', async () => {
    const jar = new Jar()
    const attempt = await jar.begin(NOW)
    expect(await jar.find(attempt, NOW + LOGIN_SECONDS - 1)).toMatchObject({ isLate: false })
    const late = await jar.find(attempt, NOW + LOGIN_SECONDS)
    expect(late).toMatchObject({ attempt: undefined, isLate: true, aim: { returnTo: '/app' } })
    expect(late.forget, 'the cookie goes').toHaveLength(1)
    expect(await jar.find(attempt, NOW + 86_400)).toMatchObject({ isLate: false, aim: { returnTo: '/' } })
  })

  it.each(['', 'x', '.', 'a.b.c.d.e.f', 'x'.repeat(9000)])(
    'with the made-up state %j tells nothing',
    async (state) => {
      const jar = new Jar()
      await jar.begin(NOW)
      expect(await jar.find({ state }, NOW)).toEqual({
        attempt: undefined,
        aim: { returnTo: '/', tries: 0 },
        isLate: false,
        forget: [],
      })
    },
  )

  it('does not take the cookie of another login by its name', async () => {
    const jar = new Jar()
    const [first, second] = [await jar.begin(NOW), await jar.begin(NOW)]
    const [one = '', other = ''] = jar.logins
    const value = jar.cookies.get(one) ?? ''
    jar.cookies.set(other, value)
    expect((await jar.find(second, NOW)).attempt).toBeUndefined()
    expect((await jar.find(first, NOW)).attempt?.state).toBe(first.state)
  })
})
