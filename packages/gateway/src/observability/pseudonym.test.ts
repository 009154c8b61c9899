import { describe, expect, it, vi } from 'vitest'
import { Logger } from '@sealgate/kit/gateway'
import { pseudonymsOf } from './pseudonym.ts'

const of = (env: object, name = 'auth0|ada', purpose: 'log' | 'limit' = 'log') =>
  pseudonymsOf(env, new Logger()).of(purpose, name)

describe('what stands for a user', () => {
  it('is the same for the same user and key, and for nothing else', async () => {
    const env = { LOG_HASH_KEY: 'one' }
    const ada = await of(env)
    expect(ada).toMatch(/^[0-9a-f]{32}$/)
    expect(await of({ ...env })).toBe(ada)
    const others = [of(env, 'auth0|bob'), of(env, 'auth0|ada', 'limit'), of({ LOG_HASH_KEY: 'two' })]
    expect(await Promise.all(others)).not.toContain(ada)
  })

  it.each<[what: string, env: object, same: object]>([
    ['LOG_HASH_KEY first', { LOG_HASH_KEY: 'a', SESSION_SECRET: 'b' }, { LOG_HASH_KEY: 'a' }],
    ['the session secret', { SESSION_SECRET: 'a', JWT_SECRET: 'b' }, { LOG_HASH_KEY: 'a' }],
    ['its other name', { AUTH0_SESSION_ENCRYPTION_KEY: 'a', JWT_SECRET: 'b' }, { LOG_HASH_KEY: 'a' }],
    ['the first slot that is set', { JWT_PRIVATE_JWK_NAME: 'A, B', B: 'a' }, { LOG_HASH_KEY: 'a' }],
    ['the first of a JSON array', { JWT_PRIVATE_JWK_NAME: '["A", "B"]', B: 'a' }, { LOG_HASH_KEY: 'a' }],
    ['a secret by name', { JWT_SECRET_NAME: 'S', S: 'a' }, { LOG_HASH_KEY: 'a' }],
    ['the key itself', { JWT_PRIVATE_JWK: 'a' }, { LOG_HASH_KEY: 'a' }],
  ])('is keyed by %s', async (_, env, same) => {
    expect(await of(env)).toBe(await of(same))
  })

  it('is computed once for a user in the log, and each time for what a limit counts', async () => {
    const sign = vi.spyOn(crypto.subtle, 'sign')
    const pseudonyms = pseudonymsOf({ LOG_HASH_KEY: 'one' }, new Logger())
    const hashes = async (purpose: 'log' | 'limit'): Promise<readonly string[]> => [
      await pseudonyms.of(purpose, 'auth0|ada'),
      await pseudonyms.of(purpose, 'auth0|ada'),
      await pseudonyms.of(purpose, 'auth0|bob'),
    ]
    const [first, again, other] = await hashes('log')
    expect(again).toBe(first)
    expect(other).not.toBe(first)
    expect(sign).toHaveBeenCalledTimes(2)
    await hashes('limit')
    expect(sign).toHaveBeenCalledTimes(5)
    sign.mockRestore()
  })

  it('is keyed by chance, with a warning, where no secret is at hand', async () => {
    const warned = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
    const stored = { JWT_SECRET_NAME: 'S', S: { get: () => Promise.resolve('a') } }
    const pseudonyms = pseudonymsOf(stored, new Logger())
    expect(await pseudonyms.of('log', 'ada')).toBe(await pseudonyms.of('log', 'ada'))
    expect(await of(stored)).not.toBe(await of(stored))
    expect(JSON.stringify(warned.mock.calls)).toContain('log_hash_key_missing')
    warned.mockRestore()
  })
})
