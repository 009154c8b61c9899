import { createVerifier } from '@sealgate/kit/verify'
import { AUDIENCE, ISSUER, type PublicJwk } from '../../measure/fixtures.ts'

/** Responds once a token is verified with keys of a JWKS service in the same program. */
export default {
  async fetch(request: Request, env: { readonly PUBLIC_JWK: string }): Promise<Response> {
    const keys = [JSON.parse(env.PUBLIC_JWK) as PublicJwk]
    const jwksService = { fetch: () => Promise.resolve(Response.json({ keys })) }
    const verifier = createVerifier({ issuer: ISSUER, audience: AUDIENCE, verify: { jwksService } })
    const decision = await verifier.authorize(request)
    return new Response('', { status: decision.granted ? 200 : 500 })
  },
}
