import { createTestIssuer, type TestIssuer } from '@sealgate/kit/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { app } from './app.ts'

let issuer: TestIssuer

beforeAll(async () => {
  issuer = await createTestIssuer({ audience: 'reports' })
})

const bearer = (token: string): { headers: Record<string, string> } => ({
  headers: { Authorization: `Bearer ${token}` },
})

describe('what the page shows', () => {
  it('is the caller’s own token, without its signature', async () => {
    const token = await issuer.token({ sub: 'auth0|ada', kind: 'user' })
    const response = await app.request('/api/token', bearer(token), issuer.env)
    expect(response.headers.get('Cache-Control')).toBe('no-store')
    const text = await response.text()
    expect(JSON.parse(text)).toMatchObject({ header: { alg: 'EdDSA' }, payload: { sub: 'auth0|ada' } })
    expect(text).not.toContain(token.split('.')[2])
  })

  it('is each rule, held against the caller', async () => {
    const token = await issuer.token({ permissions: ['read:reports'], kind: 'user' })
    const response = await app.request('/api/decisions', bearer(token), issuer.env)
    const { decisions }: { decisions: { path: string; passed: boolean; rules: object[] }[] } =
      await response.json()
    expect(decisions).toHaveLength(8)
    expect(decisions.find(({ path }) => path === '/api/reports')).toMatchObject({
      passed: false,
      rules: [{ outcome: 'pass' }, { outcome: 'fail' }],
    })
  })

  it('is the JWK Set, and what of it the service has in its cache', async () => {
    const env = { ...issuer.env, GATEWAY_KEYS: issuer.binding }
    const response = await app.request('/api/keys', bearer(await issuer.token()), env)
    const { published, cache }: { published: { keys: { kid: string }[] }; cache: { kids: string[] } } =
      await response.json()
    expect(published.keys).not.toEqual([])
    expect(published.keys.map(({ kid }) => kid)).toEqual(cache.kids)
    expect(JSON.stringify(published)).not.toContain('"d"')
  })

  it('is what the service has in its cache alone, while the gateway restarts', async () => {
    const gone = {
      fetch: () => Promise.resolve(new Response('Worker "gateway" not found.', { status: 503 })),
    }
    const env = { ...issuer.env, GATEWAY_KEYS: gone }
    const response = await app.request('/api/keys', bearer(await issuer.token()), env)
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({ published: { keys: [] } })
  })

  it('needs a token like everything else', async () => {
    for (const path of ['/api/token', '/api/decisions', '/api/keys']) {
      expect((await app.request(path, {}, issuer.env)).status).toBe(401)
    }
  })
})

describe('the page', () => {
  const ASSETS = {
    fetch: (request: Request) => Promise.resolve(new Response(new URL(request.url).pathname)),
  }

  it('comes with a policy that lets in nothing of others', async () => {
    const response = await app.request('/app/page.js', {}, { ...issuer.env, ASSETS })
    expect(await response.text()).toBe('/app/page.js')
    expect(response.headers.get('Content-Security-Policy')).toMatch(/^default-src 'none';/)
    expect(response.headers.get('Content-Security-Policy')).not.toContain('unsafe')
    expect(response.headers.get('X-Content-Type-Options')).toBe('nosniff')
  })

  it('serves nothing from elsewhere', async () => {
    expect((await app.request('/tsconfig.json', {}, { ...issuer.env, ASSETS })).status).toBe(404)
  })
})
