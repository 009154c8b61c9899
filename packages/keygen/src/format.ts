import type { KeyPair } from './keys.ts'

/** The forms in which a pair is printed. Each ends with a line break. */
export type PairFormat = 'pair' | 'private' | 'public' | 'jwks' | 'dotenv'

const FORMATS: Readonly<Record<PairFormat, (pair: KeyPair) => string>> = {
  pair: ({ publicJwk, privateJwk }) => JSON.stringify({ publicJwk, privateJwk }, undefined, 2),
  private: ({ privateJwk }) => JSON.stringify(privateJwk),
  public: ({ publicJwk }) => JSON.stringify(publicJwk),
  jwks: ({ publicJwk }) => JSON.stringify({ keys: [publicJwk] }, undefined, 2),
  dotenv: ({ publicJwk, privateJwk }) =>
    [variable('JWT_PUBLIC_JWK', publicJwk), variable('JWT_PRIVATE_JWK', privateJwk)].join('\n'),
}

export function formatPair(pair: KeyPair, format: PairFormat): string {
  return `${FORMATS[format](pair)}\n`
}

/** True for forms that hold a private key. */
export function isPrivate(format: PairFormat): boolean {
  return format === 'pair' || format === 'private' || format === 'dotenv'
}

export type SecretFormat = 'plain' | 'json' | 'dotenv'

export function formatSecret(secret: string, format: SecretFormat): string {
  const forms = { plain: secret, json: JSON.stringify({ secret }), dotenv: `JWT_SECRET='${secret}'` }
  return `${forms[format]}\n`
}

/** A kid may hold a quote, or the $ that some parsers expand even in single quotes: JSON can spell both otherwise. */
function variable(name: string, jwk: object): string {
  const json = JSON.stringify(jwk).replaceAll("'", '\\u0027').replaceAll('$', '\\u0024')
  return `${name}='${json}'`
}

/** A time for people: UTC, to the second. */
export function formatTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')
}
