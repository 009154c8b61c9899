import { createKit, type FetchService, makeKit, policy } from '@sealgate/kit'
import { env } from 'cloudflare:workers'

// Everything here is made before there is a request: workerd allows no I/O, no timer and no random number, and its
// clock stands at 0.
const jwt = makeKit(env)
const explicit = createKit({
  issuer: 'https://other.test',
  audience: 'other',
  verify: { jwksService: env.KEYS as FetchService },
})
const readers = policy().needAll('read:reports').build()

export default {
  async fetch(request: Request, own: object): Promise<Response> {
    const decision = await jwt.authorize(request, readers)
    const foreign = await explicit.authorize(request)
    // Tracing libraries hand out a new wrapper for each request.
    const isSame = makeKit(own) === jwt && makeKit(new Proxy(own, {})) === jwt
    return Response.json({
      granted: decision.granted,
      foreign: foreign.granted || foreign.reason,
      isSame,
    })
  },
}
