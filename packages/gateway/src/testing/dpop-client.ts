import { base64url, calculateJwkThumbprint, type CryptoKey, exportJWK, generateKeyPair, SignJWT } from 'jose'
import { plain } from './fixtures.ts'

/** For tests alone: a client that holds a key, and proves it. */
export interface DpopClient {
  readonly publicJwk: Record<string, unknown>
  readonly privateJwk: Record<string, unknown>
  /** What `cnf.jkt` of its tokens is. */
  readonly jkt: string
  /** A proof for a request with a token, changed as given; a claim or header that is `undefined` is left out. */
  proof(request: ProvenRequest, changed?: ProofChanges): Promise<string>
}

export interface ProvenRequest {
  readonly method?: string
  readonly url: string
  readonly token: string
  readonly nonce?: string | undefined
}

export interface ProofChanges {
  readonly claims?: Readonly<Record<string, unknown>>
  readonly header?: Readonly<Record<string, unknown>>
  readonly key?: CryptoKey | Uint8Array
}

/** It draws random numbers: call it in a hook. */
export async function dpopClient(alg = 'ES256'): Promise<DpopClient> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  const publicJwk = plain(await exportJWK(publicKey))
  return {
    publicJwk,
    privateJwk: plain(await exportJWK(privateKey)),
    jkt: await calculateJwkThumbprint(publicJwk),
    async proof({ method = 'GET', url, token, nonce }, { claims = {}, header = {}, key = privateKey } = {}) {
      const payload = {
        jti: crypto.randomUUID(),
        htm: method,
        htu: url,
        iat: Math.floor(Date.now() / 1000),
        ath: await hashOf(token),
        nonce,
        ...claims,
      }
      return new SignJWT(plain(payload))
        .setProtectedHeader({
          ...plain({ typ: 'dpop+jwt', jwk: publicJwk, ...header }),
          alg: typeof header.alg === 'string' ? header.alg : alg,
        })
        .sign(key, { crit: { unknown: true } })
    },
  }
}

async function hashOf(token: string): Promise<string> {
  return base64url.encode(
    new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(token))),
  )
}
