import { describe, expect, it } from 'vitest'
import { cookieNamesOf, isOwnCookie } from '../config/login-settings.ts'
import { parseConfig } from '../config/read-config.ts'
import { AUDIENCES, gatewayEnv, ROUTES } from '../testing/fixtures.ts'
import { cookiesOf, readCookie } from './cookies.ts'

const definition = { audiences: {}, routes: [] }
const config = (environment: string) =>
  parseConfig(gatewayEnv({ WORKER_ENV: environment, JWT_SECRET: 'x', AUDIENCES, ROUTES }), definition)

describe('cookies', () => {
  it('are of one host, sent over https alone, and no script’s', () => {
    const cookies = cookiesOf(config('production'), 'https://app.test')
    expect(cookies.set(cookies.session, 'v', 60.5)).toBe(
      '__Host-sealgate-session=v; Max-Age=60; Path=/; HttpOnly; SameSite=Lax; Secure',
    )
    expect(cookies.clear(`${cookies.login}a`)).toBe(
      '__Host-sealgate-login-a=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax; Secure',
    )
  })

  it.each([
    ['dev', 'http://127.0.0.1:8787', 'sealgate-session'],
    ['test', 'http://localhost:8787', 'sealgate-session'],
    ['dev', 'https://127.0.0.1:8787', '__Host-sealgate-session'],
    ['dev', 'http://app.test', '__Host-sealgate-session'],
    ['dev', 'http://127.0.0.1.evil.test', '__Host-sealgate-session'],
    ['staging', 'http://127.0.0.1:8787', '__Host-sealgate-session'],
    ['production', 'http://127.0.0.1:8787', '__Host-sealgate-session'],
  ])('in %s at %s: %s', (environment, origin, name) => {
    expect(cookiesOf(config(environment), origin).session).toBe(name)
  })
})

describe('cookies of another name', () => {
  it.each([
    ['acme', '__Host-acme', '__Host-acme-login-'],
    ['acme-session', '__Host-acme-session', '__Host-acme-login-'],
    ['app.Session_1', '__Host-app.Session_1', '__Host-app.Session_1-login-'],
  ])('%s: keep their prefix', (name, session, login) => {
    const cookieNames = cookieNamesOf(name)
    expect(cookiesOf({ environment: 'production', cookieNames }, 'https://app.test')).toMatchObject({
      session,
      login,
    })
  })

  it.each([
    ['acme', true],
    ['__Host-acme', true],
    ['__Host-acme-login-x', true],
    ['acme-login-x', true],
    ['__Host-sealgate-session', true],
    ['acme-theme', false],
    ['acme2', false],
    ['Acme', false],
    ['x__Host-acme', false],
  ])('%s is the gateway’s: %s', (name, isOwn) => {
    expect(isOwnCookie(name, cookieNamesOf('acme'))).toBe(isOwn)
  })
})

describe('a cookie', () => {
  const read = (Cookie: string): string | undefined =>
    readCookie(new Request('https://app.test', { headers: { Cookie } }), '__Host-sealgate-session')

  // A no-break space before the name would be trimmed away by String.prototype.trim (CVE-2026-39410).
  it('is not what a no-break space stands before', () => {
    const headers = { get: () => '\u00a0__Host-sealgate-session=v' }
    expect(readCookie({ headers }, '__Host-sealgate-session')).toBeUndefined()
  })

  it.each([
    ['__Host-sealgate-session=v', 'v'],
    ['a=b; __Host-sealgate-session=v; c=d', 'v'],
    ['a=b;__Host-sealgate-session=v=w', 'v=w'],
    ['', undefined],
    ['a=b', undefined],
    ['__Host-sealgate-session=', undefined],
    ['sealgate-session=v', undefined],
    ['__host-sealgate-session=v', undefined],
    ['x__Host-sealgate-session=v', undefined],
    ['__Host-sealgate-session=v; __Host-sealgate-session=w', undefined],
    ['=__Host-sealgate-session=v', undefined],
  ])('in %j is %j', (header, value) => {
    expect(read(header)).toBe(value)
  })
})
