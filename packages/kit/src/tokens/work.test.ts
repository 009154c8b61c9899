import { countCryptoCalls, type CryptoCalls } from '../../../../test/support/crypto-calls.ts'
import { createKit } from '../kit/create-kit.ts'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { generateSecret } from '../index.ts'
import type { Kit } from '../kit/kit.ts'
import { createTestIssuer, type TestIssuer } from '../testing/test-issuer.ts'

// What is promised about speed is promised as counts: they are the same on every machine.

const NONE = { verify: 0, sign: 0, digest: 0, importKey: 0 }
const options = { issuer: 'https://issuer.test', audience: 'reports', onEvent: () => undefined }

let issuer: TestIssuer
/** Calls since `spy`. */
let calls: () => CryptoCalls

const kitOf = (): Kit => createKit({ ...options, verify: { jwksService: issuer.binding } })
const spy = (): void => {
  calls = countCryptoCalls()
}

beforeAll(async () => {
  issuer = await createTestIssuer({ audience: 'reports' })
})
afterEach(() => vi.restoreAllMocks())

describe('verification asks of the runtime’s cryptography', () => {
  let kit: Kit
  let first: string

  beforeEach(async () => {
    kit = kitOf()
    first = await issuer.token()
    expect(await kit.verify(first)).not.toBeNull()
  })

  it('nothing for a token seen before', async () => {
    spy()
    for (let time = 0; time < 10; time++) expect(await kit.verify(first)).not.toBeNull()
    expect(calls()).toEqual(NONE)
  })

  it('one signature for a new token', async () => {
    const token = await issuer.token()
    spy()
    expect(await kit.verify(token)).not.toBeNull()
    expect(calls()).toEqual({ ...NONE, verify: 1 })
  })

  it('one signature for each forged token, however often it comes: rejections are not kept', async () => {
    const forged = await issuer.forged()
    spy()
    for (let time = 0; time < 3; time++) {
      expect(await kit.safeVerify(forged)).toMatchObject({ reason: 'bad_signature' })
    }
    expect(calls()).toEqual({ ...NONE, verify: 3 })
  })

  it('nothing for a token that its header gives away', async () => {
    const [, payload, signature] = first.split('.')
    const header = btoa('{"alg":"HS512","kid":"test-key-1"}').replaceAll('=', '')
    spy()
    const outcome = await kit.safeVerify([header, payload, signature].join('.'))
    expect(outcome).toMatchObject({ reason: 'unsupported_alg' })
    expect(calls()).toEqual(NONE)
  })
})

it('imports a key once, at its first use, and no key that signed nothing', async () => {
  const many = await createTestIssuer({ audience: 'reports' })
  for (let key = 0; key < 5; key++) await many.rotate()
  const tokens = await Promise.all(Array.from({ length: 20 }, () => many.token()))
  const set = await (await many.binding.fetch('https://jwks.internal/')).text()
  const jwksService = { fetch: () => Promise.resolve(new Response(set)) }
  const kit = createKit({ ...options, verify: { jwksService } })
  spy()
  for (const token of tokens) expect(await kit.verify(token)).not.toBeNull()
  expect((JSON.parse(set) as { keys: unknown[] }).keys).toHaveLength(6)
  // The digest is the key's thumbprint, for pins and the deny-list.
  expect(calls()).toEqual({ verify: 20, sign: 0, digest: 1, importKey: 1 })
})

it('fetches the JWKS once for 500 first verifications at once', async () => {
  const crowded = await createTestIssuer({ audience: 'reports' })
  const kit = createKit({ ...options, verify: { jwksService: crowded.binding } })
  const tokens = await Promise.all(Array.from({ length: 10 }, () => crowded.token()))
  const all = Array.from({ length: 50 }, () => tokens).flat()
  const verified = await Promise.all(all.map((token) => kit.verify(token)))
  expect(verified.filter((claims) => claims === null)).toEqual([])
  expect(crowded.binding.fetches).toBe(1)
})

describe('signing', () => {
  it('asks of the runtime’s cryptography one signature a token, and imports its key once', async () => {
    const kit = createKit({ ...options, sign: { secret: generateSecret() } })
    spy()
    for (let time = 0; time < 10; time++) await kit.sign({ sub: 'user-1' })
    expect(calls()).toEqual({ ...NONE, sign: 10, importKey: 1 })
  })

  it('mixes nothing up when many tokens of many sizes are signed and verified at once', async () => {
    const secret = generateSecret()
    const kit = createKit({ ...options, sign: { secret }, verify: { secret } })
    const subjects = Array.from({ length: 60 }, (_, index) => `user-${index}-${'é'.repeat(index * 7)}`)
    const tokens = await Promise.all(subjects.map((sub) => kit.sign({ sub })))
    const verified = await Promise.all(tokens.map((token) => kit.verify(token)))
    expect(verified.map((claims) => claims?.sub)).toEqual(subjects)
  })
})
