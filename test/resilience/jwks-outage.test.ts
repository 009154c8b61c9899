import { gzipSync } from 'node:zlib'
import { createTestIssuer } from '@sealgate/kit/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ClockedKit, type Faults, publishedBy, startFaults } from '../support/resilience/clocked.ts'
import {
  hangUp,
  json,
  type JwksAnswer,
  silence,
  status,
  stream,
  text,
} from '../support/resilience/jwks-server.ts'

let faults: Faults
let good: JwksAnswer
let jwk: Readonly<Record<string, unknown>>
/** Another key under the same kid. */
let rival: Readonly<Record<string, unknown>>
/** A good token, one that another key signed under the same kid, and one whose kid nobody knows. */
let tokens: { readonly good: string; readonly forged: string; readonly unknown: string }

const isLong = process.env.SEALGATE_NIGHTLY === '1'

/** Past freshness (300 s), and past the 900 s for which a stale set serves. */
const STALE = 310
const TOO_STALE = 1300

beforeAll(async () => {
  faults = await startFaults()
  const { issuer } = faults
  const [published = {}] = await publishedBy(issuer)
  jwk = published
  good = json({ keys: [jwk] })
  const stranger = await createTestIssuer({ audience: 'reports', now: () => 1_900_000_000 })
  await stranger.rotate()
  const [foreign = {}] = await publishedBy(stranger)
  rival = { ...foreign, kid: jwk.kid }
  const long = { ttlSeconds: 3600 }
  tokens = {
    good: await issuer.token({}, long),
    forged: await issuer.forged(),
    unknown: await stranger.token({}, long),
  }
})
afterAll(() => faults.close())

const hostile = 'A'.repeat(65_536)
const padded = (): string => `{"keys":[${JSON.stringify(jwk)}],"padding":"`

/** What is wrong with the JWKS, what the kit reports, and how it is done. */
const OUTAGES: readonly (readonly [what: string, problem: RegExp, answer: () => JwksAnswer])[] = [
  ['hangs up', /jwks_failed/, () => hangUp],
  ['responds with 500', /request got 500/, () => status(500)],
  ['responds with 404', /"entrypoint": "Keys"|request got 404/, () => status(404)],
  ['redirects to good keys', /redirect/, () => status(302, { location: `${faults.jwks.url}/elsewhere` })],
  ['answers HTML with 200', /not a JSON object/, () => text('<!doctype html><title>Sign in</title>')],
  ['answers half its JSON', /not a JSON object/, () => text(JSON.stringify({ keys: [jwk] }).slice(0, 90))],
  ['is 10 MB large', /larger than 65536 bytes/, () => text(`${padded()}${'A'.repeat(10_485_760)}"}`)],
  [
    'is 10 MB large once unpacked',
    /larger than 65536 bytes/,
    () => text(gzipSync(`${padded()}${'A'.repeat(10_485_760)}"}`), { 'content-encoding': 'gzip' }),
  ],
  ['is endless', /larger than 65536 bytes/, () => stream(hostile)],
  [
    'has 10,000 keys',
    /larger than 65536 bytes/,
    () => json({ keys: Array.from({ length: 10_000 }, (_, index) => ({ ...jwk, kid: `kid-${index}` })) }),
  ],
  [
    'has 10,000 tiny keys',
    /more than 64 keys/,
    () => json({ keys: [jwk, ...Array.from({ length: 10_000 }, () => ({}))] }),
  ],
  ['publishes its private key', /holds a private key/, () => json({ keys: [{ ...jwk, d: jwk.x }] })],
  ['names another alg', /alg is not EdDSA/, () => json({ keys: [{ ...jwk, alg: 'HS256' }] })],
  ['has its kid on two keys', /several keys have this kid/, () => json({ keys: [jwk, rival] })],
]

/** Each costs the five seconds that a fetch may last, again and again: the whole story is for the long run. */
const SLOW_OUTAGES: typeof OUTAGES = [
  ['never answers', /no response within 5 s/, () => silence],
  ['trickles', /no response within 5 s/, () => stream(' ', { everyMs: 100, times: 600 })],
]

const unavailable = { status: 503, reason: 'keys_unavailable' }

/** Without keys nothing can be said about any token: never 401, never 200. One fetch for all of them. */
async function cold(kit: ClockedKit, outage: JwksAnswer, problem: RegExp): Promise<void> {
  const { good: token, forged, unknown } = tokens
  faults.jwks.answer(kit.path, outage)
  const first = await kit.ask(token)
  expect(first).toMatchObject(unavailable)
  expect(first.retryAfterSeconds).toBeGreaterThan(0)
  expect(first.events.join()).toMatch(problem)
  for (const other of [forged, unknown, token]) expect(await kit.ask(other)).toMatchObject(unavailable)
  expect(kit.fetches).toBe(1)

  faults.jwks.answer(kit.path, good)
  kit.now += 1
  expect(await kit.ask(token)).toMatchObject({ status: 200 })
  expect(kit.fetches).toBe(2)
}

/** The last good set serves: good tokens pass, forged ones do not. */
async function stale(kit: ClockedKit, outage: JwksAnswer): Promise<void> {
  const { good: token, forged } = tokens
  faults.jwks.answer(kit.path, outage)
  kit.now += STALE
  expect(await kit.ask(token)).toMatchObject({ status: 200 })
  expect(await kit.ask(forged)).toMatchObject({ status: 401, reason: 'bad_signature' })
  expect(kit.fetches).toBe(3)
}

/** A kid that the last good set lacks may be in the one that cannot be had. And that set does not serve for ever. */
async function tooStale(kit: ClockedKit): Promise<void> {
  const { good: token, forged, unknown } = tokens
  for (let time = 0; time < 2; time++) expect(await kit.ask(unknown)).toMatchObject(unavailable)
  expect(kit.fetches).toBe(4)

  kit.now += TOO_STALE - STALE
  for (const any of [token, forged, unknown]) expect(await kit.ask(any)).toMatchObject(unavailable)
  expect(kit.fetches).toBe(5)

  faults.jwks.answer(kit.path, good)
  kit.now += 60
  expect(await kit.ask(token)).toMatchObject({ status: 200 })
  expect(await kit.ask(unknown)).toMatchObject({ status: 401, reason: 'unknown_kid' })
}

/** Every outage over a service binding and over a URL, all at once: each has a kit and a path of its own. */
const rows = [...OUTAGES, ...SLOW_OUTAGES].flatMap(([what, problem, answer]) =>
  (['service', 'url'] as const).map((source) => ({ what, source, problem, answer })),
)

describe('a JWKS that', () => {
  it.concurrent.each(rows)(
    '$what is an outage and no verdict ($source)',
    async ({ what, source, problem, answer }) => {
      const kit = faults.kit({ source })
      await cold(kit, answer(), problem)
      await stale(kit, answer())
      if (isLong || OUTAGES.some(([quick]) => quick === what)) await tooStale(kit)
      expect(faults.jwks.fetches('elsewhere')).toBe(0)
    },
  )
})
