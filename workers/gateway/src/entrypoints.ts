import { WorkerEntrypoint } from 'cloudflare:workers'
import { delegate, verifyFor } from './delegate.ts'
import { errorResponse, GatewayError, type RpcFailure, rpcFailure } from './errors.ts'
import { gatewayOf } from './gateway.ts'
import { serviceOf } from './props.ts'
import { JWKS_PATH, jwksOf, jwksResponse } from './routes/jwks.ts'

/** For Workers that need keys: keys and nothing else. Every public method here can be called over RPC. */
export class Keys extends WorkerEntrypoint<object> {
  override async fetch(request: Request): Promise<Response> {
    try {
      const { pathname } = new URL(request.url)
      const isRead = request.method === 'GET' || request.method === 'HEAD'
      if (pathname !== JWKS_PATH || !isRead) throw new GatewayError('not_found')
      return await jwksResponse(gatewayOf(this.env), request)
    } catch (error) {
      return errorResponse(report(error), crypto.randomUUID())
    }
  }

  /** The JWK Set (RFC 7517 §5). */
  async getJwks(): Promise<{ ok: true; keys: readonly object[] } | RpcFailure> {
    try {
      return { ok: true, ...(await jwksOf(gatewayOf(this.env))) }
    } catch (error) {
      return rpcFailure(report(error))
    }
  }
}

/** For services, which hold no signing key. The caller is who its binding's props say. */
export class Exchange extends WorkerEntrypoint<object> {
  /** A token for the next hop. */
  async delegate(token: string, request: object): Promise<{ ok: true; token: string } | RpcFailure> {
    try {
      const service = serviceOf(this.ctx.props)
      return { ok: true, token: await delegate(gatewayOf(this.env), service, token, request) }
    } catch (error) {
      return rpcFailure(report(error))
    }
  }

  /** The claims of a token that is meant for the caller. */
  async verify(
    token: string,
    request: { audience: string },
  ): Promise<{ ok: true; claims: object } | RpcFailure> {
    try {
      return { ok: true, claims: await this.#claims(token, request) }
    } catch (error) {
      return rpcFailure(report(error))
    }
  }

  /** Whether a token that is meant for the caller is active, and its claims (RFC 7662 §2.2). */
  async introspect(
    token: string,
    request: { audience: string },
  ): Promise<{ ok: true; active: boolean } | RpcFailure> {
    try {
      return { ok: true, active: true, ...(await this.#claims(token, request)) }
    } catch (error) {
      if (error instanceof GatewayError && error.kind === 'invalid_token') return { ok: true, active: false }
      return rpcFailure(report(error))
    }
  }

  async #claims(token: unknown, request: unknown): Promise<object> {
    const service = serviceOf(this.ctx.props)
    const audience =
      typeof request === 'object' && request !== null && 'audience' in request ? request.audience : ''
    if (audience !== service) throw new GatewayError('unauthorized_client', { detail: 'another audience' })
    // A plain copy: RPC does not carry frozen objects of ours any better.
    return { ...(await verifyFor(gatewayOf(this.env), service, token)) }
  }
}

/** What the caller is not told stands in the log. */
function report(error: unknown): unknown {
  const detail =
    error instanceof GatewayError ? error.detail : error instanceof Error ? error.message : undefined
  console.warn({ event: 'entrypoint', detail })
  return error
}
