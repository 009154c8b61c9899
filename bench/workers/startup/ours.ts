import { createKit } from '@sealgate/kit'
import { AUDIENCE, ISSUER, type PublicJwk } from '../../measure/fixtures.ts'

/** Answers once a token is verified by the kit. */
export default {
  async fetch(request: Request, env: { readonly PUBLIC_JWK: string }): Promise<Response> {
    const publicJwk = JSON.parse(env.PUBLIC_JWK) as PublicJwk
    const kit = createKit({ issuer: ISSUER, audience: AUDIENCE, verify: { publicJwk } })
    const decision = await kit.authorize(request)
    return new Response('', { status: decision.granted ? 200 : 500 })
  },
}
