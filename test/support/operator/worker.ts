/** An operator's Worker: it has the gateway's `Admin` over a binding that says so. */
interface OperatorEnv {
  readonly ADMIN: { revoke(revocation: object): Promise<{ readonly ok: boolean }> }
}

export default {
  async fetch(request: Request, env: OperatorEnv): Promise<Response> {
    return Response.json(await env.ADMIN.revoke((await request.json()) as object))
  },
}
