import { makeVerifier } from '@sealgate/kit/verify'
import { AUDIENCE, ISSUER } from '../../measure/fixtures.ts'

/** Responds once a token is verified by the verifier that an environment describes. */
export default {
  async fetch(request: Request, env: { readonly PUBLIC_JWK: string }): Promise<Response> {
    const verifier = makeVerifier({ JWT_ISS: ISSUER, JWT_AUD: AUDIENCE, JWT_PUBLIC_JWK: env.PUBLIC_JWK })
    const decision = await verifier.authorize(request)
    return new Response('', { status: decision.granted ? 200 : 500 })
  },
}
