import { describe, expect, it, vi } from 'vitest'
import type * as Loaders from './fetch-jwks.ts'
import { isJwksUrl, type JwksLoader } from './fetch-jwks.ts'

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
    make: (
      loaders: typeof Loaders,
      fetch: (url: unknown, init?: RequestInit) => Promise<Response>,
    ) => JwksLoader,
    force: boolean,
  ) {
    let seen: { url?: unknown; init?: RequestInit | undefined } = {}
    // Read anew: the address of a service stands at the top of the module.
    vi.resetModules()
    const load = make(await import('./fetch-jwks.ts'), (url, init) => {
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
      (loaders, fetch) => loaders.serviceLoader({ fetch }),
    ],
    [
      'a URL',
      'https://keys.example/jwks',
      (loaders, fetch) => loaders.urlLoader('https://keys.example/jwks', fetch),
    ],
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
