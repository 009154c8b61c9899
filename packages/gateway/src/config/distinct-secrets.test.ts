import { generateSecret } from '@sealgate/kit'
import { sha256 } from '@sealgate/kit/gateway'
import { base64url } from 'jose'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { catchLogs, expectError, gatewayEnv, newSlot } from '../testing/fixtures.ts'
import { app, gatewayOf } from '../testing/test-gateway.ts'
import { SECRET_NAMES } from './secret-names.ts'

const logs = catchLogs()
let slot: string
/** One secret, and the SHA-256 of it as EXCHANGE_CLIENTS has it. */
let secret: string
let hash: string

beforeAll(async () => {
  slot = await newSlot('slot-a')
  secret = generateSecret()
  const digest = base64url.decode(await sha256(new TextEncoder().encode(secret)))
  hash = [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('')
})

const login = { AUTH0_CLIENT_ID: 'web', BASE_URL: 'https://gateway.test', SESSION_STORE: 'cookie' }

/** An environment that signs with `slot`, and in which no two secrets are equal. */
function eddsaEnv(more: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const secrets = { AUTH0_CLIENT_SECRET: 'client', SESSION_SECRET: base64url.encode('s'.repeat(32)) }
  // Among the secrets are keys of log sinks: nothing is to be sent there, now or while other tests run.
  const quiet = { LOG_LEVEL: 'off' }
  return gatewayEnv({ JWT_PRIVATE_JWK_NAME: 'SLOT', SLOT: slot, ...login, ...secrets, ...quiet, ...more })
}

function hs512Env(more: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return eddsaEnv({
    JWT_PRIVATE_JWK_NAME: '',
    JWT_SECRET_NAME: 'SIGNING',
    SIGNING: generateSecret(),
    ...more,
  })
}

function byAudience(more: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const names = { reports: 'REPORTS, REPORTS_OLD', archive: 'ARCHIVE' }
  const signing = { REPORTS: generateSecret(), REPORTS_OLD: generateSecret(), ARCHIVE: generateSecret() }
  return eddsaEnv({ JWT_PRIVATE_JWK_NAME: '', JWT_SECRETS_BY_AUDIENCE: names, ...signing, ...more })
}

/** What is wrong with the secrets of an environment. */
async function problem(env: object): Promise<string> {
  try {
    await gatewayOf(env)
    return 'nothing'
  } catch (error) {
    expect(error).toMatchObject({ code: 'ERR_CONFIG' })
    return String(error)
  }
}

/** Every place where a secret can stand: the variable as a message names it, and an environment that has it there. */
const PLACES: readonly [name: string, holder: string, variables: () => Readonly<Record<string, unknown>>][] =
  [
    ...SECRET_NAMES.filter((name) => !/^(EXCHANGE_CLIENTS|AUTH0_SESSION)/.test(name)).map(
      (name): (typeof PLACES)[number] => [name, name, () => ({ [name]: secret })],
    ),
    [
      'EXCHANGE_CLIENTS (batch)',
      'batch',
      () => ({ EXCHANGE_CLIENTS: { batch: hash, other: 'a'.repeat(64) } }),
    ],
    ['REPORTS', 'reports', () => ({ REPORTS: secret })],
    ['REPORTS_OLD', 'reports', () => ({ REPORTS_OLD: secret })],
    ['ARCHIVE', 'archive', () => ({ ARCHIVE: secret })],
  ]

const PAIRS = PLACES.flatMap((one, index) => PLACES.slice(index + 1).map((other) => [one, other] as const))

describe('one secret in two places', () => {
  it.each(PAIRS.map(([one, other]) => [one[0], other[0], one, other] as const))(
    '%s and %s: rejected, unless one holder rotates it',
    async (_, __, [oneName, oneHolder, one], [otherName, otherHolder, other]) => {
      const said = await problem(byAudience({ ...one(), ...other() }))
      if (oneHolder === otherHolder) {
        expect(said).toBe('nothing')
        return
      }
      expect(said).toContain('hold the same secret')
      for (const name of [oneName, otherName]) expect(said).toContain(name)
      for (const value of [secret, hash]) expect(said).not.toContain(value)
    },
  )

  it.each([
    ['JWT_SECRET_NAME', () => ({ SIGNING: secret }), 'SIGNING'],
    ['an old one of JWT_SECRET_NAME', () => ({ JWT_SECRET_NAME: 'SIGNING,OLD', OLD: secret }), 'OLD'],
    ['JWT_SECRET', () => ({ JWT_SECRET_NAME: '', JWT_SECRET: secret }), 'JWT_SECRET'],
    [
      'an old one of JWT_SECRET',
      () => ({ JWT_SECRET_NAME: '', JWT_SECRET: `${generateSecret()},${secret}` }),
      'JWT_SECRET',
    ],
  ])('%s and an old SESSION_SECRET: rejected', async (_, signing, name) => {
    const SESSION_SECRET = `${base64url.encode('n'.repeat(32))}, ${secret}`
    expect(await problem(hs512Env({ ...signing(), SESSION_SECRET }))).toContain(
      `${name} and SESSION_SECRET hold the same secret`,
    )
  })

  it('a SESSION_SECRET in a JSON array and LOG_HASH_KEY: rejected', async () => {
    const SESSION_SECRET = JSON.stringify([base64url.encode('n'.repeat(32)), secret])
    expect(await problem(eddsaEnv({ SESSION_SECRET, LOG_HASH_KEY: secret }))).toContain(
      'SESSION_SECRET and LOG_HASH_KEY hold the same secret',
    )
  })

  it.each<[string, (text: string) => string]>([
    ['with white space around it', (text) => ` ${text}\n`],
    ['padded', (text) => text.padEnd(Math.ceil(text.length / 4) * 4, '=')],
    ['in base64', (text) => text.replaceAll('-', '+').replaceAll('_', '/')],
    ['in two lines', (text) => `${text.slice(0, 64)}\n${text.slice(64)}`],
    [
      'in hexadecimal',
      (text) =>
        `hex:${[...base64url.decode(text)].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`,
    ],
    ['in quotes', (text) => `"${text}"`],
    ['as what it decodes to', (text) => new TextDecoder().decode(base64url.decode(text))],
  ])('is the same secret %s', async (_, spell) => {
    const text = base64url.encode('text?>of~64~bytes'.repeat(4))
    const said = await problem(hs512Env({ SIGNING: text, LOG_HASH_KEY: spell(text) }))
    expect(said).toContain('SIGNING and LOG_HASH_KEY hold the same secret')
  })

  it('of two clients: rejected', async () => {
    const said = await problem(eddsaEnv({ EXCHANGE_CLIENTS: { one: hash, two: hash.toUpperCase() } }))
    expect(said).toContain('EXCHANGE_CLIENTS (one) and EXCHANGE_CLIENTS (two) hold the same secret')
  })

  it('is 500 on every request, and the log names both places', async () => {
    const env = byAudience({ REPORTS: secret, ARCHIVE: secret, LOG_LEVEL: 'info' })
    for (let request = 0; request < 2; request++) {
      await expectError(await app.request('https://gateway.test/api/x', {}, env), 500, 'misconfigured')
    }
    expect(logs.text()).toContain('REPORTS and ARCHIVE hold the same secret')
    expect(logs.text()).not.toContain(secret)
  })

  it('is one name for two audiences in their lists, too', async () => {
    const names = { reports: 'REPORTS,SHARED', archive: 'ARCHIVE,SHARED' }
    expect(await problem(byAudience({ JWT_SECRETS_BY_AUDIENCE: names, SHARED: secret }))).toContain(
      'gives one secret to two audiences',
    )
  })
})

it('secrets that differ are no problem, and are compared once', async () => {
  const digest = vi.spyOn(crypto.subtle, 'digest')
  const env = byAudience({ LOG_HASH_KEY: 'k', DATADOG_API_KEY: 'd', EXCHANGE_CLIENTS: { one: hash } })
  const gateway = await gatewayOf(env)
  const compared = digest.mock.calls.length
  expect(compared).toBeGreaterThan(0)
  expect(gatewayOf(env)).toBe(gateway)
  expect(digest).toHaveBeenCalledTimes(compared)
})

describe('secrets of a Secrets Store', () => {
  let stored: Record<string, string>
  const binding = (name: string): object => ({ get: () => Promise.resolve(stored[name]) })
  const env = (): Record<string, unknown> =>
    byAudience({ REPORTS: binding('reports'), ARCHIVE: binding('archive'), LOG_LEVEL: 'info' })

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'] })
    stored = { reports: generateSecret(), archive: generateSecret() }
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('are compared when they are first read', async () => {
    stored.archive = secret
    stored.reports = secret
    expect(await problem(env())).toContain('REPORTS and ARCHIVE hold the same secret')
  })

  it('are compared again when one was rotated: the last good ones serve for five minutes, and the log says why', async () => {
    const on = env()
    const gateway = await gatewayOf(on)
    stored.archive = stored.reports ?? ''
    vi.setSystemTime(Date.now() + 61_000)
    expect(await gatewayOf(on)).toBe(gateway)
    expect(logs.text()).toContain('REPORTS and ARCHIVE hold the same secret')
    vi.setSystemTime(Date.now() + 300_000)
    expect(await problem(on)).toContain('REPORTS and ARCHIVE hold the same secret')
    stored.archive = generateSecret()
    vi.setSystemTime(Date.now() + 61_000)
    expect(await problem(on)).toBe('nothing')
  })
})
