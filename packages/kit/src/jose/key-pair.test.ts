import { describe, expect, it } from 'vitest'
import { belongTogether } from './key-pair.ts'

const sign = (): Uint8Array => new Uint8Array(64)

describe('two halves of a key', () => {
  it.each([true, false])(
    'belong together as the public half says of what the private one signed: %s',
    async (isGood) => {
      expect(
        await belongTogether(
          sign,
          Promise.resolve(() => isGood),
        ),
      ).toBe(isGood)
    },
  )

  it('do not belong together when one of them is of no use to the runtime', async () => {
    const failing = (): never => {
      throw new Error('the runtime does not take it')
    }
    expect(await belongTogether(sign, Promise.reject(new Error('no point of the curve')))).toBe(false)
    expect(
      await belongTogether(
        failing,
        Promise.resolve(() => true),
      ),
    ).toBe(false)
    expect(await belongTogether(sign, Promise.resolve(failing))).toBe(false)
  })
})
