import { describe, expect, it } from 'vitest'
import type { Actor, Claims, VerifiedClaims } from '../claims/types.ts'
import { ClaimsError } from '../errors.ts'
import { actorDepth, delegateClaims, type DelegationRequest } from './delegate.ts'

const NOW = 1_800_000_000
const ACTOR = { iss: 'https://issuer.test', sub: 'reports' }
const LIMITS = { ttlSeconds: 900, maxTtlSeconds: 3600 }
const ORIGINAL: Claims = {
  iss: 'https://issuer.test',
  aud: 'reports',
  sub: 'user-1',
  iat: NOW - 60,
  exp: NOW + 86_400,
  permissions: ['read', 'write'],
  roles: ['admin'],
}

function delegated(own: object = {}, request: Partial<DelegationRequest> = {}, now = NOW) {
  // That claims were verified is a mark in their type alone.
  const claims = { ...ORIGINAL, ...own } as VerifiedClaims
  return delegateClaims(claims, ACTOR, { aud: 'billing', ...request }, LIMITS, now)
}

/** A chain of so many actors. */
function chain(length: number): Actor | undefined {
  if (length === 0) return undefined
  const act = chain(length - 1)
  return { sub: `service-${length}`, ...(act && { act }) }
}

describe('delegateClaims', () => {
  it('carries the subject, its rights and the actor, and nothing else of its own', () => {
    expect(delegated()).toStrictEqual({
      claims: { sub: 'user-1', permissions: ['read', 'write'], roles: [] },
      kitClaims: { act: ACTOR, auth_iat: NOW - 60, exp: NOW + 900 },
    })
  })

  it('lets the claims about the subject travel along, and drops all others', () => {
    const email = { email: 'a@b.test', email_verified: true }
    const about = { ...email, name: 'Ada', tid: 't', org_id: 'o', client_id: 'c' }
    const { claims, kitClaims } = delegated({
      ...about,
      jti: 'id-1',
      nbf: NOW - 60,
      req: 'hash',
      own: 'x',
      kind: 'user',
      auth_iat: NOW - 600,
      act: { sub: 'gateway' },
    })
    expect(claims).toStrictEqual({ ...about, sub: 'user-1', permissions: ['read', 'write'], roles: [] })
    expect(kitClaims).toStrictEqual({
      kind: 'user',
      act: { ...ACTOR, act: { sub: 'gateway' } },
      auth_iat: NOW - 600,
      exp: NOW + 900,
    })
  })

  it('keeps the mark of a caller who has gone, and makes none', () => {
    expect(delegated({ offline: true }).kitClaims).toMatchObject({ offline: true })
    for (const own of [{}, { offline: false }]) expect(delegated(own).kitClaims).not.toHaveProperty('offline')
  })

  it.each<[what: string, exp: number, own: object, request: Partial<DelegationRequest>, now?: number]>([
    ['as long as the kit’s tokens', NOW + 900, {}, {}],
    ['as long as it is asked to', NOW + 60, {}, { ttlSeconds: 60 }],
    ['no longer than the kit’s longest', NOW + 3600, {}, { ttlSeconds: 7200 }],
    ['no longer than the original', NOW + 30, { exp: NOW + 30 }, {}],
    ['whole seconds', NOW + 900, {}, {}, NOW + 0.9],
  ])('lives %s', (_, exp, own, request, now) => {
    expect(delegated(own, request, now).kitClaims.exp).toBe(exp)
  })

  it('names a right once that is requested twice', () => {
    expect(delegated({}, { permissions: ['read', 'read'] }).claims.permissions).toEqual(['read'])
  })

  const asks = (request: object): Partial<DelegationRequest> => request
  it.each<[message: string, own: object, request: Partial<DelegationRequest>]>([
    ['permissions may only narrow: not held are sign, pay', {}, { permissions: ['sign', 'read', 'pay'] }],
    ['roles may only narrow: not held are owner', {}, { roles: ['admin', 'owner'] }],
    ['roles may only narrow: not held are admin', { roles: undefined }, { roles: ['admin'] }],
    ['permissions must be an array of strings', {}, asks({ permissions: 'read' })],
    ['permissions must be an array of strings', {}, asks({ permissions: ['read', 1] })],
    ['roles must be an array of strings', {}, asks({ roles: { every: () => true } })],
    ['ttlSeconds must be a positive number', {}, { ttlSeconds: 0 }],
    ['ttlSeconds must be a positive number', {}, { ttlSeconds: -1 }],
    ['ttlSeconds must be a positive number', {}, { ttlSeconds: Number.NaN }],
    ['ttlSeconds must be a positive number', {}, { ttlSeconds: Infinity }],
    ['ttlSeconds must be a positive number', {}, asks({ ttlSeconds: '60' })],
    ['the original token has no lifetime left to delegate', { exp: NOW }, {}],
    ['the chain of actors would be longer than 5', { act: chain(5) }, {}],
  ])('rejects: %s', (message, own, request) => {
    expect(() => delegated(own, request)).toThrow(ClaimsError)
    expect(() => delegated(own, request)).toThrow(message)
  })

  it('takes the last place in the chain of actors', () => {
    expect(actorDepth(delegated({ act: chain(4) }).kitClaims.act)).toBe(5)
  })
})

it('actorDepth counts from nobody to the innermost actor', () => {
  expect([0, 1, 3].map((length) => actorDepth(chain(length)))).toEqual([0, 1, 3])
})
