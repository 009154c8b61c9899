import { WorkerEntrypoint } from '#runtime'
import { adminRevoke, adminSign, deepHealth, type DeepHealth } from './admin-operations.ts'
import { delegate, verifyFor } from '../exchange/delegate.ts'
import { errorResponse, GatewayError, problemOf, type RpcFailure, rpcFailure } from '../errors.ts'
import type { GatewayOf } from '../gateway.ts'
import { logDeniedCall, type Ship } from '../observability/log.ts'
import { requireAdmin, serviceOf } from './props.ts'
import { JWKS_PATH } from '../config/reserved-paths.ts'
import { jwksOf, jwksResponse } from '../routes/jwks.ts'

/** A JWK Set over RPC (RFC 7517 §5), or why there is none. */
export type JwksResult = { readonly ok: true; readonly keys: readonly object[] } | RpcFailure

/** RFC 7662 §2.2; an active token's claims stand beside. */
export type Introspection =
  | { readonly ok: true; readonly active: false }
  | { readonly ok: true; readonly active: true; readonly token_type: 'Bearer' }

/** What a `Keys` entrypoint offers. */
export interface KeysMethods {
  getJwks(): Promise<JwksResult>
}

/** What an `Exchange` entrypoint offers. */
export interface ExchangeMethods {
  delegate(token: string, request: object): Promise<{ ok: true; token: string } | RpcFailure>
  verify(token: string, request: { audience: string }): Promise<{ ok: true; claims: object } | RpcFailure>
  introspect(token: string, request: { audience: string }): Promise<Introspection | RpcFailure>
}

/** What an `Admin` entrypoint offers. */
export interface AdminMethods {
  sign(claims: object, request: { audience: string }): Promise<{ ok: true; token: string } | RpcFailure>
  revoke(revocation: object): Promise<{ ok: true } | RpcFailure>
  health(): Promise<({ ok: true } & DeepHealth) | RpcFailure>
}

/** A class that workerd makes an instance of for each call over a service binding. */
type EntrypointClass<Methods> = new (ctx: ExecutionContext, env: object) => WorkerEntrypoint<object> & Methods

/** The classes behind the gateway's named entrypoints. */
export interface Entrypoints {
  readonly Keys: EntrypointClass<KeysMethods & { fetch(request: Request): Promise<Response> }>
  readonly Exchange: EntrypointClass<ExchangeMethods>
  readonly Admin: EntrypointClass<AdminMethods>
}

/** The entrypoints of one gateway. Every public method of a class can be called over RPC. */
export function createEntrypoints(gatewayOf: GatewayOf): Entrypoints {
  /** For Workers that need keys: keys and nothing else. Every public method here can be called over RPC. */
  class Keys extends WorkerEntrypoint<object> {
    override async fetch(request: Request): Promise<Response> {
      try {
        const { pathname } = new URL(request.url)
        const isRead = request.method === 'GET' || request.method === 'HEAD'
        if (pathname !== JWKS_PATH || !isRead) throw new GatewayError('not_found')
        return await jwksResponse(await gatewayOf(this.env), request)
      } catch (error) {
        return errorResponse(error, await report(this.env, 'Keys.fetch', error))
      }
    }

    /** The JWK Set (RFC 7517 §5). */
    async getJwks(): Promise<JwksResult> {
      try {
        return { ok: true, ...(await jwksOf(await gatewayOf(this.env))) }
      } catch (error) {
        return await rejected(this.env, 'Keys.getJwks', error)
      }
    }
  }

  /** For services, which hold no signing key. The caller is who its binding's props say. */
  class Exchange extends WorkerEntrypoint<object> {
    /** A token for the next hop. */
    async delegate(token: string, request: object): Promise<{ ok: true; token: string } | RpcFailure> {
      try {
        const service = serviceOf(this.ctx.props)
        return { ok: true, token: await delegate(await gatewayOf(this.env), service, token, request) }
      } catch (error) {
        return await rejected(this.env, 'Exchange.delegate', error)
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
        return await rejected(this.env, 'Exchange.verify', error)
      }
    }

    /** Whether a token that is meant for the caller is active, and its claims (RFC 7662 §2.2). */
    async introspect(token: string, request: { audience: string }): Promise<Introspection | RpcFailure> {
      try {
        const claims = await this.#claims(token, request)
        return { ...claims, ok: true, active: true, token_type: 'Bearer' }
      } catch (error) {
        if (error instanceof GatewayError && error.kind === 'invalid_token')
          return { ok: true, active: false }
        return await rejected(this.env, 'Exchange.introspect', error)
      }
    }

    async #claims(token: unknown, request: unknown): Promise<object> {
      const service = serviceOf(this.ctx.props)
      const audience =
        typeof request === 'object' && request !== null && 'audience' in request ? request.audience : ''
      if (audience !== service) throw new GatewayError('unauthorized_client', { detail: 'another audience' })
      return { ...(await verifyFor(await gatewayOf(this.env), service, token)) }
    }
  }

  /** For operators' Workers alone. A binding must say `"admin": true`. */
  class Admin extends WorkerEntrypoint<object> {
    /** A token for a caller that logged in elsewhere, for an audience of `ADMIN_SIGN`. */
    async sign(
      claims: object,
      request: { audience: string },
    ): Promise<{ ok: true; token: string } | RpcFailure> {
      try {
        requireAdmin(this.ctx.props)
        return { ok: true, token: await adminSign(await gatewayOf(this.env), claims, request) }
      } catch (error) {
        return await rejected(this.env, 'Admin.sign', error)
      }
    }

    /** Puts a token, a subject or a key on the deny-list. It holds everywhere after about 90 s. */
    async revoke(revocation: object): Promise<{ ok: true } | RpcFailure> {
      try {
        requireAdmin(this.ctx.props)
        await adminRevoke(await gatewayOf(this.env), revocation)
        return { ok: true }
      } catch (error) {
        return await rejected(this.env, 'Admin.revoke', error)
      }
    }

    /** Deep health: mode, slots, sources and what is wrong with them; no secret in it. */
    async health(): Promise<({ ok: true } & DeepHealth) | RpcFailure> {
      try {
        requireAdmin(this.ctx.props)
        return { ok: true, ...(await deepHealth(await gatewayOf(this.env))) }
      } catch (error) {
        return await rejected(this.env, 'Admin.health', error)
      }
    }
  }

  /** What the caller is not told stands in the log. Gives the id of its line. */
  async function report(env: object, entrypoint: string, error: unknown): Promise<string> {
    const requestId = crypto.randomUUID()
    logDeniedCall(entrypoint, requestId, rpcFailure(error).status, problemOf(error), await shipOf(env))
    return requestId
  }

  /** A gateway that is misconfigured ships nothing: its log line is all there is. */
  async function shipOf(env: object): Promise<Ship> {
    try {
      const { ship } = await gatewayOf(env)
      return ship
    } catch {
      return undefined
    }
  }

  async function rejected(env: object, entrypoint: string, error: unknown): Promise<RpcFailure> {
    await report(env, entrypoint, error)
    return rpcFailure(error)
  }

  return { Keys, Exchange, Admin }
}
