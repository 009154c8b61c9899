import { describe, expect, it } from 'vitest'
import { isJwksUrl, type JwksLoader, serviceLoader, urlLoader } from './fetch-jwks.ts'

describe('isJwksUrl', () => {
  it.each([
    'https://keys.example/jwks',
    'https://keys.example:8443/jwks?tenant=a',
    'http://localhost/jwks',
    'http://localhost:8787/jwks',
    'http://127.0.0.1/jwks',
    'http://127.255.10.254:1/jwks',
    'http://[::1]:8787/jwks',
    // WHATWG URLs spell this one 127.0.0.1.
    'http://127.1/jwks',
  ])('allows %s', (url) => {
    expect(isJwksUrl(url)).toBe(true)
  })

  it.each([
    '',
    'keys.example/jwks',
    '/jwks',
    'http://keys.example/jwks',
    'http://localhost.keys.example/jwks',
    'http://127.0.0.1.keys.example/jwks',
    'http://a.127.0.0.1.example/jwks',
    'http://128.0.0.1/jwks',
    'http://[::2]/jwks',
    'ftp://localhost/jwks',
    'file:///etc/passwd',
    'data:application/json,{}',
    'javascript:alert(1)',
    'https://user@keys.example/jwks',
    'https://:password@keys.example/jwks',
    'https://user:password@keys.example/jwks',
  ])('rejects %j', (url) => {
    expect(isJwksUrl(url)).toBe(false)
  })
})

describe('a request for a JWKS', () => {
  /** What a loader is asked for. */
  async function requestOf(
    make: (fetch: (url: unknown, init?: RequestInit) => Promise<Response>) => JwksLoader,
    force: boolean,
  ) {
    let seen: { url?: unknown; init?: RequestInit | undefined } = {}
    const load = make((url, init) => {
      seen = { url, init }
      return Promise.resolve(Response.json({ keys: [] }))
    })
    const { signal } = new AbortController()
    expect(await load(force, signal)).toEqual({ keys: [] })
    expect(seen.init?.signal).toBe(signal)
    return seen
  }

  it.each<[what: string, url: string, make: Parameters<typeof requestOf>[0]]>([
    [
      'a service, by an absolute URL',
      'https://jwks.internal/.well-known/jwks.json',
      (fetch) => serviceLoader({ fetch }),
    ],
    ['a URL', 'https://keys.example/jwks', (fetch) => urlLoader('https://keys.example/jwks', fetch)],
  ])('goes to %s, follows no redirect and carries no credentials', async (_, url, make) => {
    const asked = await requestOf(make, false)
    expect(asked.url).toBe(url)
    expect(asked.init?.redirect).toBe('manual')
    expect([...new Headers(asked.init?.headers)]).toEqual([['accept', 'application/json']])
    const forced = await requestOf(make, true)
    expect([...new Headers(forced.init?.headers)]).toEqual([
      ['accept', 'application/json'],
      ['cache-control', 'no-cache'],
    ])
  })
})
