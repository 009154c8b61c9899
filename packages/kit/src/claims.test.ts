import { describe, expect, it } from 'vitest'
import { authOf, rightsOf, type VerifiedClaims } from './claims.ts'

describe('rights', () => {
  it.each<[claims: Record<string, unknown>, permissions: string[]]>([
    [{ permissions: ['a', 'b'] }, ['a', 'b']],
    [{ permissions: ['a', 7] }, []],
    [{ permissions: 'a' }, []],
    [{ permissions: [], scope: 'a' }, []],
    [{ permissions: null, scope: 'a' }, []],
    [{ scope: 'a b' }, ['a', 'b']],
    [{ scope: ' a  b ' }, ['a', 'b']],
    [{ scope: '' }, []],
    [{ scope: ['a'] }, []],
    [{ scope: 7, scp: 'a' }, []],
    [{ scp: 'a b' }, ['a', 'b']],
    [{ scp: ['a', 'b'] }, ['a', 'b']],
    [{ scp: [['a']] }, []],
    [{ scp: 7 }, []],
    [{}, []],
  ])('of %j are the permissions %j and no roles', (claims, permissions) => {
    expect(rightsOf(claims)).toEqual({ permissions, roles: [] })
  })

  it.each<[roles: unknown, read: string[]]>([
    [['r'], ['r']],
    [['r', null], []],
    ['r', []],
    [{ 0: 'r', length: 1 }, []],
  ])('of roles %j are the roles %j', (roles, read) => {
    expect(rightsOf({ roles })).toEqual({ permissions: [], roles: read })
  })
})

it('a caller is who its claims say, and cannot be changed', () => {
  const act = { sub: 'gateway' }
  const claims = { sub: 'user-1', kind: 'user', jti: 'id-1', act, scope: 'a', roles: ['r'] }
  const auth = authOf(claims as unknown as VerifiedClaims)
  expect(auth).toEqual({
    sub: 'user-1',
    kind: 'user',
    jti: 'id-1',
    actor: act,
    permissions: ['a'],
    roles: ['r'],
    claims,
  })
  expect(Object.isFrozen(auth)).toBe(true)
})
