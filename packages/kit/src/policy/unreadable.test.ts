import { describe, expect, it } from 'vitest'
import { ConfigError } from '../errors.ts'
import { policy, type Policy } from './builder.ts'

const base = { iss: 'https://issuer.test', sub: 'user-1', aud: 'reports', iat: 0, exp: 300 }

async function passes(rules: Policy, claims: object): Promise<boolean> {
  return (await rules.explain({ ...base, ...claims })).passed
}

/** A rule, claims that it cannot be read from, and claims that say no for certain. */
const rows: readonly (readonly [what: string, rule: Policy, unreadable: object, no: object])[] = [
  [
    'permissions that are text',
    policy().needAll('write'),
    { permissions: 'read' },
    { permissions: ['read'] },
  ],
  ['permissions with a number', policy().needAny('write'), { permissions: ['read', 7] }, { permissions: [] }],
  ['a scope that is a list', policy().needAll('write'), { scope: ['read'] }, { scope: 'read' }],
  ['a scope that is a number', policy().needAny('write'), { scope: 7 }, {}],
  ['an scp that is an object', policy().needAll('write'), { scp: { read: true } }, { scp: 'read' }],
  ['an scp with a number', policy().needAny('write'), { scp: ['read', 7] }, { scp: ['read'] }],
  ['roles that are text', policy().rolesAll('banned'), { roles: 'user' }, { roles: ['user'] }],
  ['roles with null', policy().rolesAny('banned'), { roles: ['user', null] }, { roles: [] }],
  [
    'a predicate that throws',
    policy().where(({ tid }) => (tid as string).startsWith('x'), 'tenant'),
    {},
    { tid: 'acme' },
  ],
]

describe('a rule that cannot tell', () => {
  it.each(rows)(
    'because of %s: passes neither as it is nor turned round',
    async (_, rule, unreadable, no) => {
      expect(await passes(rule, unreadable)).toBe(false)
      expect(await passes(policy().not(rule), unreadable)).toBe(false)
      // Where it can tell, not() does turn it round.
      expect(await passes(rule, no)).toBe(false)
      expect(await passes(policy().not(rule), no)).toBe(true)
    },
  )

  it.each(rows)('because of %s: leaves what is around it in doubt', async (_, rule, unreadable, no) => {
    const never = policy()
      .rolesAny('nobody-has-this')
      .where(() => false, 'never')
    const always = policy().where(() => true, 'always')
    const doubtful = policy().anyOf(rule, never)
    expect(await passes(doubtful, unreadable)).toBe(false)
    expect(await passes(policy().not(doubtful), unreadable)).toBe(false)
    expect(await passes(policy().not(policy().not(rule)), unreadable)).toBe(false)
    // Another alternative that says yes decides; one more rule that says no does too.
    expect(await passes(policy().anyOf(rule, always), unreadable)).toBe(true)
    expect(await passes(policy().not(doubtful), no)).toBe(true)
  })
})

describe('an owner', () => {
  it.each([
    ['user', true],
    ['agent', true],
    [undefined, true],
    ['machine', false],
    ['anonymous', false],
  ])('of kind %s: %s', async (kind, passed) => {
    const rules = policy().owner('user-1').allowAnonymous()
    expect(await passes(rules, kind === undefined ? {} : { kind })).toBe(passed)
  })
})

describe('a policy for anonymous callers', () => {
  it('that nests the kind and does not let them in is rejected when it is built', () => {
    const anonymous = policy().kind('anonymous')
    for (const rules of [anonymous, policy().anyOf(anonymous, policy().rolesAny('admin'))]) {
      expect(() => rules.build()).toThrow(ConfigError)
      expect(() => rules.allowAnonymous().build()).not.toThrow()
    }
    expect(() => policy().anyOf(policy().kind('user'), policy().rolesAny('admin')).build()).not.toThrow()
  })
})
