import { base64url, exportJWK, generateKeyPair, importJWK, SignJWT } from 'jose'

export const ISSUER = 'https://gateway.internal.example.com'
export const AUDIENCE = 'orders-api.internal.example.com'
export const KID = 'ed25519-2026-11-01'
/** Lifetime of the tokens: the longest that a kit accepts by default. */
const TTL_SECONDS = 3600
/** More tokens than a kit keeps verdicts for: taken in turn, each is new to it every time. */
export const POOL = 2048
/** Tokens that a kit keeps verdicts for. */
export const SEEN = 256

// Type aliases, not interfaces: those would not pass for the kit's `Record<string, unknown>`.

/** A public Ed25519 JWK. */
export type PublicJwk = {
  readonly kty: 'OKP'
  readonly crv: 'Ed25519'
  readonly x: string
  readonly kid: string
  readonly alg: 'EdDSA'
  readonly use: 'sig'
}

/** What every candidate works on. It is JSON, so that Node and workerd get the same. */
export interface Fixtures {
  readonly publicJwk: PublicJwk
  readonly privateJwk: PublicJwk & { readonly d: string }
  /** Public keys that signed nothing, for look-ups among many. */
  readonly strangers: readonly PublicJwk[]
  /** base64url of 64 random bytes. */
  readonly secret: string
  readonly eddsa: readonly string[]
  readonly hs512: readonly string[]
  /** Claims that a caller gives to `sign`. */
  readonly claims: readonly OwnClaims[]
}

/** The claims that are not the issuer's to set. */
export type OwnClaims = {
  readonly sub: string
  readonly jti: string
  readonly permissions: readonly string[]
  readonly roles: readonly string[]
}

const PERMISSIONS = [
  'orders:read',
  'orders:write',
  'orders:refund',
  'customers:read',
  'invoices:read',
  'reports:export',
]
const ROLES = ['support-agent', 'billing-admin']

/** Makes keys, and tokens of about 700 bytes signed by jose. */
export async function makeFixtures(): Promise<Fixtures> {
  const strangers = await Promise.all(
    Array.from({ length: 1000 }, async (_, index) => (await makePair(`key-${index}`)).publicJwk),
  )
  const { publicJwk, privateJwk } = await makePair(KID)
  const secret = crypto.getRandomValues(new Uint8Array(64))
  const iat = Math.floor(Date.now() / 1000)
  const claims = Array.from({ length: POOL }, (_, index) => ({
    sub: `auth0|${(1e15 + index * 7919).toString(16)}`,
    jti: crypto.randomUUID(),
    permissions: PERMISSIONS,
    roles: ROLES,
  }))
  const key = await importJWK({ ...privateJwk })
  const tokens = (header: object, by: Uint8Array | typeof key): Promise<string[]> =>
    Promise.all(
      claims.map((own) =>
        new SignJWT({
          ...{ ...own, permissions: [...own.permissions], roles: [...own.roles] },
          kind: 'user',
          act: { iss: ISSUER, sub: 'gateway' },
          auth_iat: iat,
          iss: ISSUER,
          aud: AUDIENCE,
          iat,
          exp: iat + TTL_SECONDS,
        })
          .setProtectedHeader({ alg: 'none', ...header })
          .sign(by),
      ),
    )
  return {
    publicJwk,
    privateJwk,
    strangers,
    secret: base64url.encode(secret),
    eddsa: await tokens({ alg: 'EdDSA', typ: 'JWT', kid: KID }, key),
    hs512: await tokens({ alg: 'HS512', typ: 'JWT' }, secret),
    claims,
  }
}

async function makePair(kid: string): Promise<Pick<Fixtures, 'publicJwk' | 'privateJwk'>> {
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true })
  const { x, d } = await exportJWK(privateKey)
  if (x === undefined || d === undefined) throw new Error('the runtime exported no Ed25519 JWK')
  const publicJwk = { kty: 'OKP', crv: 'Ed25519', x, kid, alg: 'EdDSA', use: 'sig' } as const
  return { publicJwk, privateJwk: { ...publicJwk, d } }
}
