import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type ActorToken,
  exchange,
  type Exchanged,
  type ExchangeRequest,
  type ExchangeRules,
} from './rules.ts'
import type { SubjectClaims } from '../auth0/subject.ts'

const NOW = 1_800_000_000
const ROLES_CLAIM = 'https://sealgate.test/roles'
const GATEWAY = { iss: 'https://gateway.internal', sub: 'gateway' }
const AUTH0 = 'https://tenant.test/'

const rules: ExchangeRules = {
  issuer: GATEWAY.iss,
  name: GATEWAY.sub,
  agents: new Set(['copilot']),
  ttlSeconds: 900,
  maxTtlSeconds: 3600,
  audiences: new Map([
    [
      'reports',
      {
        permissions: ['read:reports', 'export:reports'],
        roles: ['analyst', 'admin'],
        actors: ['bot@clients'],
      },
    ],
  ]),
  auth0: { issuer: AUTH0, rights: 'permissions', rolesClaim: ROLES_CLAIM },
}

const alice: SubjectClaims = {
  sub: 'auth0|alice',
  iat: NOW - 60,
  auth_iat: NOW - 60,
  exp: NOW + 86_400,
  azp: 'web',
  permissions: ['read:reports', 'export:reports', 'delete:everything'],
  [ROLES_CLAIM]: ['analyst', 'owner'],
}

const bot: ActorToken = { iss: AUTH0, sub: 'bot@clients', exp: NOW + 3600 }

type Part<T> = { readonly [Key in keyof T]?: T[Key] | undefined }

/** The outcome for alice, changed as given. */
function outcome(
  subject: Part<SubjectClaims> = {},
  request: Partial<ExchangeRequest> = {},
  changed: Partial<ExchangeRules> = {},
): ReturnType<typeof exchange> {
  const claims = Object.fromEntries(
    Object.entries({ ...alice, ...subject }).filter(([, value]) => value !== undefined),
  )
  return exchange(
    {
      ...claims,
      sub: subject.sub ?? alice.sub,
      iat: subject.iat ?? alice.iat,
      exp: subject.exp ?? alice.exp,
      auth_iat: subject.auth_iat ?? alice.auth_iat,
    },
    { audience: 'reports', ...request },
    { ...rules, ...changed },
    NOW,
  )
}

function granted(...change: Parameters<typeof outcome>): Exchanged {
  const result = outcome(...change)
  if (!result.ok) throw new Error(`rejected: ${result.rejection}`)
  return result
}

function withRights(rights: ExchangeRules['auth0']['rights']): Partial<ExchangeRules> {
  return { auth0: { ...rules.auth0, rights } }
}

describe('the subject', () => {
  it.each([
    ['auth0|alice', 'user'],
    ['google-oauth2|1', 'user'],
    ['web@clients', 'machine'],
    ['agt_1', 'agent'],
  ])('%s is a %s', (sub, kind) => {
    expect(granted({ sub }).claims).toMatchObject({ sub, kind })
  })

  it.each(['auth0|x@clients', 'agt_1|x'])(
    '%s is a user: a name cannot make one a machine or agent',
    (sub) => {
      expect(granted({ sub }).claims.kind).toBe('user')
    },
  )

  it.each(['auth0|alice', 'm2m@clients', 'agt_1'])('%s is an agent through a client that is one', (sub) => {
    for (const client of [{ azp: 'copilot' }, { azp: undefined, client_id: 'copilot' }]) {
      expect(granted({ sub, ...client }).claims).toMatchObject({ sub, kind: 'agent', client_id: 'copilot' })
    }
  })

  it('of no kind at all is not made an agent by its client', () => {
    expect(outcome({ sub: 'alice', azp: 'copilot' })).toEqual({
      ok: false,
      rejection: 'unknown_subject_kind',
    })
  })

  it.each(['alice', '@clients', 'agt_', 'anon:1'])('%s is of no kind that Auth0 issues', (sub) => {
    expect(outcome({ sub })).toEqual({ ok: false, rejection: 'unknown_subject_kind' })
  })

  it('keeps the claims that travel, and drops everything else', () => {
    const kept = { email: 'a@b.test', email_verified: true, name: 'Alice', tid: 't1', org_id: 'org_1' }
    const dropped = { scope: 'openid', gty: 'password', jti: '1', kind: 'machine', nickname: 'al', req: 'x' }
    expect(granted({ ...kept, ...dropped }).claims).toEqual({
      ...kept,
      sub: 'auth0|alice',
      kind: 'user',
      client_id: 'web',
      auth_iat: NOW - 60,
      act: GATEWAY,
      permissions: ['read:reports', 'export:reports'],
      roles: ['analyst'],
    })
  })

  it('drops a travelling claim that is not a string', () => {
    const { claims } = granted({
      email: ['a@b.test'],
      email_verified: true,
      name: '',
      tid: 7,
      org_id: { id: 1 },
    })
    expect(claims).not.toHaveProperty('email')
    expect(claims).not.toHaveProperty('email_verified')
    expect(claims).not.toHaveProperty('name')
    expect(claims).not.toHaveProperty('tid')
    expect(claims).not.toHaveProperty('org_id')
  })

  it.each<[string, object]>([
    ['is not verified', { email_verified: false }],
    ['is of unknown standing', {}],
    ['is verified in words', { email_verified: 'true' }],
    ['is verified in numbers', { email_verified: 1 }],
    ['is verified by null', { email_verified: null }],
  ])('passes on no e-mail address that %s', (_, standing) => {
    const { claims } = granted({ email: 'victim@b.test', ...standing })
    expect(claims).not.toHaveProperty('email')
    expect(claims).not.toHaveProperty('email_verified')
  })

  it('says of no address that it is verified', () => {
    for (const email of [undefined, '', 7]) {
      expect(granted({ email, email_verified: true }).claims).not.toHaveProperty('email_verified')
    }
  })

  it('accepts the client from client_id where there is no azp (RFC 9068)', () => {
    expect(granted({ azp: undefined, client_id: 'spa' }).claims.client_id).toBe('spa')
  })
})

describe('the audience', () => {
  it.each(['unknown', '', 'Reports', 'constructor', '__proto__'])('rejects %o', (audience) => {
    expect(outcome({}, { audience })).toEqual({ ok: false, rejection: 'unknown_audience' })
  })

  it('is the one that was requested', () => {
    expect(granted().audience).toBe('reports')
  })
})

describe('permissions', () => {
  it('are what came in, cut to the maximum of the audience', () => {
    expect(granted().claims.permissions).toEqual(['read:reports', 'export:reports'])
  })

  it('are there even when there are none', () => {
    expect(granted({ permissions: [] }).claims.permissions).toEqual([])
  })

  it('are what was requested', () => {
    expect(granted({}, { scope: ['read:reports'] }).claims.permissions).toEqual(['read:reports'])
    expect(granted({}, { scope: [] }).claims.permissions).toEqual([])
  })

  it.each([
    ['not held', { permissions: ['read:reports'] }, ['export:reports']],
    ['beyond the maximum', {}, ['delete:everything']],
    ['partly held', { permissions: ['read:reports'] }, ['read:reports', 'export:reports']],
  ])('rejects a scope that is %s', (_, subject, scope) => {
    expect(outcome(subject, { scope })).toEqual({ ok: false, rejection: 'scope_not_held' })
  })

  it('are cut silently to what the route grants', () => {
    expect(granted({}, { grant: ['export:reports'] }).claims.permissions).toEqual(['export:reports'])
  })

  it('rejects a scope that the route does not grant', () => {
    const request = { grant: ['export:reports'], scope: ['read:reports'] }
    expect(outcome({}, request)).toEqual({ ok: false, rejection: 'scope_not_held' })
  })

  it('rejects a subject without what the route requires', () => {
    const require = ['export:reports']
    expect(outcome({ permissions: ['read:reports'] }, { require })).toEqual({
      ok: false,
      rejection: 'required_not_held',
    })
    expect(granted({}, { require, grant: ['read:reports'] }).claims.permissions).toEqual(['read:reports'])
  })

  const sources: [
    rights: ExchangeRules['auth0']['rights'],
    permissions: unknown,
    scope: unknown,
    issued: string[],
  ][] = [
    ['permissions', ['read:reports'], 'export:reports', ['read:reports']],
    ['permissions', undefined, 'openid export:reports', ['export:reports']],
    ['permissions', [], 'export:reports', []],
    ['permissions', 'read:reports', 'export:reports', []],
    ['permissions', ['read:reports', 7], 'export:reports', []],
    ['permissions', null, 'export:reports', []],
    ['permissions', undefined, ['export:reports'], []],
    ['scope', ['read:reports'], 'export:reports', ['export:reports']],
    ['scope', ['read:reports'], undefined, []],
    ['both', ['read:reports', 'export:reports'], 'export:reports', ['export:reports']],
    ['both', ['read:reports'], undefined, []],
    ['both', undefined, 'read:reports', []],
  ]
  it.each(sources)('by %s: %o and the scope %o give %o', (rights, permissions, scope, issued) => {
    expect(granted({ permissions, scope }, {}, withRights(rights)).claims.permissions).toEqual(issued)
  })
})

describe('roles', () => {
  it('are what came in, cut to the maximum of the audience', () => {
    expect(granted().claims.roles).toEqual(['analyst'])
  })

  it('come from the configured claim alone', () => {
    const elsewhere = { roles: ['admin'], 'https://other.test/roles': ['admin'], [ROLES_CLAIM]: undefined }
    expect(granted(elsewhere).claims.roles).toEqual([])
  })

  it.each([['admin'], [{ 0: 'admin' }], [['admin', 1]]])('are none when the claim is %o', (value) => {
    expect(granted({ [ROLES_CLAIM]: value }).claims.roles).toEqual([])
  })

  it('are none without a configured claim', () => {
    expect(granted({}, {}, { auth0: { ...rules.auth0, rolesClaim: undefined } }).claims.roles).toEqual([])
  })

  it('are none when a scope is named, unless they are requested', () => {
    expect(granted({}, { scope: ['read:reports'] }).claims.roles).toEqual([])
    expect(granted({}, { scope: ['read:reports'], roles: ['analyst'] }).claims.roles).toEqual(['analyst'])
  })

  it('rejects roles that are not held', () => {
    expect(outcome({}, { roles: ['admin'] })).toEqual({ ok: false, rejection: 'roles_not_held' })
  })
})

describe('lifetime', () => {
  it.each([
    ['the configured lifetime', {}, {}, 900],
    ['the most that is allowed', {}, { ttlSeconds: 7200 }, 3600],
    ['what the subject token has left', { exp: NOW + 100 }, {}, 100],
    ['whole seconds of it', { exp: NOW + 100.9 }, {}, 100],
  ])('is %s', (_, subject, changed, seconds) => {
    expect(granted(subject, {}, changed).expiresAt).toBe(NOW + seconds)
  })

  it('is what the actor token has left', () => {
    expect(granted({}, { actor: { ...bot, exp: NOW + 50 } }).expiresAt).toBe(NOW + 50)
  })

  it('rejects a subject without any left', () => {
    expect(outcome({ exp: NOW })).toEqual({ ok: false, rejection: 'expired' })
    expect(outcome({ exp: NOW + 0.5 })).toEqual({ ok: false, rejection: 'expired' })
  })

  it('keeps the time of the login, and not that of the token', () => {
    expect(granted({ iat: NOW - 10, auth_iat: NOW - 5000 }).claims.auth_iat).toBe(NOW - 5000)
  })
})

describe('actors (RFC 8693 §4.1)', () => {
  it('names the gateway', () => {
    expect(granted().claims.act).toEqual(GATEWAY)
  })

  it('puts the gateway around whoever acted before', () => {
    const act = { sub: 'one', iss: AUTH0, act: { sub: 'two' } }
    expect(granted({ act }).claims.act).toEqual({ ...GATEWAY, act })
  })

  it('drops what is no part of a link', () => {
    expect(granted({ act: { sub: 'one', exp: 1, role: 'admin' } }).claims.act).toEqual({
      ...GATEWAY,
      act: { sub: 'one' },
    })
  })

  it.each([
    ['one'],
    [null],
    [[]],
    [{}],
    [{ sub: '' }],
    [{ sub: 1 }],
    [{ sub: 'a', iss: 1 }],
    [{ sub: 'a', act: 'b' }],
  ])('rejects the chain %o', (act) => {
    expect(outcome({ act })).toEqual({ ok: false, rejection: 'malformed_actor_chain' })
  })

  const chain = (links: number): object =>
    links === 1 ? { sub: 'actor' } : { sub: 'actor', act: chain(links - 1) }
  it('takes a chain of five with the gateway, and no longer one', () => {
    expect(granted({ act: chain(4) }).claims.act).toEqual({ ...GATEWAY, act: chain(4) })
    expect(outcome({ act: chain(5) })).toEqual({ ok: false, rejection: 'actor_chain_too_long' })
    expect(outcome({ act: chain(4) }, { actor: bot })).toEqual({
      ok: false,
      rejection: 'actor_chain_too_long',
    })
  })

  it('puts an actor with a token of its own outermost', () => {
    expect(granted({}, { actor: bot }).claims.act).toEqual({ iss: AUTH0, sub: 'bot@clients', act: GATEWAY })
  })

  it('rejects an actor that neither may_act nor the configuration names', () => {
    expect(outcome({}, { actor: { ...bot, sub: 'eve@clients' } })).toEqual({
      ok: false,
      rejection: 'actor_not_allowed',
    })
  })

  it.each([{ sub: 'eve@clients' }, { sub: 'eve@clients', iss: AUTH0 }])(
    'takes the actor of may_act %o',
    (may) => {
      const actor = { ...bot, sub: 'eve@clients' }
      expect(granted({ may_act: may }, { actor }).claims.act.sub).toBe('eve@clients')
    },
  )

  it.each([{ sub: 'eve@clients' }, { sub: 'bot@clients', iss: 'https://other/' }, {}, 'bot@clients', null])(
    'may_act %o overrules the configuration',
    (may) => {
      expect(outcome({ may_act: may }, { actor: bot })).toEqual({
        ok: false,
        rejection: 'may_act_names_another',
      })
    },
  )

  it('holds without an actor token too: then the gateway is the actor', () => {
    expect(outcome({ may_act: { sub: 'bot@clients' } })).toEqual({
      ok: false,
      rejection: 'may_act_names_another',
    })
    expect(granted({ may_act: GATEWAY }).claims.act).toEqual(GATEWAY)
  })
})

describe('for any subject and any request', () => {
  const right = fc.constantFrom('read:reports', 'export:reports', 'delete:everything', 'analyst', 'admin')
  const set = fc.uniqueArray(right)
  const few = fc.uniqueArray(right, { maxLength: 1 })
  /** What a claim may hold, well formed or not. */
  const claim = fc.oneof(
    set,
    set.map((all) => all.join(' ')),
    fc.constant(undefined),
    fc.anything(),
  )
  const subjects = fc.record({
    sub: fc.constantFrom('auth0|alice', 'web@clients', 'agt_1'),
    exp: fc.double({ min: NOW - 1000, max: NOW + 10_000, noNaN: true }),
    permissions: claim,
    scope: claim,
    [ROLES_CLAIM]: claim,
  })
  const requests = fc.record(
    { scope: few, roles: few, grant: set, require: few, actor: fc.constant(bot) },
    { requiredKeys: [] },
  )
  const rights = fc.constantFrom('permissions' as const, 'scope' as const, 'both' as const)
  const lives = fc.record({
    ttlSeconds: fc.integer({ min: 1, max: 10_000 }),
    maxTtlSeconds: fc.integer({ min: 1, max: 10_000 }),
  })

  const listed = (value: unknown): readonly unknown[] =>
    Array.isArray(value) ? value : typeof value === 'string' ? value.split(' ') : []

  it('rights are never wider and lifetime never longer', () => {
    let issued = 0
    fc.assert(
      fc.property(subjects, requests, rights, lives, (subject, request, source, lifetime) => {
        const result = outcome(subject, request, { ...withRights(source), ...lifetime })
        if (!result.ok) return
        issued++
        const { claims, expiresAt } = result
        const maximum = rules.audiences.get('reports')
        const incoming = [...listed(subject.permissions), ...listed(subject.scope)]
        for (const permission of claims.permissions) {
          expect(incoming).toContain(permission)
          expect(maximum?.permissions).toContain(permission)
          if (request.scope) expect(request.scope).toContain(permission)
          if (request.grant) expect(request.grant).toContain(permission)
        }
        for (const role of claims.roles) {
          expect(listed(subject[ROLES_CLAIM])).toContain(role)
          expect(maximum?.roles).toContain(role)
          if (request.roles ?? request.scope) expect(request.roles).toContain(role)
        }
        expect(Number.isInteger(expiresAt)).toBe(true)
        expect(expiresAt).toBeGreaterThan(NOW)
        const ends = [subject.exp, NOW + lifetime.ttlSeconds, NOW + lifetime.maxTtlSeconds]
        expect(expiresAt).toBeLessThanOrEqual(Math.min(...ends, request.actor?.exp ?? Infinity))
      }),
      { numRuns: 2000 },
    )
    // A property over rejections alone would prove nothing.
    expect(issued).toBeGreaterThan(100)
  })
})
