import { describe, expect, it, vi } from 'vitest'
import { Pseudonyms } from './pseudonyms.ts'

describe('what stands for a user', () => {
  // HKDF-SHA-256 of the key, no salt, info "sealgate pseudonyms", 32 bytes; HMAC-SHA-256; the first 16 bytes.
  it.each<[purpose: 'log' | 'limit', name: string, hash: string]>([
    ['log', 'ada', 'b41955dd361d2d0fabe0f27d9926679a'],
    ['limit', 'ada', '1ad56afc9f56e3d39c6fdb2fd3414be2'],
    ['log', 'Zoë', 'fb90e4904c5b372bb1060fce96fe8dda'],
  ])('is a hash that others can compute who have the key: %s %s', async (purpose, name, hash) => {
    expect(await new Pseudonyms(() => 'a key for hashes').of(purpose, name)).toBe(hash)
  })

  it('is another with another key', async () => {
    const hashes = ['one', 'two'].map((key) => new Pseudonyms(() => key).of('log', 'ada'))
    expect(new Set(await Promise.all(hashes)).size).toBe(2)
  })

  it('is computed once for a user in the log, and each time for what a limit counts', async () => {
    const sign = vi.spyOn(crypto.subtle, 'sign')
    const pseudonyms = new Pseudonyms(() => 'one')
    const computed = async (purpose: 'log' | 'limit', ...names: readonly string[]) => {
      sign.mockClear()
      const hashes: string[] = []
      for (const name of names) hashes.push(await pseudonyms.of(purpose, name))
      return [sign.mock.calls.length, new Set(hashes).size]
    }
    expect(await computed('log', 'ada', 'ada', 'bob', 'ada')).toEqual([2, 2])
    expect(await computed('limit', 'ada', 'ada', 'bob')).toEqual([3, 2])
    expect(await computed('log', 'ada', 'bob')).toEqual([0, 2])
    sign.mockRestore()
  })

  it('is made of a key that is read once, at first use, and cannot be taken out', async () => {
    const keyText = vi.fn(() => 'one')
    const derive = vi.spyOn(crypto.subtle, 'deriveKey')
    const pseudonyms = new Pseudonyms(keyText)
    expect(keyText).not.toHaveBeenCalled()
    await Promise.all([pseudonyms.of('log', 'ada'), pseudonyms.of('log', 'bob')])
    await pseudonyms.of('limit', 'ada')
    expect(keyText).toHaveBeenCalledTimes(1)
    expect(derive).toHaveBeenCalledTimes(1)
    expect(await derive.mock.results[0]?.value).toMatchObject({ extractable: false, usages: ['sign'] })
    derive.mockRestore()
  })
})
