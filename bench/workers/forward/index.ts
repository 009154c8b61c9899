interface Env {
  readonly CONSUMER: { readonly fetch: (request: Request) => Promise<Response> }
}

/** The least a Worker in front of another can do: what the gateway's forwarding is held against. */
export default {
  fetch: (request: Request, env: Env): Promise<Response> => env.CONSUMER.fetch(request),
}
