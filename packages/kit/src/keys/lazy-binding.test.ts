import { makeKit } from '../kit/make-kit.ts'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { generateSecret, type Kit, type EventLine } from '../index.ts'
import { lazyBinding } from './lazy-binding.ts'

/** A secret of the Secrets Store. */
class Stored {
  reads = 0
  read: () => unknown

  constructor(read: () => unknown) {
    this.read = read
  }

  async get(): Promise<unknown> {
    this.reads++
    return Promise.resolve(this.read())
  }
}

let time: number
let events: EventLine[]
beforeEach(() => {
  time = 1_800_000_000
  events = []
})

function kitOf(names: string, bindings: Readonly<Record<string, unknown>>): Kit {
  const env = { JWT_ISS: 'https://issuer.test', JWT_AUD: 'reports', JWT_SECRET_NAME: names, ...bindings }
  return makeKit(env, { now: () => time, logLevel: 'off', onEvent: (event) => events.push(event) })
}
const sign = (kit: Kit) => kit.sign({ sub: 'user-1' })

describe('a secret in the Secrets Store', () => {
  it.each<[what: string, read: () => unknown, problem: RegExp]>([
    [
      'cannot be read',
      () => {
        throw new Error('not found')
      },
      /^STORED \(named by JWT_SECRET_NAME\) could not be read from its binding: does the secret exist/,
    ],
    ['is no text', () => ({ value: 'x' }), /^STORED \(named by JWT_SECRET_NAME\) gave no text when read/],
    ['is too short', () => 'A'.repeat(80), /^STORED \(named by JWT_SECRET_NAME\) is too short for HS512/],
    ['is empty', () => '', /no secret is set in STORED \(named by JWT_SECRET_NAME\)/],
  ])('that %s is a ConfigError at first use, naming binding and variable', async (_, read, problem) => {
    const stored = new Stored(read)
    const kit = kitOf('STORED', { STORED: stored })
    // The second use comes in the pause after the failed read.
    for (let use = 0; use < 2; use++) {
      await expect(sign(kit)).rejects.toMatchObject({
        code: 'ERR_CONFIG',
        message: expect.stringMatching(problem) as string,
      })
    }
    expect(stored.reads).toBe(1)
    await expect(kit.describe()).rejects.toMatchObject({ code: 'ERR_CONFIG' })
    await expect(kit.verify('a.b.c')).resolves.toBeNull()
    expect(events).toMatchObject([
      {
        event: 'secret_failed',
        level: 'error',
        name: 'STORED (named by JWT_SECRET_NAME)',
        detail: expect.stringMatching(problem) as string,
      },
    ])
  })

  it('may stand in a list beside a plain one; an empty one is skipped and reported', async () => {
    const secret = generateSecret()
    const kit = kitOf('STORED,PLAIN', { STORED: new Stored(() => ''), PLAIN: secret })
    const token = await sign(kit)
    expect(await kitOf('PLAIN', { PLAIN: secret }).verify(token)).not.toBeNull()
    expect(events).toContainEqual(
      expect.objectContaining({ event: 'slot_skipped', name: 'STORED (named by JWT_SECRET_NAME)' }),
    )
  })

  it('is reported by all names of the list when one of them cannot be read, with what the store said', async () => {
    const cause = new Error('the store is down')
    const kit = kitOf('STORED,PLAIN', {
      STORED: new Stored(() => {
        throw cause
      }),
      PLAIN: generateSecret(),
    })
    await expect(sign(kit)).rejects.toMatchObject({ code: 'ERR_CONFIG', cause })
    expect(events).toMatchObject([
      { name: 'STORED (named by JWT_SECRET_NAME), PLAIN (named by JWT_SECRET_NAME)' },
    ])
  })

  it('that takes too long is an outage, 503: nothing says that it is configured wrongly', async () => {
    const hung = lazyBinding(
      [{ name: 'STORED', binding: { get: () => new Promise(() => undefined) } }],
      (texts) => texts,
      { now: () => time, onEvent: () => undefined },
    )
    vi.useFakeTimers()
    try {
      const outage = expect(hung()).rejects.toMatchObject({ code: 'ERR_KEYS_UNAVAILABLE', status: 503 })
      await vi.advanceTimersByTimeAsync(5000)
      await outage
    } finally {
      vi.useRealTimers()
    }
  })

  it('that did not change keeps what was built from it; one change in a list builds anew', async () => {
    const [one, two] = [new Stored(() => 'one'), new Stored(() => 'two')]
    const built = lazyBinding(
      [
        { name: 'ONE', binding: one },
        { name: 'TWO', binding: two },
        { name: 'PLAIN', value: 'plain' },
      ],
      (texts) => texts.map(({ name, text }) => `${name}=${String(text)}`),
      { now: () => time, onEvent: () => undefined },
    )
    const first = await built()
    expect(first).toEqual(['ONE=one', 'TWO=two', 'PLAIN=plain'])
    expect(built()).toBe(first)
    time += 61
    expect(await built()).toBe(first)
    expect([one.reads, two.reads]).toEqual([2, 2])
    two.read = () => 'three'
    time += 61
    expect(await built()).toEqual(['ONE=one', 'TWO=three', 'PLAIN=plain'])
  })

  it('is read once, by what signs and what verifies, and its new value is taken over after a minute', async () => {
    let secret = generateSecret()
    const stored = new Stored(() => secret)
    const kit = kitOf('STORED', { STORED: stored })
    const old = await sign(kit)
    for (let round = 0; round < 100; round++) expect(await kit.verify(await sign(kit))).not.toBeNull()
    expect(stored.reads).toBe(1)
    secret = generateSecret()
    expect(await kit.verify(old)).not.toBeNull()
    time += 61
    expect(await kitOf('PLAIN', { PLAIN: secret }).verify(await sign(kit))).not.toBeNull()
    expect(await kit.safeVerify(old)).toMatchObject({ reason: 'bad_signature' })
    expect(stored.reads).toBe(2)
  })
})
