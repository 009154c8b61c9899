import { expect, it } from 'vitest'
import { ClaimsError } from '../errors.ts'
import { buildClaims, type SignClaims } from './sign.ts'

const NOW = 1_800_000_000
const settings = {
  issuer: 'https://issuer.test',
  audiences: ['reports'],
  ttlSeconds: 900,
  maxTtlSeconds: 3600,
  typ: 'JWT',
}
const build = (claims: object): unknown =>
  buildClaims({ sub: 'user-1', ...claims } satisfies SignClaims, {}, {}, settings, NOW)

class Money {
  readonly amount = 1
}

it.each([
  ['a date', { when: new Date(0) }, 'claims.when is not JSON'],
  ['an instance of a class', { price: new Money() }, 'claims.price is not JSON'],
  ['a number that is not finite', { deep: [{ n: Infinity }] }, 'claims.deep[0].n is not JSON'],
  ['a bigint', { n: 1n }, 'claims.n is not JSON'],
  ['a function', { deep: { call: () => 1 } }, 'claims.deep.call is not JSON'],
  ['undefined in an array', { list: ['a', undefined] }, 'claims.list[1] is undefined'],
  ['a hole in an array', { list: new Array<string>(2) }, 'claims.list[0] is undefined'],
  ['an object that speaks for itself', { own: { toJSON: () => 1 } }, 'claims.own is not JSON'],
])('refuses %s, and says where it stands', (_, claims, where) => {
  expect(() => build(claims)).toThrow(ClaimsError)
  expect(() => build(claims)).toThrow(where)
})

it('takes all that JSON can say, and leaves out members that are undefined', () => {
  const own = { a: null, b: true, c: -1.5, d: 'é', e: [], f: [[{ g: {} }]], h: Object.create(null) as object }
  const payload = build({ ...own, left: undefined })
  expect(JSON.parse(JSON.stringify(payload))).toMatchObject(JSON.parse(JSON.stringify(own)) as object)
  expect(JSON.stringify(payload)).not.toContain('left')
})
