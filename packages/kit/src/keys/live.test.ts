import { beforeEach, describe, expect, it } from 'vitest'
import { generateSecret, type Kit, type KitEvent, makeKit } from '../index.ts'

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
let events: KitEvent[]
beforeEach(() => {
  time = 1_800_000_000
  events = []
})

function kitOf(names: string, bindings: Readonly<Record<string, unknown>>): Kit {
  const env = { JWT_ISS: 'https://issuer.test', JWT_AUD: 'reports', JWT_SECRET_NAME: names, ...bindings }
  return makeKit(env, { now: () => time, onEvent: (event) => events.push(event) })
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
    const kit = kitOf('STORED', { STORED: new Stored(read) })
    await expect(sign(kit)).rejects.toMatchObject({
      code: 'ERR_CONFIG',
      message: expect.stringMatching(problem) as string,
    })
    await expect(kit.verify('a.b.c')).resolves.toBeNull()
    expect(events).toContainEqual(expect.objectContaining({ type: 'secret_failed', level: 'error' }))
  })

  it('may stand in a list beside a plain one; an empty one is skipped and reported', async () => {
    const secret = generateSecret()
    const kit = kitOf('STORED,PLAIN', { STORED: new Stored(() => ''), PLAIN: secret })
    const token = await sign(kit)
    expect(await kitOf('PLAIN', { PLAIN: secret }).verify(token)).not.toBeNull()
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'slot_skipped', name: 'STORED (named by JWT_SECRET_NAME)' }),
    )
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
