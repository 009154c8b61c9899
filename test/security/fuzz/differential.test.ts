import { createKit, type Kit } from '@sealgate/kit'
import * as noble from '@noble/ed25519'
import fc from 'fast-check'
import { decodeProtectedHeader, importJWK, jwtVerify, type JWTVerifyOptions } from 'jose'
import { describe, expect, inject, it } from 'vitest'
import { PATIENCE } from '../../support/setup/patience.ts'
import '../../conformance/vectors.ts'
import { AUDIENCE, cook, ISSUER, NOW, recipes, type Recipe, type Sign } from './tokens.ts'

const { runs, seed } = inject('fuzz')
const KID = 'key-1'
/** RFC 8037 appendix A. */
const PUBLIC = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' }
const SEED = 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A'
const SECRET = new Uint8Array(64).fill(7)

const now = () => NOW
const base = { issuer: ISSUER, audience: AUDIENCE, now, onEvent: () => undefined }
const bytes = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (one) => one.charCodeAt(0))

interface Subject {
  readonly kit: Kit
  readonly sign: Sign
  /** Throws unless others accept the token too. */
  readonly agree: (token: string) => Promise<void>
}

/**
 * What jose rejects at its strictest, with the same key, issuer, audience, clock and tolerance. It can only
 * demand a `typ`, where a plain `JWT` may go without (RFC 7519 §5.1): so it demands one where there is one.
 */
const oracle = (token: string, algorithms: string[]): JWTVerifyOptions => ({
  algorithms,
  issuer: ISSUER,
  audience: AUDIENCE,
  currentDate: new Date(NOW * 1000),
  clockTolerance: 90,
  requiredClaims: ['sub', 'exp', 'iat'],
  ...('typ' in decodeProtectedHeader(token) && { typ: 'JWT' }),
})

async function eddsa(): Promise<Subject> {
  const pair = await crypto.subtle.importKey(
    'jwk',
    { ...PUBLIC, d: SEED, key_ops: ['sign'] },
    { name: 'Ed25519' },
    false,
    ['sign'],
  )
  const key = await importJWK(PUBLIC, 'EdDSA')
  return {
    kit: createKit({ ...base, verify: { publicJwk: { ...PUBLIC, kid: KID } } }),
    sign: async (input) => new Uint8Array(await crypto.subtle.sign('Ed25519', pair, input)),
    async agree(token) {
      await jwtVerify(token, key, oracle(token, ['EdDSA', 'Ed25519']))
      const [header = '', payload = '', signature = ''] = token.split('.')
      const input = new TextEncoder().encode(`${header}.${payload}`)
      if (!(await noble.verifyAsync(bytes(signature), input, bytes(PUBLIC.x), { zip215: false }))) {
        throw new Error('noble rejects the signature')
      }
    },
  }
}

async function hs512(): Promise<Subject> {
  const key = await crypto.subtle.importKey('raw', SECRET, { name: 'HMAC', hash: 'SHA-512' }, false, ['sign'])
  return {
    kit: createKit({ ...base, sign: { secret: SECRET }, verify: { secret: SECRET } }),
    sign: async (input) => new Uint8Array(await crypto.subtle.sign('HMAC', key, input)),
    async agree(token) {
      await jwtVerify(token, SECRET, oracle(token, ['HS512']))
    },
  }
}

/** Tokens that once were judged wrongly, or that show where the kit is stricter than others. */
const PAST: readonly Recipe[] = [
  // Canonical but for its trailing bits: `Uint8Array.fromBase64` takes it.
  {
    header: `{"alg":"EdDSA","typ":"JWT","kid":"${KID}"}`,
    payload: `{"iss":"${ISSUER}","aud":"${AUDIENCE}","sub":"a","iat":${NOW},"exp":${NOW + 300}}`,
    trailingBits: 1,
    padding: false,
    mutations: [],
  },
  // Without `typ`: accepted, as it may be.
  {
    header: `{"alg":"EdDSA","kid":"${KID}"}`,
    payload: `{"iss":"${ISSUER}","aud":"${AUDIENCE}","sub":"a","iat":${NOW},"exp":${NOW + 300}}`,
    trailingBits: 0,
    padding: false,
    mutations: [],
  },
]

describe.each([
  ['EdDSA', eddsa],
  ['HS512', hs512],
])('differential fuzz, %s', (alg, make) => {
  it(
    `accepts nothing that others reject: ${runs} tokens`,
    { timeout: runs * 4 + PATIENCE.test },
    async () => {
      const { kit, sign, agree } = await make()
      let accepted = 0
      const reasons = new Map<string, number>()
      const property = fc.asyncProperty(recipes(alg, KID), async (recipe) => {
        const token = await cook(recipe, sign)
        const first = await kit.safeVerify(token)
        // The second verdict comes from the cache where the first was good: it must be the same.
        const second = await kit.safeVerify(token)
        expect(second).toEqual(first)
        const reason = first.ok ? 'accepted' : first.reason
        reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
        if (!first.ok) return
        accepted++
        await agree(token)
      })
      console.info(`fuzz ${alg}: seed ${seed}, ${runs} tokens (SEALGATE_SEED=${seed} repeats it)`)
      await fc.assert(property, { numRuns: runs, seed, examples: PAST.map((recipe): [Recipe] => [recipe]) })
      console.info(`fuzz ${alg}: ${JSON.stringify(Object.fromEntries([...reasons].sort()))}`)
      // A fuzzer that never gets through, or that never gets far, would prove nothing.
      expect(accepted).toBeGreaterThan(runs / 50)
      expect(reasons.size).toBeGreaterThan(8)
    },
  )
})
