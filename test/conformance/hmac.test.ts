import { verifyCompact } from '@sealgate/kit/jws'
import { describe, expect, it } from 'vitest'
import { ALGORITHMS, importVerifier } from '../../packages/kit/src/jose/algorithms.ts'
import { type Case, fromHex, type Jwk, vectorFile, type Wycheproof } from './vectors.ts'

interface MacGroup {
  readonly keySize: number
  readonly tagSize: number
  readonly tests: readonly (Case & { readonly key: string; readonly msg: string; readonly tag: string })[]
}

const { HS512 } = ALGORITHMS

describe('Wycheproof: HMAC-SHA-512', () => {
  const { testGroups = [] } = vectorFile<Wycheproof<MacGroup>>('wycheproof/hmac_sha512_test.json')
  // Truncated tags are not used by JWA (RFC 7518 §3.2): their length alone rejects them.
  const cases = testGroups.flatMap(({ tagSize, tests }) => tests.map((test) => ({ ...test, tagSize })))

  it.each(cases)('$tcId $comment, $tagSize bits: $result', async ({ key, msg, tag, tagSize, result }) => {
    const bytes = fromHex(tag)
    const isWhole = bytes.length === HS512.signatureBytes
    const verify = await importVerifier(HS512.params, fromHex(key))
    const good = isWhole && (await verify(bytes, fromHex(msg)))
    expect(good).toBe(result === 'valid' && tagSize === 512)
  })
})

describe('RFC 7515 appendix A.1 and RFC 7520 §4.4', () => {
  it('are HS256, which is never accepted, with the right key or not', async () => {
    const { rfc7515_a1: example } = vectorFile<{ rfc7515_a1: { jwk: Jwk; jws: string } }>(
      'rfc/known_answers.json',
    )
    await expect(verifyCompact(example.jws, example.jwk, { alg: 'HS512' })).rejects.toMatchObject({
      reason: 'unsupported_alg',
    })
  })
})
