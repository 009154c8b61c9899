/** What a kit uses of its runtime, and what its lines say of the Worker. */
import { describe, expect, it } from 'vitest'
import type { LogLine } from '../log/line-types.ts'
import { type KitOptions, settingsFromEnv } from './from-env.ts'
import type { Settings, VerifierSettings } from './settings.ts'
import { verifierSettingsFromEnv } from './verifier-from-env.ts'

const ENV = { JWT_ISS: 'https://issuer.test', JWT_AUD: 'reports, admin', JWT_SECRET: 'A'.repeat(86) }

/** Both read an environment, and make one logger of it. */
const READERS: [who: string, read: (env: object, options?: KitOptions) => Settings | VerifierSettings][] = [
  ['a kit', (env, options) => settingsFromEnv(env, options)],
  ['a verifier', (env, options) => verifierSettingsFromEnv(env, options, undefined)],
]

describe.each(READERS)('a line of %s', (_, read) => {
  /** What a line says of its Worker. */
  function headIn(env: object): Partial<LogLine> {
    const lines: LogLine[] = []
    const { onEvent } = read({ ...ENV, LOG_LEVEL: 'off', ...env }, { onEvent: (line) => lines.push(line) })
    onEvent({ event: 'denylist_failed', level: 'error', detail: '' })
    const [{ service, version, env: name } = {}] = lines as [LogLine?]
    return { service, version, env: name } as Partial<LogLine>
  }

  it.each<[what: string, env: object, head: Partial<Record<'version' | 'env', unknown>>]>([
    ['neither', {}, {}],
    ['an environment', { WORKER_ENV: 'staging' }, { env: 'staging' }],
    ['an environment without a name', { WORKER_ENV: '' }, {}],
    ['an environment that is no text', { WORKER_ENV: 7 }, {}],
    [
      'a version',
      { CF_VERSION_METADATA: { id: 'v1', tag: 'first' } },
      { version: { id: 'v1', tag: 'first' } },
    ],
    ['a version with more', { CF_VERSION_METADATA: { id: 'v1', timestamp: 'x' } }, { version: { id: 'v1' } }],
    ['a version without a tag', { CF_VERSION_METADATA: { id: 'v1', tag: '' } }, { version: { id: 'v1' } }],
    [
      'a version whose tag is no text',
      { CF_VERSION_METADATA: { id: 'v1', tag: 7 } },
      { version: { id: 'v1' } },
    ],
    ['a version without an id', { CF_VERSION_METADATA: { id: '', tag: 'first' } }, {}],
    ['a version whose id is no text', { CF_VERSION_METADATA: { id: 7, tag: 'first' } }, {}],
    ['a version that is no object', { CF_VERSION_METADATA: 'v1' }, {}],
  ])('names the first audience as the service, and what is known with %s', (_what, env, head) => {
    expect(headIn(env)).toStrictEqual({ service: 'reports', version: undefined, env: undefined, ...head })
  })
})

describe.each(READERS)('the log of %s', (_, read) => {
  const wantsGrants = (env: object, options?: KitOptions): boolean =>
    read({ ...ENV, ...env }, options).logger.wantsGrants

  it('has the level of LOG_LEVEL, of which the option comes first', () => {
    expect(wantsGrants({})).toBe(false)
    expect(wantsGrants({ LOG_LEVEL: 'debug' })).toBe(true)
    expect(wantsGrants({ LOG_LEVEL: 'debug' }, { logLevel: 'warn' })).toBe(false)
    expect(wantsGrants({ LOG_LEVEL: 'off' }, { logLevel: 'debug' })).toBe(true)
    for (const level of ['info', 'debug', 'warn', 'error', 'off', '', undefined])
      expect(read({ ...ENV, LOG_LEVEL: level }).logLevel).toBe(level || 'info')
    expect(() => read({ ...ENV, LOG_LEVEL: 'loud' })).toThrow(
      'LOG_LEVEL must be info or debug or warn or error or off',
    )
  })

  it('hears of decisions by its own hook, and makes its sinks of the environment', () => {
    expect(wantsGrants({}, { onDecision: () => undefined })).toBe(true)
    const env = { ...ENV, PLACE: {} }
    const seen: unknown[] = []
    const sink = { takesAll: true, write: () => undefined }
    const { logger } = read(env, { sinks: [(given) => (seen.push(given), sink)] })
    expect(logger.wantsGrants).toBe(true)
    expect(seen).toEqual([env])
    expect(seen[0]).toBe(env)
  })

  it('is the one that is given, and hashes subjects with text alone', () => {
    const { logger } = read(ENV)
    expect(read(ENV, { logger }).logger).toBe(logger)
    expect(read(ENV, { logger }).onEvent).toBe(logger.event)
    expect(read({ ...ENV, LOG_HASH_KEY: 'key' }).logHashKey).toBe('key')
    for (const key of [undefined, '', { get: () => Promise.resolve('key') }])
      expect(read({ ...ENV, LOG_HASH_KEY: key }).logHashKey).toBeUndefined()
  })
})

it.each(READERS)('%s has the clock and fetch that are given', (_, read) => {
  const options: KitOptions = { now: () => 7, fetch: () => Promise.reject(new Error('none')) }
  expect(read(ENV, options)).toMatchObject(options)
  expect(Math.abs(read(ENV).now() - Date.now() / 1000)).toBeLessThan(5)
})
