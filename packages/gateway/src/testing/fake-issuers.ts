import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'
import { plain } from './fixtures.ts'

/** For tests alone: an issuer of access tokens that is no Auth0 tenant. */
export interface FakeIssuer {
  readonly issuer: string
  readonly jwksUrl: string
  readonly publicJwk: JWK
  /** Takes its keys away, or brings them back. */
  isDown: boolean
  /** How often its keys were requested. */
  fetches: number
  /** A token with these claims; `iss` and times are there unless they say otherwise. */
  token(
    claims: Readonly<Record<string, unknown>>,
    header?: Readonly<Record<string, unknown>>,
  ): Promise<string>
}

export interface FakeIssuerOptions {
  readonly kid: string
  readonly alg?: string
  readonly jwksUrl?: string
}

/** Makes one. It draws random numbers: call it in a hook. */
export async function fakeIssuer(
  issuer: string,
  { kid, alg = 'RS256', jwksUrl = `${issuer}/.well-known/jwks.json` }: FakeIssuerOptions,
): Promise<FakeIssuer> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  return {
    issuer,
    jwksUrl,
    publicJwk: { ...plain(await exportJWK(publicKey)), kid, alg, use: 'sig' },
    isDown: false,
    fetches: 0,
    token(claims, header = {}) {
      const now = Math.floor(Date.now() / 1000)
      return new SignJWT(plain({ iss: issuer, iat: now - 10, exp: now + 3600, ...claims }))
        .setProtectedHeader(plain({ typ: 'JWT', kid, alg, ...header }) as { alg: string })
        .sign(privateKey)
    },
  }
}

/** The internet of a test: the keys of these issuers, and for every other address `otherwise`. */
export function keysOf(issuers: readonly FakeIssuer[], otherwise: typeof fetch): typeof fetch {
  return (input, init) => {
    const url = input instanceof Request ? input.url : String(input)
    const found = issuers.find(({ jwksUrl }) => jwksUrl === url)
    if (!found) return otherwise(input, init)
    found.fetches++
    return Promise.resolve(
      found.isDown ? new Response('down', { status: 500 }) : Response.json({ keys: [found.publicJwk] }),
    )
  }
}
