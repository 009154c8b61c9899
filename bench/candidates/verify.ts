import { createKit, type Kit } from '@sealgate/kit'
import * as face from '@sealgate/kit/verify'
import tsndr from '@tsndr/cloudflare-worker-jwt'
import { verify as honoVerify, verifyWithJwks } from 'hono/utils/jwt/jwt'
import { createRemoteJWKSet, customFetch, jwtVerify } from 'jose'
import type { Group } from '../measure/candidate.ts'
import { AUDIENCE, type Fixtures, ISSUER, SEEN } from '../measure/fixtures.ts'
import {
  at,
  ED25519,
  FRESH,
  freshStrings,
  HMAC,
  importKeys,
  joseOptions,
  jwksService,
  signedBytes,
} from './inputs.ts'
import { EDDSA_VERIFY, HS512_VERIFY, SEEN_VERIFY } from './titles.ts'

/** Groups in which each candidate checks signature, issuer, audience and times of one token after the other. */
export async function verifyGroups(fixtures: Fixtures): Promise<readonly Group[]> {
  const { verifying, mac, bytes } = await importKeys(fixtures)
  const remote = createRemoteJWKSet(new URL('https://jwks.internal/.well-known/jwks.json'), {
    [customFetch]: jwksService(fixtures).fetch,
  })
  const identity = { issuer: ISSUER, audience: AUDIENCE }
  const eddsaKit = createKit({ ...identity, verify: { jwksService: jwksService(fixtures) } })
  const hs512Kit = createKit({ ...identity, verify: { secret: fixtures.secret } })
  const verifiers = verifiersOf(fixtures)
  const signed = { eddsa: signedBytes(fixtures.eddsa), hs512: signedBytes(fixtures.hs512) }
  const eddsa = freshStrings(fixtures.eddsa)
  const hs512 = freshStrings(fixtures.hs512)
  const honoChecks = { iss: ISSUER, aud: AUDIENCE }
  const rawEddsa = {
    name: 'raw',
    run: (index: number) => {
      const { signature, signingInput } = at(signed.eddsa, index)
      return crypto.subtle.verify(ED25519, verifying, signature, signingInput)
    },
  }
  const withString = { minus: FRESH }
  return [
    {
      title: EDDSA_VERIFY,
      base: 'raw',
      candidates: [
        rawEddsa,
        { name: FRESH, run: eddsa },
        { ...withString, name: 'ours', run: (index) => verified(eddsaKit, eddsa(index)) },
        ...verifiers.eddsa.map(([name, verifier]) => ({
          ...withString,
          name,
          run: (index: number) => verified(verifier, eddsa(index)),
        })),
        {
          ...withString,
          name: 'jose',
          run: (index) => jwtVerify(eddsa(index), remote, joseOptions('EdDSA')),
        },
        {
          ...withString,
          name: 'jose, CryptoKey',
          run: (index) => jwtVerify(eddsa(index), verifying, joseOptions('EdDSA')),
        },
        {
          ...withString,
          name: 'hono, CryptoKey',
          run: (index) => honoVerify(eddsa(index), verifying, { ...honoChecks, alg: 'EdDSA' }),
        },
        {
          ...withString,
          name: 'hono, static JWKS',
          run: (index) =>
            verifyWithJwks(eddsa(index), {
              keys: [{ ...fixtures.publicJwk }],
              verification: honoChecks,
              allowedAlgorithms: ['EdDSA'],
            }),
        },
      ],
    },
    {
      title: HS512_VERIFY,
      base: 'raw',
      candidates: [
        {
          name: 'raw',
          run: (index) => {
            const { signature, signingInput } = at(signed.hs512, index)
            return crypto.subtle.verify(HMAC, mac, signature, signingInput)
          },
        },
        { name: FRESH, run: hs512 },
        { ...withString, name: 'ours', run: (index) => verified(hs512Kit, hs512(index)) },
        ...verifiers.hs512.map(([name, verifier]) => ({
          ...withString,
          name,
          run: (index: number) => verified(verifier, hs512(index)),
        })),
        { ...withString, name: 'jose', run: (index) => jwtVerify(hs512(index), mac, joseOptions('HS512')) },
        {
          ...withString,
          name: 'jose, secret bytes',
          run: (index) => jwtVerify(hs512(index), bytes, joseOptions('HS512')),
        },
        {
          ...withString,
          name: 'hono',
          run: (index) => honoVerify(hs512(index), mac, { ...honoChecks, alg: 'HS512' }),
        },
        { ...withString, name: 'tsndr', run: (index) => tsndr.verify(hs512(index), mac, 'HS512') },
      ],
    },
    seenGroup(fixtures, rawEddsa),
  ]
}

function seenGroup(fixtures: Fixtures, raw: Group['candidates'][number]): Group {
  const identity = { issuer: ISSUER, audience: AUDIENCE }
  const eddsaKit = createKit({ ...identity, verify: { jwksService: jwksService(fixtures) } })
  const hs512Kit = createKit({ ...identity, verify: { secret: fixtures.secret } })
  const eddsa = freshStrings(fixtures.eddsa.slice(0, SEEN))
  const hs512 = freshStrings(fixtures.hs512.slice(0, SEEN))
  return {
    title: SEEN_VERIFY,
    base: 'raw',
    candidates: [
      raw,
      { name: FRESH, run: eddsa },
      { name: 'ours, EdDSA', minus: FRESH, run: (index) => verified(eddsaKit, eddsa(index)) },
      { name: 'ours, HS512', minus: FRESH, run: (index) => verified(hs512Kit, hs512(index)) },
      ...verifiersOf(fixtures).eddsa.map(([name, verifier]) => ({
        name: `${name}, EdDSA`,
        minus: FRESH,
        run: (index: number) => verified(verifier, eddsa(index)),
      })),
    ],
  }
}

type Named = readonly [name: string, verifier: face.Verifier]

/** Verifiers of the face for services that only verify. There are none where the kit does not have it. */
function verifiersOf(
  fixtures: Fixtures,
  { makeVerifier, createVerifier }: Partial<typeof face> = face,
): { readonly eddsa: readonly Named[]; readonly hs512: readonly Named[] } {
  if (!makeVerifier || !createVerifier) return { eddsa: [], hs512: [] }
  const identity = { issuer: ISSUER, audience: AUDIENCE }
  const env = { JWT_ISS: ISSUER, JWT_AUD: AUDIENCE }
  const keys = jwksService(fixtures)
  const byEnv = { ...env, JWT_JWKS_SERVICE_NAME: 'KEYS', KEYS: keys }
  return {
    eddsa: [
      ['ours, makeVerifier', makeVerifier(byEnv)],
      ['ours, createVerifier', createVerifier({ ...identity, verify: { jwksService: keys } })],
    ],
    hs512: [['ours, makeVerifier', makeVerifier({ ...env, JWT_SECRET: fixtures.secret })]],
  }
}

/** A bench must not measure rejections by mistake. */
async function verified(kit: Pick<Kit, 'verify'>, token: string): Promise<void> {
  if (!(await kit.verify(token))) throw new Error('a good token was rejected')
}
