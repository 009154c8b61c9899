import { describe, expect, it, vi } from 'vitest'
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

it('an owner without an id is nobody, not even a caller without a sub', async () => {
  const rules = policy().owner(undefined)
  expect((await rules.explain({} as never)).passed).toBe(false)
  expect((await rules.explain({ sub: 'ada' } as never)).passed).toBe(false)
})

it('an actor is the outermost one, as the issuer of the token named it', async () => {
  const act = { iss: ISSUER, sub: 'mailer' }
  const outcome = async (claims: object): Promise<boolean> =>
    (await evaluate(partsOf(actor('mailer')), callerOf(claims))).passed
  expect(await outcome({ act })).toBe(true)
  expect(await outcome({ act: { iss: ISSUER, sub: 'other', act } })).toBe(false)
  expect(await outcome({ act: { iss: 'other', sub: 'mailer' } })).toBe(false)
  expect(await outcome({})).toBe(false)
})

// Read anew: the tables stand at the top of the modules.
describe('a policy of modules that were just loaded', () => {
  const load = async () => {
    vi.resetModules()
    const [builder, { evaluate: judge }, parts] = await Promise.all([
      import('./builder.ts'),
      import('./evaluate.ts'),
      import('./parts.ts'),
    ])
    return { ...builder, judge, ...parts }
  }

  it('has no rule, no override and no schema of its own, and lets nobody in who is anonymous', async () => {
    const { isPolicy, NO_RULES, partsOf: read, policy: make } = await load()
    expect(NO_RULES).toEqual({ rules: [], base: {}, allowsAnonymous: false, narrow: undefined })
    expect([isPolicy(make()), isPolicy(policy()), isPolicy({})]).toEqual([true, false, false])
    expect(read(make())).toEqual(NO_RULES)
  })

  it.each([
    ['permissions', (rules: Policy) => rules.needAll('a'), [['b']], ['b', ['b', 7]]],
    ['scope', (rules: Policy) => rules.needAll('a'), ['b'], [['b'], 7]],
    ['scp', (rules: Policy) => rules.needAll('a'), ['b', ['b']], [7, ['b', 7]]],
    ['roles', (rules: Policy) => rules.rolesAll('a'), [['b']], ['b', ['b', 7]]],
  ] as const)('tells a no of %s from what cannot be read', async (claim, add, no, unreadable) => {
    const { judge, partsOf: read, policy: make } = await load()
    const isTurnedRound = async (value: unknown): Promise<boolean> =>
      (await judge(read(make().not(add(make()))), callerOf({ [claim]: value }))).passed
    for (const value of no) expect([value, await isTurnedRound(value)]).toEqual([value, true])
    for (const value of unreadable) expect([value, await isTurnedRound(value)]).toEqual([value, false])
  })

  it('says that the claims do not satisfy its schema', async () => {
    const { judge, partsOf: read, policy: make } = await load()
    const validate = () => ({ issues: [{ message: 'no' }] })
    const rules = make().claims({ '~standard': { version: 1, vendor: 'test', validate } })
    expect(await judge(read(rules), callerOf({}))).toMatchObject({
      passed: false,
      failed: ['its claims satisfy the schema'],
    })
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
    [{ words: 'x' }],
    [{ words: 'x', test: true }],
    [[needAll('a'), { words: 'x' }]],
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
