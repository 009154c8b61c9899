import { describe, expect, it } from 'vitest'
import { HELP, OPTIONS, PARTS, readOptions, UsageError } from './options.ts'

describe('options', () => {
  it('reject fewer than 15 rounds, and what they do not know', () => {
    expect(() => readOptions(['--rounds', '5'])).toThrow(UsageError)
    expect(() => readOptions(['--part', 'nothing'])).toThrow('--part accepts one of')
    expect(() => readOptions(['--fast'])).toThrow(UsageError)
    expect(readOptions(['--quick'])).toMatchObject({
      rounds: 15,
      runtimes: ['workerd', 'node'],
      parts: PARTS,
    })
  })

  it('compare with a commit only what can be compared', () => {
    const parts = (...argv: readonly string[]) => readOptions(['--against=main', ...argv])
    expect(parts()).toMatchObject({ against: 'main', parts: ['rounds', 'sizes', 'startup'] })
    expect(parts('--part', 'sizes')).toMatchObject({ parts: ['sizes'] })
    expect(() => parts('--part', 'http')).toThrow('--against compares one of rounds, startup, sizes.')
  })

  it('are in --help, each of them and nothing else', () => {
    const inHelp = [...HELP.matchAll(/^ {2}--([a-z]+)/gm)].map(([, name]) => name)
    expect(inHelp.toSorted()).toEqual(Object.keys(OPTIONS).toSorted())
    for (const part of PARTS) expect(HELP).toContain(part)
  })
})
