import { describe, expect, it } from 'vitest'
import { describeSlots, findProject, keygen, planOf, problemWith } from 'sealgate/internal'
import { ROOT } from '../support/root.ts'

describe('sealgate slots, in development', () => {
  const a = { name: 'GATEWAY_PRIVATE_A (named by JWT_PRIVATE_JWK_NAME)', kid: 'first', nbf: 1_800_000_000 }
  const b = { ...a, name: 'GATEWAY_PRIVATE_B', kid: 'second' }

  it('says which slot signs and which to overwrite', () => {
    expect(
      describeSlots([
        { ...a, state: 'signing' },
        { ...b, state: 'previous' },
      ]).split('\n'),
    ).toEqual([
      'GATEWAY_PRIVATE_A  first   signs since 2027-01-15T08:00:00Z',
      'GATEWAY_PRIVATE_B  second  published, does not sign',
      '',
      'Overwrite next: GATEWAY_PRIVATE_B',
    ])
  })

  it('advises against a rotation while one is under way', () => {
    const text = describeSlots([
      { ...a, state: 'signing' },
      { ...b, state: 'next' },
    ])
    expect(text).toContain('announced, signs from 2027-01-15T08:00:00Z')
    expect(text).toContain('Overwrite nothing now: GATEWAY_PRIVATE_B is announced')
  })

  it('says what is wrong with a slot, and offers it', () => {
    const broken = { name: 'GATEWAY_PRIVATE_B', state: 'skipped', problem: 'it is unset or empty' } as const
    const text = describeSlots([{ ...a, state: 'signing' }, broken])
    expect(text).toContain('GATEWAY_PRIVATE_B  -      skipped: it is unset or empty')
    expect(text).toContain('Overwrite next: GATEWAY_PRIVATE_B')
    expect(describeSlots([{ ...a, state: 'signing' }])).toContain('name two in JWT_PRIVATE_JWK_NAME')
  })
})

describe('sealgate secret-put', () => {
  const { gateway } = planOf(findProject(ROOT))
  const key = (kid: string): string => keygen(`--kid=${kid}`, '--private')
  const first = key('first')
  const present = new Map([['GATEWAY_PRIVATE_A', first]])

  it('takes a new key, the same key again, and other secrets of the gateway', () => {
    expect(problemWith(gateway, 'GATEWAY_PRIVATE_B', key('second'), present)).toBeUndefined()
    expect(problemWith(gateway, 'GATEWAY_PRIVATE_A', first, present)).toBeUndefined()
    expect(problemWith(gateway, 'LOG_HASH_KEY', 'x', present)).toBeUndefined()
  })

  it('rejects a name that nobody reads, with those that are read', () => {
    expect(problemWith(gateway, 'GATEWAY_PRIVATE_C', key('third'), present)).toMatch(
      /^Nobody reads GATEWAY_PRIVATE_C\. There are: GATEWAY_PRIVATE_A, GATEWAY_PRIVATE_B, .*SESSION_SECRET/,
    )
  })

  it.each(['GATEWAY_PRIVATE_A', 'GATEWAY_PRIVATE_B'])('rejects in %s a kid that is another key’s', (slot) => {
    const problem = problemWith(gateway, slot, key('first'), present)
    expect(problem).toContain('The kid first is the name of another key, in GATEWAY_PRIVATE_A')
  })

  it.each(['nonsense', '{}', 'null'])('rejects %s for a key, and quotes none of it', (value) => {
    const problem = problemWith(gateway, 'GATEWAY_PRIVATE_A', value, present)
    expect(problem).toBe(
      'GATEWAY_PRIVATE_A takes a private key on one line: npx kit-keygen --kid=ID --private',
    )
  })
})
