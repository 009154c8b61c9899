import { makeKit } from '../kit/make-kit.ts'
import { createKit } from '../kit/create-kit.ts'
import { describe, expect, it, vi } from 'vitest'
import { generateSecret, type Kit, type EventLine } from '../index.ts'

const BASE = { JWT_ISS: 'https://issuer.test', JWT_AUD: 'reports' }

describe('a secret', () => {
  it.each<[what: string, secret: unknown, problem: RegExp]>([
    [
      'of 63 bytes',
      'A'.repeat(84),
      /^JWT_SECRET is too short for HS512: it needs 64 bytes and has 63 \(RFC 7518 §3.2\). Make a secret with: npx kit-keygen secret/,
    ],
    ['that is a number', 7, /^JWT_SECRET is no secret: it is neither text nor bytes/],
    [
      'that is a sentence',
      'correct horse battery staple',
      /^JWT_SECRET is no secret: it is neither base64url nor base64/,
    ],
  ])('%s makes no kit', (_, secret, problem) => {
    expect(() => makeKit({ ...BASE, JWT_SECRET: secret })).toThrow(problem)
    expect(() => makeKit({ ...BASE, JWT_SECRET: secret })).not.toThrow(String(secret).slice(0, 20))
  })

  it('is the same as text, as bytes, and with the line break that a pipe leaves', async () => {
    const bytes = crypto.getRandomValues(new Uint8Array(64))
    const text = btoa(String.fromCharCode(...bytes))
      .replaceAll('+', '-')
      .replaceAll('/', '_')
      .replaceAll('=', '')
    const config = { issuer: BASE.JWT_ISS, audience: BASE.JWT_AUD }
    const token = await createKit({ ...config, sign: { secret: bytes } }).sign({ sub: 'a' })
    for (const secret of [bytes, text, `${text}\n`]) {
      expect(await createKit({ ...config, verify: { secret } }).verify(token)).not.toBeNull()
    }
  })
})

describe('a list of secrets', () => {
  const [first, second] = [generateSecret(), generateSecret()]
  const of = (names: string, onEvent: (event: EventLine) => void = () => undefined): Kit =>
    makeKit({ ...BASE, JWT_SECRET_NAME: names, FIRST: first, SECOND: second, EMPTY: '' }, { onEvent })

  it('signs with the first and verifies with all', async () => {
    const both = of('FIRST,SECOND')
    expect(await of('FIRST').verify(await both.sign({ sub: 'a' }))).not.toBeNull()
    expect(await of('SECOND').verify(await both.sign({ sub: 'a' }))).toBeNull()
    expect(await both.verify(await of('SECOND').sign({ sub: 'a' }))).not.toBeNull()
    expect(
      await makeKit({ ...BASE, JWT_SECRET: `${first}, ${second}` }).verify(
        await of('SECOND').sign({ sub: 'a' }),
      ),
    ).not.toBeNull()
  })

  it('skips and reports what is unset or empty, as long as one remains', async () => {
    const events: EventLine[] = []
    const kit = of('EMPTY,UNSET,SECOND', (event) => events.push(event))
    expect(await of('SECOND').verify(await kit.sign({ sub: 'a' }))).not.toBeNull()
    const names = events.map((event) => event.event === 'slot_skipped' && event.name)
    expect(names).toEqual(['EMPTY (named by JWT_SECRET_NAME)', 'UNSET (named by JWT_SECRET_NAME)'])
    expect(events[0]).toMatchObject({ level: 'error', detail: 'it is unset or empty' })
    expect(() => of('EMPTY,UNSET')).toThrow(/JWT_SECRET_NAME names EMPTY, UNSET, which are not set/)
  })

  it('tells what each of them does', async () => {
    const { sign } = await of('EMPTY,SECOND,FIRST').describe()
    expect(sign?.slots).toEqual([
      { name: 'SECOND (named by JWT_SECRET_NAME)', state: 'signing' },
      { name: 'FIRST (named by JWT_SECRET_NAME)', state: 'previous' },
      { name: 'EMPTY (named by JWT_SECRET_NAME)', state: 'skipped', problem: 'it is unset or empty' },
    ])
  })

  it('accepts what is neither text nor bytes for a mistake, and an empty list for none', () => {
    const config = { issuer: BASE.JWT_ISS, audience: BASE.JWT_AUD, onEvent: () => undefined }
    const kitOf = (secret: unknown): Kit => createKit({ ...config, sign: { secret: secret as string } })
    expect(() => kitOf(7)).toThrow(
      'sign.secret is no secret: it is neither text nor bytes. Make a secret with: npx kit-keygen secret',
    )
    expect(() => kitOf({ k: 'x' })).toThrow(/^sign.secret is no secret/)
    expect(() => kitOf([first, [second]])).toThrow(/^sign.secret\[1\] is no secret/)
    expect(() => kitOf(['', null])).toThrow(
      'no secret is set in sign.secret[0], sign.secret[1]. Make one with: npx kit-keygen secret',
    )
    expect(() => kitOf([first, null, undefined])).not.toThrow()
  })
})

it('a ring of secrets says what is wrong with each, and how to make one', async () => {
  // Read anew: the words stand at the top of the module.
  vi.resetModules()
  const { SecretRing } = await import('./hmac-secrets.ts')
  const onEvent = vi.fn()
  const ringOf = (...texts: unknown[]) =>
    new SecretRing(
      texts.map((text, index) => ({ name: `S${index}`, text })),
      onEvent,
    )
  const problem = 'it is unset or empty'
  expect(ringOf(generateSecret(), undefined, null, '').describe()).toEqual([
    { name: 'S0', state: 'signing' },
    ...['S1', 'S2', 'S3'].map((name) => ({ name, state: 'skipped', problem })),
  ])
  expect(onEvent.mock.calls).toEqual(
    ['S1', 'S2', 'S3'].map((name) => [{ event: 'slot_skipped', level: 'error', name, detail: problem }]),
  )
  expect(() => ringOf('!')).toThrow(
    'S0 is no secret: it is neither base64url nor base64. Make a secret with: npx kit-keygen secret',
  )
  expect(() => ringOf(new Uint8Array(63))).toThrow('Make a secret with: npx kit-keygen secret')
})

describe('generateSecret', () => {
  it.each([64, 65, 1024])('makes a secret of %i bytes, another each time', (bytes) => {
    expect(generateSecret(bytes)).toMatch(new RegExp(`^[\\w-]{${Math.ceil((bytes * 4) / 3)}}$`))
    expect(generateSecret(bytes)).not.toBe(generateSecret(bytes))
  })

  it.each([63, 1025, 64.5, Number.NaN])('rejects %d bytes', (bytes) => {
    expect(() => generateSecret(bytes)).toThrow('a secret for HS512 has 64 to 1024 bytes')
  })
})
