import { makeKit } from '@sealgate/kit'
import { AUDIENCE, ISSUER } from '../../measure/fixtures.ts'

/** Responds once a token is verified by the kit that an environment describes. */
export default {
  async fetch(request: Request, env: { readonly PUBLIC_JWK: string }): Promise<Response> {
    const kit = makeKit({ JWT_ISS: ISSUER, JWT_AUD: AUDIENCE, JWT_PUBLIC_JWK: env.PUBLIC_JWK })
    const decision = await kit.authorize(request)
    return new Response('', { status: decision.granted ? 200 : 500 })
  },
}
