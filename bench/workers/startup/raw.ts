import { base64url } from 'jose'
import type { PublicJwk } from '../../measure/fixtures.ts'

/** Answers once a signature is verified by WebCrypto alone. */
export default {
  async fetch(request: Request, env: { readonly PUBLIC_JWK: string }): Promise<Response> {
    const token = request.headers.get('Authorization')?.slice('Bearer '.length) ?? ''
    const dot = token.lastIndexOf('.')
    const jwk = { ...(JSON.parse(env.PUBLIC_JWK) as PublicJwk) }
    const key = await crypto.subtle.importKey('jwk', jwk, 'Ed25519', false, ['verify'])
    const signature = base64url.decode(token.slice(dot + 1))
    const isGood = await crypto.subtle.verify(
      'Ed25519',
      key,
      signature,
      new TextEncoder().encode(token.slice(0, dot)),
    )
    return new Response('', { status: isGood ? 200 : 500 })
  },
}
