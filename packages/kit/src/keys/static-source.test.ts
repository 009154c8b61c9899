import { makeKit } from '../kit/make-kit.ts'
import { createKit } from '../kit/create-kit.ts'
import { beforeAll, describe, expect, it } from 'vitest'
import { ConfigError, generateSecret, type Jwk, type Kit } from '../index.ts'
import { createTestIssuer, rawToken, type TestIssuer } from '../testing/test-issuer.ts'

let issuer: TestIssuer
let publicJwk: Jwk

// RFC 8037 appendix A.2.
const OTHER_X = '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo'

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
    [
      'two different keys with one kid',
      () => ({ keys: [publicJwk, { ...publicJwk, x: OTHER_X }] }),
      /^JWT_PUBLIC_JWK has two different keys with one kid: give each a kid of its own$/,
    ],
    ['a secret', () => ({ kty: 'oct', k: 'A'.repeat(86), kid: 'a' }), /private key|not an Ed25519 key/],
  ])('may not be %s', (_, value, problem) => {
    expect(() => kitOf(value())).toThrow(ConfigError)
    expect(() => kitOf(value())).toThrow(problem)
    expect(() => kitOf(value())).not.toThrow(/A{43}/)
  })

  it('verifies tokens of its kid, and no other', async () => {
    const kit = kitOf(publicJwk)
    const other = await createTestIssuer()
    await other.rotate()
    expect(await kit.safeVerify(await other.token())).toEqual({
      ok: false,
      reason: 'unknown_kid',
      detail: 'no key has this kid',
    })
    expect(await kit.safeVerify(rawToken({ alg: 'EdDSA', typ: 'JWT' }, {}))).toEqual({
      ok: false,
      reason: 'missing_kid',
      detail: 'the header has no kid',
    })
    const { JWT_ISS, JWT_AUD } = issuer.env
    const hs512 = createKit({ issuer: JWT_ISS, audience: JWT_AUD, sign: { secret: 'A'.repeat(86) } })
    expect(await kit.safeVerify(await hs512.sign({ sub: 'a' }))).toMatchObject({ reason: 'unsupported_alg' })
  })

  it('may stand in the Secrets Store', async () => {
    const { JWT_ISS, JWT_AUD } = issuer.env
    const STORED = { get: () => Promise.resolve(JSON.stringify(publicJwk)) }
    const kit = makeKit({ JWT_ISS, JWT_AUD, JWT_PUBLIC_JWK_NAME: 'STORED', STORED })
    expect(await kit.verify(await issuer.token())).not.toBeNull()
    expect((await kit.describe()).verify).toEqual({ mode: 'EdDSA', source: 'inline', kids: [publicJwk.kid] })
  })

  it('that cannot be read from the Secrets Store fails what requests it, and nothing else', async () => {
    const { JWT_ISS, JWT_AUD } = issuer.env
    const STORED = { get: () => Promise.reject(new Error('the store is down')) }
    const env = { JWT_ISS, JWT_AUD, JWT_PUBLIC_JWK_NAME: 'STORED', STORED }
    const kit = makeKit(env, { onEvent: () => undefined })
    for (const call of [() => kit.describe(), async () => kit.verify(await issuer.token())]) {
      await expect(call()).rejects.toThrow(/^STORED \(named by JWT_PUBLIC_JWK_NAME\) could not be read/)
    }
  })
})

describe('a kit with keys to sign', () => {
  const base = { issuer: 'https://issuer.test', audience: 'reports', onEvent: () => undefined }

  it('verifies with its own slots, save those that are skipped or withdrawn', async () => {
    const [good, old, broken] = await Promise.all([
      privateJwk('good'),
      privateJwk('old'),
      privateJwk('broken'),
    ])
    let time = 1_800_000_000
    const config = { ...base, now: () => time }
    const slots = [good, { ...old, exp: time + 10_000 }, { ...broken, d: good.d }, '']
    const kit = createKit({ ...config, sign: { privateJwk: slots } })
    expect((await kit.describe()).verify).toEqual({ mode: 'EdDSA', source: 'own', kids: ['good', 'old'] })
    const token = await createKit({ ...config, sign: { privateJwk: old } }).sign({ sub: 'a' })
    expect(await kit.verify(token)).not.toBeNull()
    time += 10_000
    expect(await kit.safeVerify(token)).toMatchObject({ reason: 'unknown_kid' })
  })

  it('verifies with its own secrets, and names none of them', async () => {
    const kit = createKit({ ...base, sign: { secret: generateSecret() } })
    expect(await kit.verify(await kit.sign({ sub: 'a' }))).not.toBeNull()
    expect((await kit.describe()).verify).toEqual({ mode: 'HS512', source: 'secret', kids: [] })
  })

  it('verifies with secrets from the Secrets Store before it has signed anything', async () => {
    const secret = generateSecret()
    const token = await createKit({ ...base, sign: { secret } }).sign({ sub: 'a' })
    const STORED = { get: () => Promise.resolve(secret) }
    const env = { JWT_ISS: base.issuer, JWT_AUD: base.audience, JWT_SECRET_NAME: 'STORED', STORED }
    expect(await makeKit(env).verify(token)).not.toBeNull()
  })
})

/** A private JWK, as kit-keygen makes it. */
async function privateJwk(kid: string): Promise<Jwk> {
  const pair = await crypto.subtle.generateKey({ name: 'Ed25519' }, true, ['sign', 'verify'])
  if (!('privateKey' in pair)) throw new Error('no pair')
  const { x, d } = (await crypto.subtle.exportKey('jwk', pair.privateKey)) as { x?: string; d?: string }
  return { kty: 'OKP', crv: 'Ed25519', x, d, kid, alg: 'EdDSA', use: 'sig' }
}
