import { describe, expect, expectTypeOf, it } from 'vitest'
import { authOf, type VerifiedClaims } from '../claims/types.ts'
import { ConfigError } from '../errors.ts'
import { isPolicy, policy, type Policy } from './builder.ts'
import { evaluate } from './evaluate.ts'
import { partsOf } from './parts.ts'
import type { SchemaResult, StandardSchema } from './standard-schema.ts'

const NOW = 1_800_000_000
const ISSUER = 'https://issuer.test'

function claims(own: Readonly<Record<string, unknown>> = {}): VerifiedClaims {
  return {
    iss: ISSUER,
    aud: 'a',
    sub: 'auth0|1',
    iat: NOW,
    exp: NOW + 60,
    kind: 'user',
    ...own,
  } as unknown as VerifiedClaims
}
async function passes(rules: Policy, own: Readonly<Record<string, unknown>> = {}): Promise<boolean> {
  return (await evaluate(partsOf(rules), authOf(claims(own)))).passed
}
/** A schema as zod and others make them. */
function schema<Output>(
  validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>,
): StandardSchema<Output> {
  return { '~standard': { version: 1, vendor: 'test', validate } }
}

describe('rules', () => {
  const act = { iss: ISSUER, sub: 'gateway' }
  const table: [name: string, rules: Policy, own: Record<string, unknown>, passed: boolean][] = [
    ['needAll, all held', policy().needAll('a', 'b'), { permissions: ['b', 'a'] }, true],
    ['needAll, one missing', policy().needAll('a', 'b'), { permissions: ['a'] }, false],
    ['needAny, one held', policy().needAny('a', 'b'), { permissions: ['b'] }, true],
    ['needAny, none held', policy().needAny('a', 'b'), { permissions: ['c'] }, false],
    ['permissions win over scope', policy().needAll('a'), { permissions: [], scope: 'a' }, false],
    ['scope, without permissions', policy().needAll('a'), { scope: 'x a' }, true],
    ['scp as text', policy().needAll('a'), { scp: 'a b' }, true],
    ['scp as a list', policy().needAll('a'), { scp: ['a'] }, true],
    ['a permission is not a part of another', policy().needAll('read'), { permissions: ['read:all'] }, false],
    ['permissions as text are none', policy().needAll('a'), { permissions: 'a' }, false],
    [
      'permissions as an object are none',
      policy().needAll('a'),
      { permissions: { 0: 'a', length: 1 } },
      false,
    ],
    ['nested permissions are none', policy().needAll('a'), { permissions: [['a']] }, false],
    ['rolesAll', policy().rolesAll('a', 'b'), { roles: ['a'] }, false],
    ['rolesAny', policy().rolesAny('a', 'b'), { roles: ['a'] }, true],
    ['roles as text are none', policy().rolesAny('a'), { roles: 'a' }, false],
    ['kind', policy().kind('user', 'agent'), {}, true],
    ['another kind', policy().kind('machine'), {}, false],
    ['no kind', policy().kind('user'), { kind: undefined }, false],
    ['owner', policy().owner('auth0|1'), {}, true],
    ['owner, somebody else', policy().owner('auth0|2'), {}, false],
    ['owner, a machine of that name', policy().owner('auth0|1'), { kind: 'machine' }, false],
    ['owner, anonymous', policy().owner('auth0|1'), { kind: 'anonymous' }, false],
    ['owner, without an id', policy().owner(undefined), {}, false],
    ['owner, an empty id', policy().owner(''), { sub: '' }, false],
    ['actor', policy().actor('gateway'), { act }, true],
    [
      'actor of another issuer',
      policy().actor('gateway'),
      { act: { ...act, iss: 'https://other.test' } },
      false,
    ],
    ['actor without issuer', policy().actor('gateway'), { act: { sub: 'gateway' } }, false],
    ['an earlier actor', policy().actor('gateway'), { act: { iss: ISSUER, sub: 'other', act } }, false],
    ['no actor', policy().actor('gateway'), {}, false],
    ['where', policy().where((c) => c.tid === 'acme', 'tenant'), { tid: 'acme' }, true],
    [
      'where that throws',
      policy().where(() => {
        throw new Error('no')
      }, 'x'),
      {},
      false,
    ],
    ['where that gives something truthy', policy().where(() => 1 as unknown as boolean, 'x'), {}, false],
    ['not of something truthy', policy().not(policy().where(() => 1 as unknown as boolean, 'x')), {}, false],
    [
      'anyOf, the second',
      policy().anyOf(policy().needAll('a'), policy().rolesAny('b')),
      { roles: ['b'] },
      true,
    ],
    ['anyOf, none', policy().anyOf(policy().needAll('a'), policy().rolesAny('b')), {}, false],
    ['not', policy().not(policy().rolesAny('suspended')), { roles: [] }, true],
    ['not, held', policy().not(policy().rolesAny('suspended')), { roles: ['suspended'] }, false],
    [
      'not, roles that cannot be read',
      policy().not(policy().rolesAny('suspended')),
      { roles: 'suspended' },
      false,
    ],
    [
      'not, a predicate that throws',
      policy().not(
        policy().where(() => {
          throw new Error('no')
        }, 'x'),
      ),
      {},
      false,
    ],
    ['not not', policy().not(policy().not(policy().needAll('a'))), { permissions: ['a'] }, true],
    ['all rules must hold', policy().needAll('a').rolesAny('b'), { permissions: ['a'] }, false],
    ['no rules', policy(), {}, true],
  ]
  it.each(table)('%s', async (_, rules, own, passed) => {
    expect(await passes(rules, own)).toBe(passed)
  })

  it('name those that failed, in words', async () => {
    const rules = policy().needAll('read:reports').rolesAny('analyst', 'admin').kind('user')
    const { failed } = await evaluate(partsOf(rules), authOf(claims()))
    expect(failed).toEqual(['has the permission read:reports', 'has one of the roles analyst, admin'])
  })

  it.each<[words: string, make: () => Policy]>([
    ['has the permission a', () => policy().needAll('a')],
    ['has all of the permissions a, b', () => policy().needAll('a', 'b')],
    ['has the permission a', () => policy().needAny('a')],
    ['has one of the permissions a, b', () => policy().needAny('a', 'b')],
    ['has the role a', () => policy().rolesAll('a')],
    ['has all of the roles a, b', () => policy().rolesAll('a', 'b')],
    ['has one of the roles a, b', () => policy().rolesAny('a', 'b')],
    ['is machine or agent', () => policy().kind('machine', 'agent')],
    ['is the owner', () => policy().owner('auth0|2')],
    ['comes through gateway', () => policy().actor('gateway')],
    ['tenant is acme', () => policy().where(() => false, 'tenant is acme')],
    [
      'any of: (has the permission a and has the role b) or (is machine)',
      () => policy().anyOf(policy().needAll('a').rolesAny('b'), policy().kind('machine')),
    ],
    [
      'not (is user and comes from x)',
      () =>
        policy().not(
          policy()
            .kind('user')
            .where(() => true, 'comes from x'),
        ),
    ],
  ])('are called: %s', async (words, make) => {
    expect(await evaluate(partsOf(make()), authOf(claims()))).toMatchObject({
      passed: false,
      failed: [words],
    })
  })

  it('name none when all pass', async () => {
    expect(await evaluate(partsOf(policy().kind('user')), authOf(claims()))).toMatchObject({
      passed: true,
      failed: [],
    })
  })

  it.each<[what: string, outcome: unknown]>([
    ['null', null],
    ['nothing', undefined],
    ['text', 'true'],
    ['an object', {}],
    ['an object whose then is no function', { then: true }],
    ['a function', () => true],
  ])('take %s from a predicate for no', async (_, outcome) => {
    expect(await passes(policy().where(() => outcome as boolean, 'x'))).toBe(false)
  })

  it.each([
    ['no', false],
    ['null', null],
    ['nothing', undefined],
  ])('take %s from a predicate for a no that can be turned round', async (_, outcome) => {
    expect(await passes(policy().not(policy().where(() => outcome as boolean, 'x')))).toBe(true)
  })

  it.each([['text'], [{ then: true }], [[]]])(
    'decide at once about %j, which nobody can wait for',
    (outcome) => {
      const rules = policy().where(() => outcome as unknown as boolean, 'x')
      expect(evaluate(partsOf(rules), authOf(claims()))).toMatchObject({ passed: false, failed: ['x'] })
    },
  )

  it('wait for anything that can be waited for, be it a function', async () => {
    const then = (resolve: (outcome: unknown) => void): void => {
      resolve(true)
    }
    for (const outcome of [{ then }, Object.assign(() => true, { then })]) {
      expect(await passes(policy().where(() => outcome as unknown as boolean, 'x'))).toBe(true)
    }
  })
})

describe('predicates that take their time', () => {
  const after =
    (outcome: unknown): (() => Promise<boolean>) =>
    () =>
      Promise.resolve(outcome as boolean)
  const fails = (): Promise<boolean> => Promise.reject(new Error('the database is down'))

  it.each<[what: string, rules: Policy, passed: boolean]>([
    ['a yes', policy().where(after(true), 'x'), true],
    ['a no', policy().where(after(false), 'x'), false],
    ['what is not exactly true', policy().where(after('true'), 'x'), false],
    ['a rejection', policy().where(fails, 'x'), false],
    ['a yes after a no', policy().needAll('a').where(after(true), 'x'), false],
    ['a yes before a no', policy().where(after(true), 'x').needAll('a'), false],
    ['two of them', policy().where(after(true), 'x').where(after(false), 'y'), false],
    ['not of a yes', policy().not(policy().where(after(true), 'x')), false],
    ['not of a no', policy().not(policy().where(after(false), 'x')), true],
    [
      'not of a yes that is not true, as a database says it',
      policy().not(policy().where(after(1), 'x')),
      false,
    ],
    ['not of nothing', policy().not(policy().where(after(null), 'x')), true],
    ['not of a rejection', policy().not(policy().where(fails, 'x')), false],
    ['not of a no after a yes', policy().not(policy().kind('user').where(after(false), 'x')), true],
    ['not of a rejection, then a yes', policy().not(policy().where(fails, 'x').kind('user')), false],
    ['not of a rejection, then a no', policy().not(policy().where(fails, 'x').needAll('a')), true],
    ['one that cannot tell, alone', policy().anyOf(policy().where(fails, 'x')), false],
    ['one that cannot tell, before a yes', policy().anyOf(policy().where(fails, 'x').kind('user')), false],
    ['one of several', policy().anyOf(policy().needAll('a'), policy().where(after(true), 'x')), true],
    ['none of several', policy().anyOf(policy().where(after(false), 'x'), policy().needAll('a')), false],
    ['the last of several', policy().anyOf(policy().where(fails, 'x'), policy().kind('user')), true],
    [
      'not of several that cannot tell',
      policy().not(policy().anyOf(policy().where(fails, 'x'), policy().needAll('a'))),
      false,
    ],
  ])('are waited for: %s', async (_, rules, passed) => {
    expect(await passes(rules)).toBe(passed)
    expect((await rules.explain(claims())).passed).toBe(passed)
  })

  it('name what failed, those that were waited for last', async () => {
    const rules = policy()
      .where(after(false), 'one')
      .needAll('a')
      .where(after(true), 'two')
      .where(fails, 'three')
    expect(await evaluate(partsOf(rules), authOf(claims()))).toMatchObject({
      passed: false,
      failed: ['has the permission a', 'one', 'three'],
    })
    expect((await rules.explain(claims())).rules.map(({ outcome }) => outcome)).toEqual([
      'fail',
      'fail',
      'pass',
      'fail',
    ])
  })

  it.each([true, false])('are called once for a decision: %s', async (outcome) => {
    let calls = 0
    const counted = (): boolean => {
      calls++
      return outcome
    }
    await passes(
      policy()
        .where(counted, 'x')
        .where(() => Promise.resolve(counted()), 'y'),
    )
    expect(calls).toBe(2)
    await passes(policy().anyOf(policy().where(() => Promise.resolve(counted()), 'y')))
    expect(calls).toBe(3)
  })

  it('are not called once another has decided', async () => {
    const never = (): Promise<boolean> => {
      throw new Error('called')
    }
    const called = policy().anyOf(policy().where(after(true), 'x'), policy().where(never, 'y'))
    expect(await passes(called)).toBe(true)
    expect(await passes(policy().not(policy().where(after(false), 'x').where(never, 'y')))).toBe(true)
  })

  it('make a promise of the decision, which others do not', () => {
    const judged = (rules: Policy): unknown => evaluate(partsOf(rules), authOf(claims()))
    expect(judged(policy().where(after(true), 'x'))).toBeInstanceOf(Promise)
    expect(
      judged(
        policy()
          .where(() => true, 'x')
          .anyOf(policy().kind('user')),
      ),
    ).not.toBeInstanceOf(Promise)
  })

  it('deny also as a rule of somebody’s own, without words and with a promise that is rejected', async () => {
    const own = (test: () => Promise<boolean>) => evaluate(partsOf({ words: '', test }), authOf(claims()))
    expect((await own(fails)).passed).toBe(false)
    expect((await own(after(false))).passed).toBe(false)
    expect((await own(after(true))).passed).toBe(true)
  })

  it('see the claims as the schema made them', async () => {
    const seen = schema(() => ({ value: { tenant: 'acme' } }))
    const rules = policy()
      .claims(seen)
      .where(({ tenant }) => Promise.resolve(tenant === 'acme'), 'tenant')
    expect((await evaluate(partsOf(rules), authOf(claims()))).passed).toBe(true)
  })
})

describe('building', () => {
  it('leaves a policy as it was', async () => {
    const base = policy().needAll('a')
    const narrower = base.rolesAny('x')
    const wider = base.anyOf(policy().rolesAny('y'))
    expect(narrower).not.toBe(base)
    expect(await passes(base, { permissions: ['a'] })).toBe(true)
    expect(await passes(narrower, { permissions: ['a'], roles: ['y'] })).toBe(false)
    expect(await passes(wider, { permissions: ['a'], roles: ['y'] })).toBe(true)
    expect(Object.isFrozen(base.build())).toBe(true)
  })

  it('does not see a list that changes later', async () => {
    const names = ['a']
    const rules = policy().needAll(...names)
    names.push('b')
    expect(await passes(rules, { permissions: ['a'] })).toBe(true)
  })

  const anything = {} as never
  const anySchema = schema(() => ({ value: {} }))
  const mistakes: [name: string, make: () => unknown, words: string][] = [
    ['needAll()', () => policy().needAll(), 'needAll() names nothing: give at least one'],
    ['needAny()', () => policy().needAny(), 'needAny() names nothing'],
    ['rolesAll()', () => policy().rolesAll(), 'rolesAll() names nothing'],
    ['rolesAny()', () => policy().rolesAny(), 'rolesAny() names nothing'],
    ['kind()', () => policy().kind(), 'kind() names nothing'],
    ['anyOf()', () => policy().anyOf(), 'anyOf without policies would pass nobody'],
    ['an empty name', () => policy().needAll(''), 'needAll() accepts non-empty strings'],
    ['an empty name among others', () => policy().needAny('a', ''), 'needAny() accepts non-empty strings'],
    ['a name that is no text', () => policy().rolesAny(anything), 'rolesAny() accepts non-empty strings'],
    [
      'an unknown kind',
      () => policy().kind('user', 'robot' as never),
      'kind takes user, machine, agent, anonymous; not robot',
    ],
    ['an actor without a name', () => policy().actor(''), 'actor() accepts non-empty strings'],
    ['where without words', () => policy().where(() => true, ''), 'where needs words for what it requires'],
    [
      'where with words that are no text',
      () => policy().where(() => true, anything),
      'where needs words for what it requires',
    ],
    ['where without a function', () => policy().where(anything, 'x'), 'where takes a function of the claims'],
    ['not of everybody', () => policy().not(policy()), 'a policy without rules inside not() decides nothing'],
    [
      'anyOf with everybody',
      () => policy().anyOf(policy().needAll('a'), policy()),
      'a policy without rules inside anyOf() decides nothing',
    ],
    [
      'anyOf of what is no policy',
      () => policy().anyOf(anything),
      'this is no policy: make one with policy().needAll(…)',
    ],
    [
      'base() inside not',
      () => policy().not(policy().base({ aud: 'b' }).needAll('a')),
      'base(), claims() and allowAnonymous() belong outside not()',
    ],
    [
      'allowAnonymous() inside anyOf',
      () => policy().anyOf(policy().allowAnonymous().needAll('a')),
      'base(), claims() and allowAnonymous() belong outside anyOf()',
    ],
    [
      'claims() inside anyOf',
      () => policy().anyOf(policy().needAll('a').claims(anySchema)),
      'outside anyOf()',
    ],
    [
      'claims() twice',
      () => policy().claims(anySchema).claims(anySchema),
      'claims() can be given once: combine the schemas',
    ],
    [
      'kind anonymous, which nobody may be',
      () => policy().kind('anonymous').build(),
      "kind('anonymous') passes nobody without allowAnonymous()",
    ],
    [
      'kind anonymous beside another rule',
      () => policy().needAll('a').kind('anonymous').build(),
      "kind('anonymous') passes nobody without allowAnonymous()",
    ],
    ['leeway that is no number', () => policy().base({ leewaySeconds: Number.NaN }), 'leewaySeconds must be'],
    ['leeway of hours', () => policy().base({ leewaySeconds: 3600 }), 'leewaySeconds must be'],
    ['an audience that is nobody', () => policy().base({ aud: [] }), 'aud must be'],
  ]
  it.each(mistakes)('rejects %s', (_, make, words) => {
    expect(make).toThrow(ConfigError)
    expect(make).toThrow(words)
  })

  it.each([
    [null],
    ['text'],
    [{}],
    [{ '~standard': null }],
    [{ '~standard': 'text' }],
    [{ '~standard': {} }],
    [{ '~standard': { validate: true } }],
    [() => true],
  ])('rejects %j as a schema', (value) => {
    const make = (): unknown => policy().claims(value as never)
    expect(make).toThrow(ConfigError)
    expect(make).toThrow('claims accepts a schema that implements Standard Schema')
  })

  it('accepts a schema that is a function, as those of arktype are', async () => {
    const callable = Object.assign(
      () => undefined,
      schema(() => ({ value: { tid: 'x' } })),
    )
    const { auth } = await evaluate<{ tid: string }>(partsOf(policy().claims(callable)), authOf(claims()))
    expect(auth.claims.tid).toBe('x')
  })

  it('cannot be forged', () => {
    expect(isPolicy(policy())).toBe(true)
    for (const forged of [{}, null, 'policy', Object.create(policy()), Object.assign({}, policy())]) {
      expect(isPolicy(forged)).toBe(false)
      expect(() => partsOf(forged)).toThrow(ConfigError)
    }
  })
})

describe('claims(schema)', () => {
  const tenant = schema<{ tid: string }>((value) =>
    typeof (value as { tid?: unknown }).tid === 'string'
      ? {
          value: { tid: `t-${(value as { tid: string }).tid}`, sub: 'forged', exp: Infinity } as {
            tid: string
          },
        }
      : { issues: [{ message: 'tid is missing' }] },
  )

  it('returns its output to the caller, and leaves what was verified', async () => {
    const { passed, auth } = await evaluate<{ tid: string }>(
      partsOf(policy().claims(tenant)),
      authOf(claims({ tid: 'x' })),
    )
    expect(passed).toBe(true)
    expect(auth.claims).toMatchObject({ tid: 't-x', sub: 'auth0|1', exp: NOW + 60 })
  })

  it('is what predicates see', async () => {
    const rules = policy()
      .claims(tenant)
      .where(({ tid }) => tid === 't-x', 'tenant is x')
    expect(await passes(rules, { tid: 'x' })).toBe(true)
    expect(await passes(rules, { tid: 'y' })).toBe(false)
  })

  it('rejects claims that do not satisfy it, whether it says so, rejects or throws', async () => {
    const schemas = [
      tenant,
      schema(() => Promise.resolve({ issues: [] })),
      schema(() => Promise.reject(new Error('no'))),
      schema(() => {
        throw new Error('no')
      }),
    ]
    for (const one of schemas) expect(await passes(policy().claims(one))).toBe(false)
  })

  it('may be asynchronous', async () => {
    expect(await passes(policy().claims(schema(() => Promise.resolve({ value: {} }))))).toBe(true)
  })

  it.each([['text'], [null], [[{}]]])('must give an object, not %j', (value) => {
    const rules = policy().claims(schema(() => ({ value })))
    expect(() => evaluate(partsOf(rules), authOf(claims()))).toThrow(ConfigError)
    expect(() => evaluate(partsOf(rules), authOf(claims()))).toThrow(
      'the schema of claims() must give an object',
    )
  })

  it('cannot add a claim that the kit decides by', async () => {
    const rules = policy().claims(
      schema(() => ({ value: { nbf: 0, act: { sub: 'forged' }, kind: 'machine' } })),
    )
    const { auth } = await evaluate(partsOf(rules), authOf(claims({ kind: undefined })))
    expect(Object.keys(auth.claims)).not.toContain('nbf')
    expect(Object.keys(auth.claims)).not.toContain('act')
    expect(Object.keys(auth.claims)).not.toContain('kind')
  })

  it('types the claims', () => {
    const rules = policy().claims(tenant)
    expectTypeOf(rules).toEqualTypeOf<Policy<{ tid: string }>>()
    rules.where((verified) => {
      expectTypeOf(verified.tid).toEqualTypeOf<string>()
      expectTypeOf(verified.sub).toEqualTypeOf<string>()
      return true
    }, 'typed')
  })
})

describe('explain', () => {
  it('lists every rule with its outcome', async () => {
    const rules = policy().needAll('a').rolesAny('b').build()
    expect(await rules.explain(claims({ roles: ['b'] }))).toEqual({
      passed: false,
      rules: [
        { rule: 'has the permission a', outcome: 'fail' },
        { rule: 'has the role b', outcome: 'pass' },
      ],
    })
  })

  it('says that a caller may be anonymous, and that the schema is satisfied', async () => {
    const rules = policy()
      .allowAnonymous()
      .claims(schema(() => ({ value: {} })))
    expect(await rules.explain(claims())).toEqual({
      passed: true,
      rules: [
        { rule: 'may be anonymous', outcome: 'pass' },
        { rule: 'its claims satisfy the schema', outcome: 'pass' },
      ],
    })
  })

  it('says that a caller is anonymous, and skips what was not asked', async () => {
    const rules = policy()
      .claims(schema(() => ({ issues: [] })))
      .needAll('a')
    expect(await rules.explain(claims({ kind: 'anonymous' }))).toEqual({
      passed: false,
      rules: [
        { rule: 'is not anonymous', outcome: 'fail' },
        { rule: 'its claims satisfy the schema', outcome: 'fail' },
        { rule: 'has the permission a', outcome: 'skipped' },
      ],
    })
  })
})
