import { beforeAll, describe, expect, expectTypeOf, it } from 'vitest'
import type { Auth } from '../claims/types.ts'
import { ConfigError } from '../errors.ts'
import { createKit } from '../kit/create-kit.ts'
import type { Kit } from '../kit/kit.ts'
import { policy } from '../policy/builder.ts'
import { needAll } from '../policy/rules.ts'
import { callee } from './callee.ts'
import type { Carried } from './envelopes.ts'

let kit: Kit
let carried: Carried
beforeAll(async () => {
  kit = createKit({
    issuer: 'https://issuer.test',
    audience: 'reports',
    sign: { secret: 'A'.repeat(86) },
    logLevel: 'off',
  })
  carried = { sealgate: { token: await kit.sign({ sub: 'auth0|ada', permissions: ['read:reports'] }) } }
})

class Base {
  readonly env: object = {}
  inherited(auth: Auth): string {
    return `inherited by ${auth.sub}`
  }
}
class Entrypoint extends Base {
  summary(auth: Auth, id: number): string {
    return `${auth.sub} ${id}`
  }
  remove(auth: Auth): string {
    return `removed by ${auth.sub}`
  }
  internal(): string {
    return 'internal'
  }
  get secret(): string {
    return 'secret'
  }
  count({ permissions }: Auth): number {
    return this.#more(permissions.length + this.internal().length - 7)
  }
  fetch(): string {
    return `fetched by ${this.internal()}`
  }
  #more(count: number): number {
    return count + 1
  }
}
const Reports = callee(
  Entrypoint,
  {
    summary: policy().needAll('read:reports'),
    remove: [needAll('manage:reports')],
    inherited: undefined,
    count: undefined,
  },
  { kit: () => kit },
)

describe('a class for callees', () => {
  it('gives a method its caller in place of the token', async () => {
    expect(await new Reports().summary(carried, 7)).toBe('auth0|ada 7')
    expect(await new Reports().inherited(carried)).toBe('inherited by auth0|ada')
  })

  it('is typed as its callers see it', () => {
    expectTypeOf<InstanceType<typeof Reports>['summary']>().toEqualTypeOf<
      (carried: Carried, id: number) => Promise<string>
    >()
    // @ts-expect-error -- there is no method of this name
    expect(() => callee(Entrypoint, { summery: undefined })).toThrow(
      'callee: the class has no method summery',
    )
  })

  it.each<[what: string, given: () => unknown, status: number]>([
    ['nothing', () => undefined, 401],
    ['null', () => null, 401],
    ['a token beside an envelope', () => carried.sealgate.token, 401],
    ['no token', () => ({ sealgate: {} }), 401],
    ['a token of a prototype', () => Object.create(carried) as object, 401],
    ['a forged token', () => ({ sealgate: { token: `${carried.sealgate.token.slice(0, -4)}AAAA` } }), 401],
    ['a number for a token', () => ({ sealgate: { token: 7 } }), 401],
  ])('denies a call with %s', async (_, given, status) => {
    const call = new Reports().summary(given() as Carried, 7)
    await expect(call).rejects.toMatchObject({ name: 'DenialError', code: 'ERR_DENIED', status })
  })

  it('denies what the policy denies, in words that say nothing of the rules', async () => {
    const error: unknown = await new Reports().remove(carried).catch((one: unknown) => one)
    expect(error).toMatchObject({ code: 'ERR_DENIED', status: 403 })
    expect(JSON.stringify([error, (error as Error).message])).not.toContain('manage:reports')
    expect(Object.keys(error as object).sort()).toEqual(['code', 'name', 'status'])
  })

  it('has nothing else for callers, though the class itself uses it', async () => {
    const reports = new Reports()
    for (const name of ['internal', 'secret', 'env']) expect(name in reports).toBe(false)
    expect(await reports.count(carried)).toBe(3)
    expect(reports.fetch()).toBe('fetched by internal')
  })

  it.each<[what: string, table: object, message: string]>([
    ['a name of nothing', { nothing: undefined }, 'has no method nothing'],
    ['an accessor', { secret: undefined }, 'has no method secret'],
    ['what the platform calls', { fetch: undefined }, 'the platform calls fetch, and sends no caller'],
    ['the prototype of all objects', { toString: undefined }, 'has no method toString'],
  ])('is not made with a table of %s', (_, table, message) => {
    const make = (): unknown => callee(Entrypoint, table as Record<'summary', undefined>)
    expect(make).toThrow(ConfigError)
    expect(make).toThrow(message)
  })
})

it('opens no method of a class that has words of the runtime in it', () => {
  class Odd extends Base {
    internal(): string {
      return 'function () { [native code] }'
    }
  }
  class Odder extends Odd {
    summary(auth: Auth): string {
      return auth.sub
    }
  }
  const Guarded = callee(Odder, { summary: undefined }, { kit: () => kit })
  expect('internal' in Guarded.prototype).toBe(false)
  expect('summary' in Guarded.prototype).toBe(true)
})
