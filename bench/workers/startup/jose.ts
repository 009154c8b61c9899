import { importJWK, jwtVerify } from 'jose'
import { type PublicJwk } from '../../measure/fixtures.ts'
import { joseOptions } from '../../candidates/inputs.ts'

/** Answers once a token is verified by jose. */
export default {
  async fetch(request: Request, env: { readonly PUBLIC_JWK: string }): Promise<Response> {
    const token = request.headers.get('Authorization')?.slice('Bearer '.length) ?? ''
    const key = await importJWK({ ...(JSON.parse(env.PUBLIC_JWK) as PublicJwk) })
    await jwtVerify(token, key, joseOptions('EdDSA'))
    return new Response('')
  },
}
