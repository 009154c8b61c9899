import { Hono } from 'hono'
import { beforeAll, describe, expect, it } from 'vitest'
import { probe as kitProbe, sealgate } from '../hono.ts'
import { probe as verifierProbe } from '../hono-verify.ts'
import { createKit, generateSecret } from '../index.ts'
import { createTestIssuer, type TestIssuer } from '../testing/test-issuer.ts'

const PATH = '/.well-known/sealgate'

let issuer: TestIssuer
beforeAll(async () => {
  issuer = await createTestIssuer({ audience: 'reports' })
})

const bearer = (token: string): RequestInit => ({ headers: { Authorization: `Bearer ${token}` } })

describe.each([
  ['@sealgate/kit/hono', kitProbe],
  ['@sealgate/kit/hono/verify', verifierProbe],
])('probe of %s', (_, probe) => {
  const app = new Hono().use(probe()).all('*', (c) => c.text('the app'))
  const ask = async (init: RequestInit, path = PATH): Promise<Response> => app.request(path, init, issuer.env)

  it('says what the service verifies with, to the holder of a token without rights', async () => {
    const response = await ask(bearer(await issuer.token({ sub: 'sealgate-probe', kind: 'machine' })))
    expect(response.status).toBe(200)
    expect(response.headers.get('Cache-Control')).toBe('no-store')
    expect(await response.json()).toEqual({
      audience: ['reports'],
      issuer: issuer.env.JWT_ISS,
      kids: [expect.any(String) as string],
      jwksAgeSeconds: expect.any(Number) as number,
    })
  })

  it('denies as a guard does: nothing of the service without a token that it accepts', async () => {
    for (const token of [await issuer.forged(), await issuer.expired()]) {
      const denied = await ask(bearer(token))
      expect(denied.status).toBe(401)
      expect(denied.headers.get('WWW-Authenticate')).toContain('invalid_token')
      expect(await denied.text()).not.toContain('reports')
    }
    expect((await ask({})).headers.get('WWW-Authenticate')).toBe('Bearer')
  })

  it('passes on whatever else comes', async () => {
    const others: [RequestInit, string][] = [
      [{ method: 'POST' }, PATH],
      [{}, '/'],
      [{}, `${PATH}/`],
      [{}, `/api${PATH}`],
    ]
    for (const [init, path] of others) expect(await (await ask(init, path)).text()).toBe('the app')
  })
})

it('takes the kit of the options or of the context before that of the environment', async () => {
  const kit = createKit({ issuer: 'i', audience: 'hs', sign: { secret: generateSecret() } })
  const request = bearer(await kit.sign({ sub: 'a' }))
  for (const app of [new Hono().use(kitProbe({ kit })), new Hono().use(sealgate({ kit }), kitProbe())]) {
    const response = await app.request(PATH, request, issuer.env)
    expect(await response.json()).toEqual({ audience: ['hs'], issuer: 'i', kids: [] })
  }
})
