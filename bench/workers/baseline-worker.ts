import { createKit, type FetchService } from '@sealgate/kit'
import { verifyWithJwks } from 'hono/utils/jwt/jwt'
import { createRemoteJWKSet, customFetch, jwtVerify } from 'jose'
import { AUDIENCE, ISSUER } from '../measure/fixtures.ts'
import { joseOptions } from '../candidates/inputs.ts'

interface Env {
  readonly BASELINE: string
  readonly KEYS: FetchService
}

/** Verifies a token, or throws. */
type Verify = (token: string) => Promise<unknown>

const JWKS_URL = 'https://jwks.internal/.well-known/jwks.json'

/** How each baseline gets its keys from the binding `KEYS`, as its documentation says. */
const BASELINES: Readonly<Record<string, (env: Env) => Verify>> = {
  ours(env) {
    const kit = createKit({
      issuer: ISSUER,
      audience: AUDIENCE,
      verify: { jwksService: env.KEYS },
      onEvent: () => undefined,
    })
    return async (token) => {
      if (!(await kit.verify(token))) throw new Error('rejected')
    }
  },
  jose(env) {
    const keys = createRemoteJWKSet(new URL(JWKS_URL), {
      [customFetch]: (url, init) => env.KEYS.fetch(url, init),
    })
    return (token) => jwtVerify(token, keys, joseOptions('EdDSA'))
  },
  hono(env) {
    globalThis.fetch = (input) => env.KEYS.fetch(input instanceof Request ? input.url : String(input))
    return (token) =>
      verifyWithJwks(token, {
        jwks_uri: JWKS_URL,
        verification: { iss: ISSUER, aud: AUDIENCE },
        allowedAlgorithms: ['EdDSA'],
      })
  },
}

let verify: Verify | undefined

/** A Worker that verifies the bearer token of each request by one baseline. */
export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    verify ??= BASELINES[env.BASELINE]?.(env)
    const token = request.headers.get('Authorization')?.slice('Bearer '.length) ?? ''
    try {
      await verify?.(token)
      return new Response('good')
    } catch {
      return new Response('rejected', { status: 401 })
    }
  },
}
