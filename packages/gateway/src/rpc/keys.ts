import { correlationOf } from '@sealgate/kit/gateway'
import { WorkerEntrypoint } from '#runtime'
import { JWKS_PATH } from '../config/reserved-paths.ts'
import { errorResponse, GatewayError, type RpcFailure } from '../errors.ts'
import type { GatewayOf } from '../gateway.ts'
import { jwksOf, jwksResponse } from '../routes/jwks.ts'
import { type EntrypointClass, reporterOf } from './report.ts'

/** A JWK Set over RPC (RFC 7517 §5), or why there is none. */
export type JwksResult = { readonly ok: true; readonly keys: readonly object[] } | RpcFailure

/** What a `Keys` entrypoint offers: keys, and nothing else. */
export interface KeysMethods {
  fetch(request: Request): Promise<Response>
  getJwks(correlation?: object): Promise<JwksResult>
}

/** Makes the entrypoint class. Every public method of it can be called over RPC. */
export function createKeys(gatewayOf: GatewayOf): EntrypointClass<KeysMethods> {
  const reporter = reporterOf(gatewayOf)

  /** For Workers that need keys: keys and nothing else. Every public method here can be called over RPC. */
  class Keys extends WorkerEntrypoint<object> {
    override async fetch(request: Request): Promise<Response> {
      try {
        const { pathname } = new URL(request.url)
        const isRead = request.method === 'GET' || request.method === 'HEAD'
        if (pathname !== JWKS_PATH || !isRead) throw new GatewayError('not_found')
        return await jwksResponse(await gatewayOf(this.env), request)
      } catch (error) {
        const correlation = correlationOf(request)
        await reporter.report(this.env, 'Keys.fetch', error, correlation)
        return errorResponse(error, correlation.requestId)
      }
    }

    /** The JWK Set (RFC 7517 §5). */
    async getJwks(correlation?: object): Promise<JwksResult> {
      try {
        return { ok: true, ...(await jwksOf(await gatewayOf(this.env))) }
      } catch (error) {
        return await reporter.rejected(this.env, 'Keys.getJwks', error, correlation)
      }
    }
  }

  return Keys
}
