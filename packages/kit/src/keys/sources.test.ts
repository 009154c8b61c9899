import { beforeAll, describe, expect, it } from 'vitest'
import { ConfigError, createKit, type Jwk, type Kit, makeKit } from '../index.ts'
import { createTestIssuer, type TestIssuer } from '../testing.ts'

let issuer: TestIssuer
let publicJwk: Jwk

beforeAll(async () => {
  issuer = await createTestIssuer()
  const set: { keys: Jwk[] } = await (await issuer.binding.fetch('https://jwks.internal/')).json()
  publicJwk = set.keys[0] ?? {}
})

/** A kit with this inline key, as a consumer's environment has it. */
function kitOf(JWT_PUBLIC_JWK: unknown): Kit {
  const { JWT_ISS, JWT_AUD } = issuer.env
  return makeKit({ JWT_ISS, JWT_AUD, JWT_PUBLIC_JWK })
}

describe('an inline public key', () => {
  it.each<[what: string, value: () => unknown]>([
    ['a JWK', () => publicJwk],
    ['a JWK as text', () => JSON.stringify(publicJwk)],
    ['a JWK Set', () => ({ keys: [publicJwk, { ...publicJwk, kid: 'other' }] })],
    ['a JWK Set as text', () => JSON.stringify({ keys: [publicJwk] })],
    ['the public half of what kit-keygen prints', () => ({ ...publicJwk, use: 'sig', alg: 'EdDSA' })],
  ])('may be %s', async (_, value) => {
    expect(await kitOf(value()).verify(await issuer.token())).not.toBeNull()
  })

  it.each<[what: string, value: () => unknown, problem: RegExp]>([
    ['no JSON', () => 'not JSON', /^JWT_PUBLIC_JWK is not a JWK or JWK Set in JSON; see: npx kit-keygen/],
    ['a number', () => 7, /^JWT_PUBLIC_JWK is not a JWK/],
    ['an empty set', () => ({ keys: [] }), /^JWT_PUBLIC_JWK is a JWK Set without keys/],
    ['a key without kid', () => ({ ...publicJwk, kid: undefined }), /it has no kid/],
    ['a private key', () => ({ ...publicJwk, d: 'A'.repeat(43) }), /it holds a private key: rotate it/],
    [
      'a private key deep in a set',
      () => ({ keys: [publicJwk, { ...publicJwk, kid: 'other', d: 'A'.repeat(43) }] }),
      /it holds a private key: rotate it/,
    ],
    [
      'the whole output of kit-keygen',
      () => ({ publicJwk, privateJwk: { ...publicJwk, d: 'A'.repeat(43) } }),
      /holds a private key: rotate it, and set only the public half/,
    ],
    ['two keys with one kid', () => ({ keys: [publicJwk, publicJwk] }), /two keys with one kid/],
    ['a secret', () => ({ kty: 'oct', k: 'A'.repeat(86), kid: 'a' }), /private key|not an Ed25519 key/],
  ])('may not be %s', (_, value, problem) => {
    expect(() => kitOf(value())).toThrow(ConfigError)
    expect(() => kitOf(value())).toThrow(problem)
    expect(() => kitOf(value())).not.toThrow(/A{43}/)
  })

  it('verifies tokens of its kid, and no token without one', async () => {
    const kit = kitOf(publicJwk)
    const other = await createTestIssuer()
    await other.rotate()
    expect(await kit.safeVerify(await other.token())).toMatchObject({ reason: 'unknown_kid' })
    const { JWT_ISS, JWT_AUD } = issuer.env
    const hs512 = createKit({ issuer: JWT_ISS, audience: JWT_AUD, sign: { secret: 'A'.repeat(86) } })
    expect(await kit.safeVerify(await hs512.sign({ sub: 'a' }))).toMatchObject({ reason: 'unsupported_alg' })
  })

  it('may stand in the Secrets Store', async () => {
    const { JWT_ISS, JWT_AUD } = issuer.env
    const STORED = { get: () => Promise.resolve(JSON.stringify(publicJwk)) }
    const kit = makeKit({ JWT_ISS, JWT_AUD, JWT_PUBLIC_JWK_NAME: 'STORED', STORED })
    expect(await kit.verify(await issuer.token())).not.toBeNull()
    expect((await kit.describe()).verify).toMatchObject({ kind: 'inline', kids: [publicJwk.kid] })
  })
})
