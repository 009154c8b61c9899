import { describe, expect, it } from 'vitest'
import { createKit } from '../kit/create-kit.ts'
import { ConfigError } from '../errors.ts'
import { makeKit } from '../kit/make-kit.ts'
import { approvalStoreOf, requireStore } from './approval-store.ts'
import { OneUse } from './one-use.ts'

const UNTIL = 1_800_000_420

/** Storage of one Durable Object. */
function storage() {
  const entries = new Map<string, unknown>()
  const alarms: number[] = []
  return {
    entries,
    alarms,
    get: (key: string) => Promise.resolve(entries.get(key)),
    put(key: string, value: unknown) {
      entries.set(key, value)
      return Promise.resolve()
    },
    setAlarm(at: number) {
      alarms.push(at)
      return Promise.resolve()
    },
    deleteAll() {
      entries.clear()
      return Promise.resolve()
    },
  }
}
/** A namespace that makes an object for each name, as the platform does. */
function namespace() {
  const objects = new Map<string, OneUse>()
  return {
    idFromName: (name: string) => ({ name }),
    get({ name }: { readonly name: string }): OneUse {
      const known = objects.get(name) ?? new OneUse(storage())
      objects.set(name, known)
      return known
    },
  }
}

/** A KV namespace in which a write is seen at once. */
function kv() {
  const puts: [key: string, value: string, options: object][] = []
  return {
    puts,
    get: (key: string) => Promise.resolve(puts.find(([one]) => one === key)?.[1] ?? null),
    put(...call: [string, string, object]) {
      puts.push(call)
      return Promise.resolve()
    },
  }
}

const usesOf = async (binding: unknown): Promise<unknown[]> => {
  const store = approvalStoreOf(binding)
  const uses: unknown[] = []
  for (const name of ['a', 'b', 'a', 'b', 'c']) uses.push(await store?.use(name, UNTIL))
  return uses
}

describe('a store of approvals', () => {
  it.each([
    ['a namespace of Durable Objects', namespace],
    ['a KV namespace', kv],
  ])('over %s knows each name that was used', async (_, make) => {
    expect(await usesOf(make())).toEqual([true, true, false, false, true])
  })

  it('is what somebody made of their own', async () => {
    const own = { use: (name: string) => Promise.resolve(name === 'a') }
    expect(await usesOf(own)).toEqual([true, false, true, false, false])
  })

  it('lets KV forget a use when the time is over', async () => {
    const binding = kv()
    await approvalStoreOf(binding)?.use('a', UNTIL)
    expect(binding.puts).toEqual([['approval:a', '1', { expiration: UNTIL }]])
  })

  it.each<[what: string, binding: unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'USED'],
    ['an object without methods', {}],
    ['what reads alone', { get: () => null }],
    [
      'a service binding, which has a function by every name',
      new Proxy({}, { get: () => () => Promise.resolve(true) }),
    ],
  ])('is not made of %s', (_, binding) => {
    expect(approvalStoreOf(binding)).toBeUndefined()
  })

  it('is required by name', () => {
    expect(() => requireStore(undefined)).toThrow(ConfigError)
    const store = { use: () => Promise.resolve(true) }
    expect(requireStore(store)).toBe(store)
  })
})

describe('JWT_APPROVALS_NAME', () => {
  const env = { JWT_ISS: 'https://issuer.test', JWT_AUD: 'payments', JWT_SECRET: 'A'.repeat(86) }
  it.each<[what: string, more: object, message: RegExp]>([
    [
      'names what is not there',
      { JWT_APPROVALS_NAME: 'USED' },
      /names the binding USED, which does not exist/,
    ],
    [
      'names a service binding',
      { JWT_APPROVALS_NAME: 'USED', USED: { fetch: () => undefined, use: () => undefined } },
      /JWT_APPROVALS_NAME is neither a Durable Object namespace of UsedApprovals nor a KV namespace binding/,
    ],
  ])('that %s is a fault of configuration', (_, more, message) => {
    expect(() => makeKit({ ...env, ...more })).toThrow(ConfigError)
    expect(() => makeKit({ ...env, ...more })).toThrow(message)
  })

  it('is the option approvals, too', () => {
    const config = { issuer: 'https://issuer.test', audience: 'payments', sign: { secret: 'A'.repeat(86) } }
    expect(() => createKit({ ...config, approvals: {} })).toThrow(/approvals is neither a Durable Object/)
    expect(createKit({ ...config, approvals: namespace() })).toBeDefined()
  })
})

describe('an approval in its Durable Object', () => {
  it('is used by one of many who come at once', async () => {
    const object = new OneUse(storage())
    const uses = await Promise.all(Array.from({ length: 20 }, () => object.use(UNTIL)))
    expect(uses.filter(Boolean)).toHaveLength(1)
  })

  it('is used for good, also by an object that was made again', async () => {
    const own = storage()
    expect(await new OneUse(own).use(UNTIL)).toBe(true)
    expect(await new OneUse(own).use(UNTIL)).toBe(false)
  })

  it('is used by nobody when storage fails: a yes that may have been used counts no more', async () => {
    const own = storage()
    const object = new OneUse({ ...own, put: () => Promise.reject(new Error('down')) })
    await expect(object.use(UNTIL)).rejects.toThrow('down')
    expect(await object.use(UNTIL)).toBe(false)
  })

  it('forgets everything at the end', async () => {
    const own = storage()
    const object = new OneUse(own)
    await object.use(UNTIL)
    expect([own.entries.size, own.alarms]).toEqual([1, [UNTIL * 1000]])
    await object.forget()
    expect(own.entries.size).toBe(0)
  })
})
