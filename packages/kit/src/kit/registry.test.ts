import { makeKit } from './make-kit.ts'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { ConfigError } from '../errors.ts'
import type { EventLine } from '../log/line-types.ts'
import { createTestIssuer, type TestIssuer } from '../testing/test-issuer.ts'

let issuer: TestIssuer

beforeAll(async () => {
  issuer = await createTestIssuer()
})

describe('makeKit', () => {
  it('returns the same kit for the same environment', () => {
    const env: Record<string, unknown> = { ...issuer.env }
    const kit = makeKit(env)
    expect(makeKit(env)).toBe(kit)
    // The object stands for what was in it at first: its values are not read again.
    env.JWT_AUD = 'other'
    expect(makeKit(env)).toBe(kit)
  })

  it('finds it again under an environment that is wrapped anew on every request: one fetch for 1,000', async () => {
    const own = await createTestIssuer()
    const token = await own.token()
    for (let request = 0; request < 1000; request++) {
      const env = new Proxy({ ...own.env }, {})
      expect(await makeKit(env).verify(token)).not.toBeNull()
    }
    expect(own.binding.fetches).toBe(1)
  })

  it('reports a variable that is probably misspelt, once, and makes the kit all the same', () => {
    const events: EventLine[] = []
    const options = { onEvent: (event: EventLine) => events.push(event) }
    const env = { ...issuer.env, JWT_LEWAY: '5' }
    makeKit(env, options)
    makeKit({ ...env }, options)
    expect(events).toMatchObject([
      {
        event: 'unknown_variable',
        level: 'warn',
        name: 'JWT_LEWAY',
        detail: 'JWT_LEWAY is not read: did you mean JWT_LEEWAY?',
      },
    ])
  })

  it('makes another for another binding, other values, and other options', async () => {
    const other = await createTestIssuer()
    const list = { get: () => Promise.resolve(new Map()), put: () => Promise.resolve() }
    const kits = [
      makeKit(issuer.env),
      makeKit(other.env),
      makeKit({ ...issuer.env, JWT_AUD: 'other' }),
      makeKit({ ...issuer.env, JWT_LEEWAY: '5' }),
      makeKit(issuer.env, { now: () => 1 }),
      makeKit({ ...issuer.env, JWT_DENYLIST_NAME: 'LIST', LIST: list }),
      makeKit({ ...other.env, JWT_DENYLIST_NAME: 'LIST', LIST: list }),
    ]
    expect(new Set(kits).size).toBe(kits.length)
  })

  it('keeps two environments apart, interleaved 10,000 times', async () => {
    const [one, two] = await Promise.all([createTestIssuer(), createTestIssuer()])
    const [tokenOne, tokenTwo] = await Promise.all([one.token({ sub: 'one' }), two.token({ sub: 'two' })])
    const subjects: (string | undefined)[] = []
    for (let round = 0; round < 2500; round++) {
      const verified = await Promise.all([
        makeKit(one.env).verify(tokenOne),
        makeKit(two.env).verify(tokenOne),
        makeKit(one.env).verify(tokenTwo),
        makeKit(two.env).verify(tokenTwo),
      ])
      subjects.push(...verified.map((claims) => claims?.sub))
    }
    // Both issuers name their key alike, so that keys or verdicts of the other would be found.
    const expected = Array.from({ length: 2500 }, () => ['one', undefined, undefined, 'two'])
    expect(subjects).toEqual(expected.flat())
    expect([one.binding.fetches, two.binding.fetches]).toEqual([1, 1])
  })

  describe('of many environments', () => {
    const envOf = (audience: string): object => ({ ...issuer.env, JWT_AUD: audience })

    it('keeps the sixteen that were used last', () => {
      const options = { onEvent: () => undefined }
      const first = makeKit(envOf('kept-0'), options)
      const second = makeKit(envOf('kept-1'), options)
      for (let count = 2; count < 16; count++) makeKit(envOf(`kept-${count}`), options)
      expect(makeKit(envOf('kept-0'), options)).toBe(first)
      makeKit(envOf('kept-16'), options)
      expect(makeKit(envOf('kept-0'), options)).toBe(first)
      expect(makeKit(envOf('kept-1'), options)).not.toBe(second)
    })

    it('keeps the sixteen options that an environment was last seen with', () => {
      const env: Record<string, unknown> = { ...issuer.env }
      const options = Array.from({ length: 17 }, () => ({ onEvent: () => undefined }))
      const kits = options.slice(0, 16).map((one) => makeKit(env, one))
      // From here on the kits can be found by the object alone.
      env.JWT_AUD = 'other'
      expect(options.slice(0, 16).map((one) => makeKit(env, one))).toEqual(kits)
      expect(new Set(kits).size).toBe(16)
      makeKit(env, options[16])
      expect(makeKit(env, options[1])).toBe(kits[1])
      expect(makeKit(env, options[0])).not.toBe(kits[0])
    })

    it.each<[where: string, options: (report: (event: EventLine) => void) => object | undefined]>([
      ['onEvent', (onEvent) => ({ onEvent, logLevel: 'off' })],
      ['the console', () => undefined],
    ])('reports once to %s that they never stop changing', async (_, optionsFor) => {
      // What was reported is remembered for the isolate: take a new one, as it were.
      vi.resetModules()
      const fresh = await import('./make-kit.ts')
      const report = vi.fn()
      const warn = vi.spyOn(console, 'warn').mockImplementation(report)
      const options = optionsFor(report)
      for (let count = 0; count < 16; count++) fresh.makeKit(envOf(`service-${count}`), options)
      expect(report).not.toHaveBeenCalled()
      for (let count = 16; count < 40; count++) fresh.makeKit(envOf(`service-${count}`), options)
      warn.mockRestore()
      expect(report).toHaveBeenCalledTimes(1)
      expect(report).toHaveBeenCalledWith(
        expect.objectContaining({
          event: 'unstable_env',
          level: 'warn',
          detail: expect.stringMatching(/^more than 16 different environments in one isolate/) as string,
        }),
      )
    })
  })

  it('fails at once, naming the variable, and does not remember the failure', () => {
    const env: Record<string, unknown> = { ...issuer.env, JWT_ISS: '' }
    expect(() => makeKit(env)).toThrow(ConfigError)
    expect(() => makeKit(env)).toThrow(/JWT_ISS/)
    env.JWT_ISS = issuer.env.JWT_ISS
    expect(() => makeKit(env)).not.toThrow()
  })
})

describe('a Secrets Store binding', () => {
  it('is read at first use, again after a minute, and its last value serves in an outage', async () => {
    let time = 1_800_000_000
    let reads = 0
    let isDown = false
    const secret = 'A'.repeat(86)
    const env = {
      JWT_ISS: 'https://issuer.test',
      JWT_AUD: 'reports',
      JWT_SECRET_NAME: 'STORED',
      STORED: {
        get: () => {
          reads++
          return isDown ? Promise.reject(new Error('the store is down')) : Promise.resolve(secret)
        },
      },
    }
    const kit = makeKit(env, { now: () => time, onEvent: () => undefined })
    expect(reads).toBe(0)
    const sign = () => kit.sign({ sub: 'a' })
    await sign()
    const { length } = await sign()
    expect(length).toBeGreaterThan(100)
    const first = reads
    time += 61
    await sign()
    expect(reads).toBeGreaterThan(first)
    isDown = true
    time += 200
    await expect(sign()).resolves.toBeTypeOf('string')
    time += 300
    await expect(sign()).rejects.toThrow(/STORED/)
  })
})
