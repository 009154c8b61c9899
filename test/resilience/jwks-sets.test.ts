import { createTestIssuer } from '@sealgate/kit/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Faults, publishedBy, startFaults } from '../support/resilience/clocked.ts'
import { hangUp, json, status, text } from '../support/resilience/jwks-server.ts'

let faults: Faults
let jwk: Readonly<Record<string, unknown>>
let token: string

beforeAll(async () => {
  faults = await startFaults()
  const [published = {}] = await publishedBy(faults.issuer)
  jwk = published
  token = await faults.issuer.token({}, { ttlSeconds: 3600 })
})
afterAll(() => faults.close())

const unavailable = { status: 503, reason: 'keys_unavailable' }

describe('a JWKS with one bad key among good ones', () => {
  /** What is wrong with the second key, and what the kit reports. */
  const bad: readonly (readonly [what: string, problem: RegExp, spoil: (other: object) => object[]])[] = [
    ['private', /holds a private key/, (other) => [{ ...other, d: 'A'.repeat(43) }]],
    ['of another alg', /alg is not EdDSA/, (other) => [{ ...other, alg: 'ES256' }]],
    ['there twice', /several keys have this kid/, (other) => [other, { ...other, x: jwk.x }]],
    ['for encryption', /use is not sig/, (other) => [{ ...other, use: 'enc' }]],
    ['symmetric', /not an Ed25519 key|holds a private key/, (other) => [{ ...other, kty: 'oct', k: 'AAAA' }]],
  ]

  it.each(bad)('%s: it alone is passed over, and reported', async (_, problem, spoil) => {
    const other = await createTestIssuer({ audience: 'reports', now: () => kit.now })
    const kit = faults.kit()
    await other.rotate()
    const [second = {}] = await publishedBy(other)
    faults.jwks.answer(kit.path, json({ keys: [...spoil(second), jwk] }))
    const outcome = await kit.ask(token)
    expect(outcome.status).toBe(200)
    expect(outcome.events.join()).toMatch(problem)
    // The fetch went well: this key is not to be had, and that is a verdict.
    expect(await kit.ask(await other.token())).toMatchObject({ status: 401, reason: 'unknown_kid' })
    expect(kit.fetches).toBeLessThanOrEqual(2)
  })
})

describe('an empty JWKS', () => {
  it('is adopted: nothing verifies from then on, and nothing stale serves', async () => {
    const kit = faults.kit()
    faults.jwks.answer(kit.path, json({ keys: [jwk] }))
    expect(await kit.ask(token)).toMatchObject({ status: 200 })
    faults.jwks.answer(kit.path, json({ keys: [] }))
    kit.now += 310
    for (let time = 0; time < 3; time++) expect(await kit.ask(token)).toMatchObject(unavailable)
    // Then the service goes down: what was withdrawn does not come back.
    faults.jwks.answer(kit.path, status(500))
    kit.now += 310
    expect(await kit.ask(token)).toMatchObject(unavailable)
  })
})

describe('a flapping JWKS', () => {
  it('rejects nobody: every other fetch fails for an hour, in a different way each time', async () => {
    const kit = faults.kit()
    const failures = [hangUp, status(500), text('<html>'), status(302, { location: '/' }), json({})]
    const start = kit.now
    let fetches = 0
    const statuses: number[] = []
    for (let minute = 0; minute <= 60; minute += 2) {
      kit.now = start + minute * 60
      if (kit.fetches > fetches || minute === 0) {
        fetches = kit.fetches
        const failure = failures[fetches % failures.length] ?? hangUp
        faults.jwks.answer(kit.path, fetches % 2 === 0 ? json({ keys: [jwk] }) : failure)
      }
      statuses.push((await kit.ask(token)).status)
    }
    expect(new Set(statuses)).toEqual(new Set([200]))
    // It kept asking: the outage was noticed, and its end too.
    expect(kit.fetches).toBeGreaterThan(10)
  })

  it('never says 401 to a new key: 503 while fetches fail, then 200', async () => {
    const kit = faults.kit()
    const issuer = await createTestIssuer({ audience: 'reports', now: () => kit.now })
    faults.jwks.answer(kit.path, json({ keys: await publishedBy(issuer) }))
    const old = await issuer.token()
    expect(await kit.ask(old)).toMatchObject({ status: 200 })
    await issuer.rotate()
    const fresh = await issuer.token()
    faults.jwks.answer(kit.path, hangUp)
    kit.now += 31
    expect(await kit.ask(fresh)).toMatchObject(unavailable)
    expect(await kit.ask(old)).toMatchObject({ status: 200 })
    faults.jwks.answer(kit.path, json({ keys: await publishedBy(issuer) }))
    kit.now += 31
    expect(await kit.ask(fresh)).toMatchObject({ status: 200 })
    expect(await kit.ask(old)).toMatchObject({ status: 200 })
  })
})
