import { describe, expect, it } from 'vitest'
import { authOf, type Auth, type VerifiedClaims } from '../claims/types.ts'
import { ConfigError } from '../errors.ts'
import { visibleTo } from './visible-to.ts'

const auth = (claims: object): Auth =>
  authOf({ sub: 'auth0|ada', kind: 'user', ...claims } as unknown as VerifiedClaims)
const ada = auth({ permissions: ['read:reports'], roles: ['analyst'] })

it('names whom the caller is, each with its kind', () => {
  expect(visibleTo(ada).entries).toEqual([
    'sub:auth0|ada',
    'kind:user',
    'permission:read:reports',
    'role:analyst',
  ])
})

describe('a document', () => {
  it.each<[what: string, allow: unknown, isVisible: boolean]>([
    ['a permission', ['permission:read:reports'], true],
    ['a role', ['role:owner', 'role:analyst'], true],
    ['the caller', ['sub:auth0|ada'], true],
    ['all users', ['kind:user'], true],
    ['one entry, as Vectorize has it', 'role:analyst', true],
    ['another permission', ['permission:write:reports'], false],
    ['a role whose name is the caller’s sub', ['role:auth0|ada'], false],
    ['a permission whose name is the caller’s role', ['permission:analyst'], false],
    ['a name without its kind', ['analyst', 'auth0|ada'], false],
    ['a part of a name', ['role:analys'], false],
    ['nobody', [], false],
    ['what is no list', { 'role:analyst': true }, false],
    ['a list in a list', [['role:analyst']], false],
    ['nothing', undefined, false],
  ])('for %s: %j is visible: %s', (_, allow, isVisible) => {
    expect(visibleTo(ada).allows({ allow })).toBe(isVisible)
  })

  it('is nobody’s by its prototype', () => {
    expect(visibleTo(ada).allows(Object.create({ allow: ['role:analyst'] }) as object)).toBe(false)
  })

  it('for a role is not for a caller whose sub is called like it', () => {
    const mallory = visibleTo(auth({ sub: 'role:analyst', permissions: ['role:analyst'] }))
    expect(mallory.allows({ allow: ['role:analyst'] })).toBe(false)
  })

  it('is an anonymous caller’s only when it says so', () => {
    const nobody = visibleTo(auth({ sub: 'anon:1', kind: 'anonymous', permissions: ['read:reports'] }))
    expect(nobody.entries).toEqual(['kind:anonymous'])
    expect(nobody.allows({ allow: ['permission:read:reports', 'sub:anon:1', 'kind:user'] })).toBe(false)
    expect(nobody.allows({ allow: ['kind:anonymous'] })).toBe(true)
    expect(visibleTo(ada).allows({ allow: ['kind:anonymous'] })).toBe(false)
  })
})

describe('the condition of SQL', () => {
  it('has one question mark, however much the caller may', () => {
    const many = auth({ permissions: Array.from({ length: 500 }, (_, index) => `p${index}`) })
    for (const one of [ada, many]) {
      const { clause, bindings } = visibleTo(one).sql('docs.allow')
      expect(clause.split('?')).toHaveLength(2)
      expect(clause).toContain('json_each("docs"."allow")')
      expect(bindings).toEqual([JSON.stringify(visibleTo(one).entries)])
    }
  })

  it.each(['', 'a b', 'allow"', 'allow) OR (1=1', 'a.b.c', '1a', 'a;', 'ä', '__proto__\n'])(
    'is not made for the column %j',
    (column) => {
      expect(() => visibleTo(ada).sql(column)).toThrow(ConfigError)
    },
  )
})

describe('the filters of Vectorize', () => {
  it('are one for most callers', () => {
    expect(visibleTo(ada).vectorize()).toEqual([{ allow: { $in: [...visibleTo(ada).entries] } }])
    expect(visibleTo(ada).vectorize('who')).toMatchObject([{ who: {} }])
  })

  it('are several for a caller who may much, each below 2048 bytes, with every entry once', () => {
    const permissions = Array.from({ length: 400 }, (_, index) => `read:"ünit"-${index}`)
    const visibility = visibleTo(auth({ permissions }))
    const filters = visibility.vectorize()
    for (const filter of filters) {
      expect(new TextEncoder().encode(JSON.stringify(filter)).length).toBeLessThan(2048)
    }
    expect(filters.length).toBeGreaterThan(3)
    expect(filters.flatMap(({ allow }) => allow?.$in)).toEqual(visibility.entries)
  })

  it('leave out what Vectorize would cut: 64 bytes of two long names may be the same', () => {
    const long = 'p'.repeat(49)
    const [filter] = visibleTo(auth({ permissions: [long.slice(1), long] })).vectorize()
    expect(filter?.allow?.$in).toContain(`permission:${long.slice(1)}`)
    expect(filter?.allow?.$in).toContain(`permission:${long}`)
    const [short] = visibleTo(auth({ permissions: [`${long}p`] })).vectorize()
    expect(short?.allow?.$in.join()).not.toContain('ppp')
    // Characters of several bytes count as such.
    const [wide] = visibleTo(auth({ permissions: ['ü'.repeat(25)] })).vectorize()
    expect(wide?.allow?.$in.join()).not.toContain('ü')
  })

  it('are none for a caller of whom Vectorize knows nothing', () => {
    expect(visibleTo(auth({ sub: 's'.repeat(80), kind: undefined })).vectorize()).toEqual([])
  })

  it.each(['', '$in', 'a.b', 'a"b', 'a|b', 'a'.repeat(513)])('are not made for the property %j', (name) => {
    expect(() => visibleTo(ada).vectorize(name)).toThrow(ConfigError)
  })
})
