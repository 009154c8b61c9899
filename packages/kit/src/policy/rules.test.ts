import { describe, expect, it } from 'vitest'
import { authOf, type Auth, type VerifiedClaims } from '../claims/types.ts'
import { ConfigError } from '../errors.ts'
import { policy, type Policy, type Rules } from './builder.ts'
import { evaluate } from './evaluate.ts'
import { partsOf, type Rule } from './parts.ts'
import { actor, anyOf, kind, needAll, needAny, not, owner, rolesAll, rolesAny, where } from './rules.ts'

const ISSUER = 'https://issuer.test'
const callerOf = (claims: object): Auth =>
  authOf({ iss: ISSUER, aud: 'a', sub: 'ada', iat: 0, exp: 1, ...claims } as unknown as VerifiedClaims)

const CALLERS: readonly Auth[] = [
  {},
  { kind: 'user', permissions: ['read', 'write'], roles: ['admin', 'analyst'] },
  { kind: 'user', scope: 'read', roles: ['analyst'] },
  { kind: 'machine', permissions: ['read'], act: { iss: ISSUER, sub: 'mailer' } },
  { kind: 'agent', permissions: 'read', roles: [7], act: { iss: 'other', sub: 'mailer' }, tid: 'acme' },
  { kind: 'anonymous', permissions: ['read'] },
].map(callerOf)

const isAcme = ({ tid }: VerifiedClaims): boolean => tid === 'acme'
const throws = (): boolean => {
  throw new Error('a bug')
}

const PAIRS: readonly [rule: string, rules: Rules, built: Policy][] = [
  ['needAll', needAll('read', 'write'), policy().needAll('read', 'write')],
  ['needAny', needAny('read', 'write'), policy().needAny('read', 'write')],
  ['rolesAll', rolesAll('admin', 'analyst'), policy().rolesAll('admin', 'analyst')],
  ['rolesAny', rolesAny('admin'), policy().rolesAny('admin')],
  ['kind', kind('user', 'agent'), policy().kind('user', 'agent')],
  ['owner', owner('ada'), policy().owner('ada')],
  ['owner of nothing', owner(undefined), policy().owner(undefined)],
  ['actor', actor('mailer'), policy().actor('mailer')],
  ['where', where(isAcme, 'tenant is acme'), policy().where(isAcme, 'tenant is acme')],
  ['where that throws', where(throws, 'a bug'), policy().where(throws, 'a bug')],
  [
    'anyOf',
    anyOf(needAll('write'), [kind('machine'), needAll('read')]),
    policy().anyOf(policy().needAll('write'), policy().kind('machine').needAll('read')),
  ],
  ['not', not(needAll('read')), policy().not(policy().needAll('read'))],
  [
    'a list',
    [needAll('read'), rolesAny('analyst'), not(kind('machine'))],
    policy().needAll('read').rolesAny('analyst').not(policy().kind('machine')),
  ],
]

describe('a rule as a function', () => {
  it.each(PAIRS)(
    '%s decides as the method of the builder does, in the same words',
    async (_, rules, built) => {
      const outcomes = (which: Rules) =>
        Promise.all(CALLERS.map(async (caller) => evaluate(partsOf(which), caller)))
      const outcome = await outcomes(rules)
      expect(outcome).toEqual(await outcomes(built))
      expect(outcome.some(({ passed }) => !passed)).toBe(true)
    },
  )

  it('goes into a policy, and a policy goes into it', async () => {
    for (const rules of [
      anyOf(policy().needAll('write'), rolesAny('nobody')),
      policy().anyOf(needAll('write'), [rolesAny('nobody')]),
    ]) {
      const outcomes = await Promise.all(CALLERS.map(async (caller) => evaluate(partsOf(rules), caller)))
      expect(outcomes.map(({ passed }) => passed)).toEqual([false, true, false, false, false, false])
    }
  })

  it.each<[what: string, make: () => unknown, problem: string]>([
    ['no permissions', () => needAll(), 'needAll() names nothing'],
    ['an empty role', () => rolesAny(''), 'rolesAny() accepts non-empty strings'],
    [
      'a kind that is none',
      () => kind('robot' as never),
      'kind takes user, machine, agent, anonymous; not robot',
    ],
    ['an actor without a name', () => actor(''), 'actor() accepts non-empty strings'],
    ['no alternative', () => anyOf(), 'anyOf without policies would pass nobody'],
    ['a policy without rules', () => not(policy()), 'a policy without rules inside not() decides nothing'],
    ['an empty list', () => anyOf([]), 'this is no policy'],
    ['allowAnonymous inside', () => anyOf(policy().allowAnonymous().kind('user')), 'belong outside anyOf()'],
    ['no words', () => where(isAcme, ''), 'where needs words'],
    ['no predicate', () => where('x' as never, 'x'), 'where takes a function'],
  ])('is a ConfigError with %s', (_, make, problem) => {
    expect(make).toThrow(ConfigError)
    expect(make).toThrow(problem)
  })

  it('that names anonymous callers needs a policy that allows them, however deep it is', () => {
    const rules = [kind('anonymous'), anyOf(kind('user', 'anonymous'), owner('a'))]
    for (const rule of rules) {
      expect(rule.namesAnonymous).toBe(true)
      expect(() => policy().anyOf(rule).build()).toThrow("kind('anonymous') passes nobody")
      expect(() => policy().allowAnonymous().anyOf(rule).build()).not.toThrow()
    }
    expect(anyOf(kind('user')).namesAnonymous).toBe(false)
  })
})

describe('what is held against a caller', () => {
  it.each([
    [[]],
    [{}],
    ['needAll'],
    [null],
    [[needAll('a'), undefined]],
    [[policy()]],
    [() => true],
    [/./],
    [[/./]],
  ])('is no policy, rule or list of rules: %o', (value) => {
    expect(() => partsOf(value)).toThrow(ConfigError)
    expect(() => partsOf(value)).toThrow('this is no policy: make one with policy().needAll(…)')
  })

  it.each([[undefined], [null], [1], ['yes'], [{}], [Promise.resolve(1)], [{ then: () => true }]])(
    'passes for true alone, not for %j from a rule of somebody’s own',
    async (verdict) => {
      const rule = { words: 'own', test: () => verdict } as unknown as Rule
      const caller = callerOf({})
      expect(await evaluate(partsOf(rule), caller)).toMatchObject({ passed: false, failed: ['own'] })
      expect(await evaluate(partsOf(not(rule)), caller)).toMatchObject({ passed: false })
      expect(await evaluate(partsOf(anyOf(rule)), caller)).toMatchObject({ passed: false })
    },
  )

  it('is what a list was when it was given', async () => {
    const list: Rule[] = [needAll('read')]
    const parts = partsOf(list)
    list.pop()
    expect((await evaluate(parts, callerOf({}))).passed).toBe(false)
  })
})
