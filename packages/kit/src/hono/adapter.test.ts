import { Hono } from 'hono'
import { expect, it } from 'vitest'
import { ConfigError } from '../errors.ts'
import * as adapter from '../hono-adapter.ts'
import * as face from '../hono.ts'
import { generateSecret } from '../keys/hmac-secrets.ts'
import { makeKit as makeKitOf } from '../kit/make-kit.ts'

const env = { JWT_ISS: 'https://issuer.test', JWT_AUD: 'reports', JWT_SECRET: generateSecret() }

it('has all that the face ./hono has, the very same', () => {
  expect(adapter).toMatchObject(face)
})

it('makes the kit that makeKit makes, of an app that does not say what its bindings are', async () => {
  const app = new Hono()
  app.use(async (c, next) => {
    c.set('jwt', adapter.makeKit(c.env))
    await next()
  })
  app.get('/', adapter.guard(), (c) => c.text(c.var.auth.sub))
  const token = await makeKitOf(env).createToken({ sub: 'ada' })
  const response = await app.request('/', { headers: { Authorization: `Bearer ${token}` } }, env)
  expect([response.status, await response.text()]).toEqual([200, 'ada'])
  expect(adapter.makeKit(env)).toBe(makeKitOf(env))
})

it.each([undefined, null, 'env', 7])('says what it needs in place of %j', (given) => {
  expect(() => adapter.makeKit(given)).toThrow(
    new ConfigError(
      'there is no environment: makeKit(c.env) accepts that of the handler, or env from cloudflare:workers',
    ),
  )
})
