import { createKit } from '../kit/create-kit.ts'
import * as v from 'valibot'
import { beforeAll, describe, expect, expectTypeOf, it } from 'vitest'
import * as z from 'zod'
import type { Auth, Decision, Kit } from '../index.ts'
import { policy } from '../index.ts'
import { createTestIssuer, type TestIssuer } from '../testing.ts'

const zodSchema = z.object({
  tid: z.string(),
  plan: z.enum(['free', 'paid']).default('free'),
  seats: z.string().transform(Number).optional(),
})
const valibotSchema = v.object({
  tid: v.string(),
  plan: v.optional(v.picklist(['free', 'paid']), 'free'),
  seats: v.optional(v.pipe(v.string(), v.transform(Number))),
})

let issuer: TestIssuer
let kit: Kit

beforeAll(async () => {
  issuer = await createTestIssuer()
  kit = createKit({
    issuer: issuer.env.JWT_ISS,
    audience: issuer.env.JWT_AUD,
    verify: { jwksService: issuer.binding },
  })
})

describe.each([
  ['zod', policy().claims(zodSchema)],
  ['valibot', policy().claims(valibotSchema)],
])('claims(schema of %s)', (_, rules) => {
  it('gives defaults and transformed values, beside what the kit verified', async () => {
    const auth = await kit.checkAuth(await issuer.token({ sub: 'user-7', tid: 'acme', seats: '12' }), rules)
    expect(auth?.claims).toMatchObject({ sub: 'user-7', tid: 'acme', plan: 'free', seats: 12 })
  })

  it('rejects claims that do not satisfy it with 403, and says so', async () => {
    const decision = await kit.authorize(await issuer.token({ tid: 7 }), rules)
    expect(decision).toMatchObject({
      granted: false,
      status: 403,
      failed: ['its claims satisfy the schema'],
    })
  })

  it('runs again for a token that was verified before', async () => {
    const token = await issuer.token({ tid: 'acme' })
    expect(await kit.checkAuth(token)).not.toBeNull()
    expect((await kit.checkAuth(token, rules))?.claims).toMatchObject({ plan: 'free' })
    expect((await kit.checkAuth(token))?.claims).not.toHaveProperty('plan')
  })
})

it('types auth.claims by the schema’s output', () => {
  interface Expected {
    tid: string
    plan: 'free' | 'paid'
    seats?: number | undefined
  }
  const byZod = (source: string) => kit.checkAuth(source, policy().claims(zodSchema).needAll('a').build())
  const byValibot = (source: string) => kit.authorize(source, policy().claims(valibotSchema))
  expectTypeOf(byZod).returns.resolves.toExtend<Auth<Expected> | null>()
  expectTypeOf(byZod).returns.resolves.not.toExtend<Auth<{ tid: number }> | null>()
  expectTypeOf(byValibot).returns.resolves.toExtend<Decision<Expected>>()
  expectTypeOf(byValibot).returns.resolves.not.toExtend<Decision<{ tid: number }>>()
  // Without a schema nothing but the registered claims has a type.
  expectTypeOf<Auth['claims']['sub']>().toEqualTypeOf<string>()
  expectTypeOf<Auth['claims']['tid']>().toEqualTypeOf<unknown>()
  // @ts-expect-error claims() accepts a schema, not a type guard
  expect(() => policy().claims((claims: unknown) => typeof claims === 'object')).toThrow(/Standard Schema/)
})
