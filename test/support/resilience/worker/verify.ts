import { makeKit } from '@sealgate/kit'

/** A consumer at its smallest: 200 for a good token, else the rejection's status and reason. */
export default {
  async fetch(request: Request, env: object): Promise<Response> {
    const decision = await makeKit(env).authorize(request)
    return decision.granted
      ? new Response('granted')
      : new Response(decision.reason, { status: decision.status })
  },
}
