import { createKit } from '../kit/create-kit.ts'
import type { Actor, Kind } from '../claims/types.ts'
import { encodeBase64Url } from '../jose/base64url.ts'
import { issueInternal } from '../kit/issuer.ts'
import type { Kit } from '../kit/kit.ts'
import type { Jwk } from '../config/from-options.ts'
import type { SignClaims } from '../tokens/sign.ts'

/** Claims of a test token; everything has a default. */
export interface TestClaims extends Partial<SignClaims> {
  /** Whom the token stands for. Default: it carries no kind. */
  readonly kind?: Kind
  /** Who acts for the subject. Default: nobody. */
  readonly act?: Actor
  /** When the login behind it was issued, in seconds since the epoch. Default: it carries none. */
  readonly auth_iat?: number
}

/** How a test token is issued. */
export interface TestTokenOptions {
  /** Default: the issuer's audience. */
  readonly aud?: string
  /** Default: the issuer's. */
  readonly iss?: string
  /** Lifetime in seconds. Default 300. */
  readonly ttlSeconds?: number
  /** The `typ` header. Default `JWT`. */
  readonly typ?: string
}

/** What a test issuer is made of; everything has a default. */
export interface TestIssuerOptions {
  /** Default `https://issuer.test`. */
  readonly issuer?: string
  /** Default `test-service`. */
  readonly audience?: string
  /** Makes tokens and keys the same on every run. Default: a new key. */
  readonly privateJwk?: Jwk
  /** Seconds since the epoch. Default: the runtime's clock. */
  readonly now?: () => number
}

/** How a broken JWKS binding responds: an HTTP status, a body, or an exception. */
export type Breakage = number | { readonly body: string } | 'throw'

/**
 * An issuer in memory: it issues tokens and serves their keys as a JWKS binding, so that the code under test
 * runs with the real kit. `env` is what the consumer's environment would be.
 */
export interface TestIssuer {
  /** `JWT_ISS`, `JWT_AUD`, `JWT_JWKS_SERVICE_NAME` and the binding it names. */
  readonly env: Readonly<Record<string, unknown>> & {
    readonly JWT_ISS: string
    readonly JWT_AUD: string
    readonly JWT_JWKS_SERVICE_NAME: string
    readonly TEST_ISSUER: TestIssuer['binding']
  }
  /** The JWKS service binding. */
  readonly binding: {
    /** Answers every request with the JWK Set, or as `break` says. */
    fetch(input: string | Request, init?: RequestInit): Promise<Response>
    /** How often it was fetched. */
    readonly fetches: number
  }
  /** A good token. */
  token(claims?: TestClaims, options?: TestTokenOptions): Promise<string>
  /** A token that ended an hour ago. */
  expired(claims?: TestClaims): Promise<string>
  /** A token with the right `kid`, signed by a key that is not in the set. */
  forged(claims?: TestClaims): Promise<string>
  /** Makes a new key that signs from now on; the old ones stay published unless `withdraw` is set. */
  rotate(options?: { readonly withdraw?: boolean }): Promise<void>
  /** Makes the binding fail from now on. Default: status 500. */
  break(how?: Breakage): void
  /** Makes the binding work again. */
  mend(): void
}

/** Makes a {@link TestIssuer}. It draws random numbers unless it is given a key: call it in a test, not at module scope. */
export async function createTestIssuer(options: TestIssuerOptions = {}): Promise<TestIssuer> {
  const issuer = options.issuer ?? 'https://issuer.test'
  const audience = options.audience ?? 'test-service'
  const now = options.now ?? (() => Date.now() / 1000)
  const kitOf = (privateJwk: Jwk, clock = now): Kit =>
    createKit({ issuer, audience, sign: { privateJwk }, maxTtlSeconds: 86_400, now: clock })
  let serial = 1
  let current = options.privateJwk ?? (await makePrivateJwk(`test-key-${serial}`))
  let published: readonly Jwk[] = [current]
  let broken: Breakage | undefined
  let fetches = 0

  const binding = {
    get fetches(): number {
      return fetches
    },
    async fetch(): Promise<Response> {
      fetches++
      if (broken === 'throw') throw new Error('the test issuer is broken')
      if (typeof broken === 'number') return new Response('broken', { status: broken })
      if (broken) return new Response(broken.body)
      const sets = await Promise.all(published.map((jwk) => kitOf(jwk).jwks()))
      return Response.json({ keys: sets.flatMap(({ keys }) => keys) })
    },
  }
  const issue = (kit: Kit, claims: TestClaims, token: TestTokenOptions, from: number): Promise<string> =>
    issueInternal(kit, {
      claims: { sub: 'user-1', ...claims },
      aud: token.aud ?? audience,
      expiresAt: Math.floor(from) + (token.ttlSeconds ?? 300),
      ...(token.typ !== undefined && { typ: token.typ }),
    })

  return {
    env: Object.freeze({
      JWT_ISS: issuer,
      JWT_AUD: audience,
      JWT_JWKS_SERVICE_NAME: 'TEST_ISSUER',
      TEST_ISSUER: binding,
    }),
    binding,
    token(claims = {}, token = {}) {
      const kit = createKit({
        issuer: token.iss ?? issuer,
        audience,
        sign: { privateJwk: current },
        maxTtlSeconds: 86_400,
        now,
      })
      return issue(kit, claims, token, now())
    },
    expired(claims = {}) {
      const past = now() - 3600 - 300
      return issue(
        kitOf({ ...current, nbf: 0 }, () => past),
        claims,
        {},
        past,
      )
    },
    async forged(claims = {}) {
      const stranger = await makePrivateJwk(String(current.kid))
      return issue(kitOf(stranger), claims, {}, now())
    },
    async rotate({ withdraw = false } = {}) {
      serial++
      current = await makePrivateJwk(`test-key-${serial}`)
      published = withdraw ? [current] : [current, ...published]
    },
    break(how = 500) {
      broken = how
    },
    mend() {
      broken = undefined
    },
  }
}

/** Makes a private Ed25519 JWK by WebCrypto. Members are copied by name: runtimes add others. */
async function makePrivateJwk(kid: string): Promise<Jwk> {
  const pair = await crypto.subtle.generateKey({ name: 'Ed25519' }, true, ['sign', 'verify'])
  if (!('privateKey' in pair)) throw new Error('the runtime made no key pair')
  const exported = await crypto.subtle.exportKey('jwk', pair.privateKey)
  if (!('x' in exported) || typeof exported.d !== 'string') throw new Error('the runtime exported no JWK')
  return { kty: 'OKP', crv: 'Ed25519', x: exported.x, d: exported.d, kid, alg: 'EdDSA', use: 'sig' }
}

/** A token with any header and payload, unsigned or signed elsewhere: for tests of rejections. */
export function rawToken(
  header: unknown,
  payload: unknown,
  signature: Uint8Array = new Uint8Array(64),
): string {
  const encode = (value: unknown): string => encodeBase64Url(new TextEncoder().encode(JSON.stringify(value)))
  return `${encode(header)}.${encode(payload)}.${encodeBase64Url(signature)}`
}
