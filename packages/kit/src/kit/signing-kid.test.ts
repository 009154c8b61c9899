/** `JWT_KID`, the option `kid`: the name of a private key that has none of its own. */
import { beforeAll, describe, expect, it } from 'vitest'
import { ConfigError, createKit, generateSecret, type Jwk, type EventLine, makeKit, parse } from '../index.ts'

const BASE = { JWT_ISS: 'https://issuer.test', JWT_AUD: 'orders' }
let bare: Jwk
let other: Jwk

async function makeKey(): Promise<Jwk> {
  const pair = await crypto.subtle.generateKey({ name: 'Ed25519' }, true, ['sign', 'verify'])
  if (!('privateKey' in pair)) throw new Error('no pair')
  const { x, d } = (await crypto.subtle.exportKey('jwk', pair.privateKey)) as { x?: string; d?: string }
  return { kty: 'OKP', crv: 'Ed25519', x, d }
}

beforeAll(async () => {
  ;[bare, other] = await Promise.all([makeKey(), makeKey()])
})

const kidOf = async (env: object): Promise<unknown> =>
  parse(await makeKit(env).sign({ sub: 'job' })).header.kid

describe('JWT_KID', () => {
  it('names a key without a kid, wherever the key stands, in tokens and in the JWKS', async () => {
    const places = [
      { JWT_PRIVATE_JWK: bare },
      { JWT_PRIVATE_JWK: JSON.stringify(bare) },
      { JWT_PRIVATE_JWK: { publicJwk: {}, privateJwk: bare } },
      { JWT_PRIVATE_JWK_NAME: 'SLOT', SLOT: JSON.stringify(bare) },
      { JWT_PRIVATE_JWK_NAME: 'SLOT', SLOT: { get: () => Promise.resolve(JSON.stringify(bare)) } },
    ]
    for (const place of places) {
      const env = { ...BASE, ...place, JWT_KID: ' first\n' }
      expect(await kidOf(env)).toBe('first')
      expect(await makeKit(env).jwks()).toMatchObject({ keys: [{ kid: 'first' }] })
      expect(await makeKit(env).verify(await makeKit(env).sign({ sub: 'job' }))).not.toBeNull()
    }
    const kit = createKit({ issuer: 'a', audience: 'b', kid: 'first', sign: { privateJwk: bare } })
    expect(parse(await kit.sign({ sub: 'job' })).header.kid).toBe('first')
  })

  it('may repeat the kid that the key has', async () => {
    expect(await kidOf({ ...BASE, JWT_PRIVATE_JWK: { ...bare, kid: 'first' }, JWT_KID: 'first' })).toBe(
      'first',
    )
  })

  it('is an error beside a key of another kid, and names both variables', async () => {
    const jwk = { ...bare, kid: 'second' }
    const conflict = (name: string) =>
      new ConfigError(`${name} has another kid than JWT_KID (the option kid): remove JWT_KID`)
    const slots = { BARE: bare, NAMED: JSON.stringify(jwk) }
    expect(() => makeKit({ ...BASE, JWT_PRIVATE_JWK: jwk, JWT_KID: 'first' })).toThrow(
      conflict('JWT_PRIVATE_JWK'),
    )
    const STORED = { get: () => Promise.resolve(slots.NAMED) }
    const stored = makeKit({ ...BASE, JWT_PRIVATE_JWK_NAME: 'STORED', STORED, JWT_KID: 'first' })
    await expect(stored.sign({ sub: 'job' })).rejects.toThrow(
      conflict('STORED (named by JWT_PRIVATE_JWK_NAME)'),
    )
  })

  it('names one key: of two without a kid the second is skipped and reported', async () => {
    const events: EventLine[] = []
    const kit = createKit({
      issuer: 'a',
      audience: 'b',
      kid: 'first',
      sign: { privateJwk: [bare, other] },
      onEvent: (event) => void events.push(event),
    })
    expect(await kit.jwks()).toMatchObject({ keys: [{ kid: 'first', x: bare.x }] })
    expect(events).toMatchObject([{ event: 'slot_skipped', name: 'sign.privateJwk[1]' }])
  })

  it.each([7, 'k'.repeat(257), { kid: 'first' }])('may not be %j', (JWT_KID) => {
    expect(() => makeKit({ ...BASE, JWT_PRIVATE_JWK: bare, JWT_KID })).toThrow(/^JWT_KID must be a string/)
  })

  it('says nothing where no private key signs, and without it a key needs a kid of its own', async () => {
    expect(await kidOf({ ...BASE, JWT_SECRET: generateSecret(), JWT_KID: 'first' })).toBeUndefined()
    expect(() => makeKit({ ...BASE, JWT_PRIVATE_JWK: bare })).toThrow('it has no kid')
    expect(() => makeKit({ ...BASE, JWT_PRIVATE_JWK: bare, JWT_KID: '' })).toThrow('it has no kid')
  })
})
