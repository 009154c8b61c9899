import { describe, expect, it } from 'vitest'
import { actHash, ClaimsError } from '../index.ts'

describe('actHash', () => {
  it('is the SHA-256 of the canonical JSON of tool and arguments, whoever computes it', async () => {
    // printf '{"args":{"amount":120,"to":"bob"},"tool":"transfer"}' | openssl dgst -sha256 -binary | basenc --base64url
    const expected = 'hl-j_laxWyp62bkGNk1Qa-xBESHuGFk-fb5vXXy4lsE'
    expect(await actHash('transfer', { to: 'bob', amount: 120 })).toBe(expected)
    expect(await actHash('transfer', { amount: 1.2e2, to: 'bob' })).toBe(expected)
  })

  it.each<[what: string, tool: string, args: unknown]>([
    ['another tool', 'refund', { to: 'bob', amount: 120 }],
    ['another argument', 'transfer', { to: 'bob', amount: 121 }],
    ['one argument more', 'transfer', { to: 'bob', amount: 120, urgent: true }],
    ['one argument fewer', 'transfer', { to: 'bob' }],
    ['a number as text', 'transfer', { to: 'bob', amount: '120' }],
    ['letters that look alike', 'transfer', { to: 'bоb', amount: 120 }],
    ['nothing', 'transfer', undefined],
    ['null', 'transfer', null],
  ])('is another for %s', async (_, tool, args) => {
    expect(await actHash(tool, args)).not.toBe(await actHash('transfer', { to: 'bob', amount: 120 }))
  })

  it('is another for no arguments than for null', async () => {
    expect(await actHash('transfer', undefined)).not.toBe(await actHash('transfer', null))
  })

  it.each<[what: string, tool: unknown, args: unknown]>([
    ['no tool', '', {}],
    ['a tool that is no text', 7, {}],
    ['arguments that are no JSON', 'transfer', { amount: NaN }],
  ])('rejects %s', async (_, tool, args) => {
    await expect(actHash(tool as string, args)).rejects.toThrow(ClaimsError)
  })
})
