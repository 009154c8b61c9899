/** The Python package as its wheel installs it, on CPython: the same vectors and the same verdicts as the kit. */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ROOT } from '../support/root.ts'
import { isSkipped } from '../support/python/interpreter.ts'
import { judgeNatively, runNative } from '../support/python/run-native.ts'
import { buildWheel, type Wheel } from '../support/python/wheel.ts'
import { policiesOf, verdictsOf } from './verdicts.ts'
import { macCases, signatureCases } from './vectors.ts'

describe.skipIf(isSkipped)('the package for Python', () => {
  let wheel: Wheel
  const judge = (order: object): Promise<unknown> => judgeNatively(wheel.folder, order)

  beforeAll(async () => {
    wheel = await buildWheel()
  })
  afterAll(() => wheel.remove())

  it('is one pure wheel for every platform', async () => {
    expect(wheel.name).toBe('sealgate-0.1.0-py3-none-any.whl')
    expect(Object.keys(await wheel.modules())).toContain('sealgate/__init__.py')
  })

  it('keeps what its own tests promise', async () => {
    const tests = join(ROOT, 'packages/python/tests')
    await runNative(wheel.folder, ['-m', 'unittest', 'discover', '-s', tests])
  })

  it.each(['EdDSA', 'HS512'] as const)('returns the kit’s verdict on each token: %s', async (mode) => {
    const { byKit, byPython } = await verdictsOf(judge, mode)
    // Python 3.11 reads no JSON that nests so deep: it rejects the token by another word.
    const { 'claims that nest as deep as a token can': deep, ...others } = byPython
    const { 'claims that nest as deep as a token can': deepByKit, ...othersByKit } = byKit
    expect(others).toEqual(othersByKit)
    expect(['malformed', deepByKit]).toContain(deep)
    expect(Object.values(byPython).filter((verdict) => typeof verdict === 'object')).toHaveLength(6)
  })

  it('finds that the same rules fail, for each policy and each caller', async () => {
    const { byKit, byPython } = await policiesOf(judge)
    expect(byPython).toEqual(byKit)
  })

  it.each(signatureCases())('accepts what the kit accepts: Ed25519, $name', async ({ cases, expected }) => {
    expect(await judge({ do: 'signatures', cases })).toEqual(expected)
  })

  it('accepts what the kit accepts: HMAC-SHA-512, Wycheproof', async () => {
    const { cases, expected } = macCases()
    expect(await judge({ do: 'macs', cases })).toEqual(expected)
  })
})
