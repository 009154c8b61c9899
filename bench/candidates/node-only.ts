import { createSigner, createVerifier } from 'fast-jwt'
import { createPrivateKey, createPublicKey } from 'node:crypto'
import type { Candidate } from '../measure/candidate.ts'
import { AUDIENCE, type Fixtures, ISSUER, KID, SEEN } from '../measure/fixtures.ts'
import { at, FRESH, freshStrings } from './inputs.ts'
import { EDDSA_SIGN, EDDSA_VERIFY, HS512_SIGN, HS512_VERIFY, SEEN_VERIFY } from './titles.ts'

const TTL_MS = 900_000

/** Candidates that need `node:crypto`, by the group that they join. */
export function nodeCandidates(fixtures: Fixtures): Readonly<Record<string, readonly Candidate[]>> {
  const { publicJwk, privateJwk, secret } = fixtures
  const publicKey = createPublicKey({ key: { ...publicJwk }, format: 'jwk' }).export({
    type: 'spki',
    format: 'pem',
  })
  const privateKey = createPrivateKey({ key: { ...privateJwk }, format: 'jwk' }).export({
    type: 'pkcs8',
    format: 'pem',
  })
  const mac = Buffer.from(secret, 'base64url')
  const checks = { allowedIss: ISSUER, allowedAud: AUDIENCE, clockTolerance: 90_000 }
  const eddsa = createVerifier({ ...checks, key: publicKey, algorithms: ['EdDSA'] })
  const hs512 = createVerifier({ ...checks, key: mac, algorithms: ['HS512'] })
  const cache = 1000
  const cachingEddsa = createVerifier({ ...checks, key: publicKey, algorithms: ['EdDSA'], cache })
  const cachingHs512 = createVerifier({ ...checks, key: mac, algorithms: ['HS512'], cache })
  const sign = { iss: ISSUER, aud: AUDIENCE, expiresIn: TTL_MS }
  const signEddsa = createSigner({ ...sign, key: privateKey, algorithm: 'EdDSA', kid: KID })
  const signHs512 = createSigner({ ...sign, key: mac, algorithm: 'HS512' })
  const fresh = { eddsa: freshStrings(fixtures.eddsa), hs512: freshStrings(fixtures.hs512) }
  const seen = {
    eddsa: freshStrings(fixtures.eddsa.slice(0, SEEN)),
    hs512: freshStrings(fixtures.hs512.slice(0, SEEN)),
  }
  return {
    [EDDSA_VERIFY]: [
      { name: 'fast-jwt', minus: FRESH, run: (index) => eddsa(fresh.eddsa(index)) as unknown },
    ],
    [HS512_VERIFY]: [
      { name: 'fast-jwt', minus: FRESH, run: (index) => hs512(fresh.hs512(index)) as unknown },
    ],
    [SEEN_VERIFY]: [
      { name: 'fast-jwt, cache', minus: FRESH, run: (index) => cachingEddsa(seen.eddsa(index)) as unknown },
      {
        name: 'fast-jwt, cache, HS512',
        minus: FRESH,
        run: (index) => cachingHs512(seen.hs512(index)) as unknown,
      },
    ],
    [EDDSA_SIGN]: [{ name: 'fast-jwt', run: (index) => signEddsa({ ...at(fixtures.claims, index) }) }],
    [HS512_SIGN]: [{ name: 'fast-jwt', run: (index) => signHs512({ ...at(fixtures.claims, index) }) }],
  }
}
