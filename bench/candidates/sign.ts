import { createKit } from '@sealgate/kit'
import tsndr from '@tsndr/cloudflare-worker-jwt'
import { sign as honoSign } from 'hono/utils/jwt/jwt'
import { SignJWT } from 'jose'
import type { Group } from '../measure/candidate.ts'
import { AUDIENCE, type Fixtures, ISSUER, KID, type OwnClaims } from '../measure/fixtures.ts'
import { at, ED25519, HMAC, importKeys, signedBytes } from './inputs.ts'
import { EDDSA_SIGN, HS512_SIGN } from './titles.ts'

const TTL_SECONDS = 900

/** Groups in which each candidate signs one token after the other, with `iss`, `aud`, `iat`, `exp` set. */
export async function signGroups(fixtures: Fixtures): Promise<readonly Group[]> {
  const { signing, mac } = await importKeys(fixtures)
  const identity = { issuer: ISSUER, audience: AUDIENCE }
  const eddsaKit = createKit({ ...identity, sign: { privateJwk: fixtures.privateJwk } })
  const hs512Kit = createKit({ ...identity, sign: { secret: fixtures.secret } })
  const signed = { eddsa: signedBytes(fixtures.eddsa), hs512: signedBytes(fixtures.hs512) }
  const claims = (index: number): OwnClaims => at(fixtures.claims, index)
  return [
    {
      title: EDDSA_SIGN,
      base: 'raw',
      candidates: [
        {
          name: 'raw',
          run: (index) => crypto.subtle.sign(ED25519, signing, at(signed.eddsa, index).signingInput),
        },
        { name: 'ours', run: (index) => eddsaKit.sign(claims(index)) },
        {
          name: 'jose',
          run: (index) => joseToken(claims(index), { alg: 'EdDSA', typ: 'JWT', kid: KID }).sign(signing),
        },
        { name: 'hono', run: (index) => honoSign(fullClaims(claims(index)), signing, 'EdDSA') },
      ],
    },
    {
      title: HS512_SIGN,
      base: 'raw',
      candidates: [
        { name: 'raw', run: (index) => crypto.subtle.sign(HMAC, mac, at(signed.hs512, index).signingInput) },
        { name: 'ours', run: (index) => hs512Kit.sign(claims(index)) },
        { name: 'jose', run: (index) => joseToken(claims(index), { alg: 'HS512', typ: 'JWT' }).sign(mac) },
        { name: 'hono', run: (index) => honoSign(fullClaims(claims(index)), mac, 'HS512') },
        {
          name: 'tsndr',
          run: (index) =>
            tsndr.sign({ ...fullClaims(claims(index)) }, mac, { algorithm: 'HS512', header: { typ: 'JWT' } }),
        },
      ],
    },
  ]
}

function joseToken(
  claims: OwnClaims,
  header: { readonly alg: string; readonly typ: string; readonly kid?: string },
) {
  return new SignJWT({ ...claims })
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setIssuedAt()
    .setExpirationTime(`${TTL_SECONDS} s`)
    .setProtectedHeader(header)
}

function fullClaims(claims: OwnClaims) {
  const iat = Math.floor(Date.now() / 1000)
  return { ...claims, iss: ISSUER, aud: AUDIENCE, iat, exp: iat + TTL_SECONDS }
}
