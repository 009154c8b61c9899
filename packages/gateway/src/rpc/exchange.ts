import { WorkerEntrypoint } from '#runtime'
import type { Receipt } from '@sealgate/kit/gateway'
import { GatewayError, type RpcFailure } from '../errors.ts'
import { approve } from '../exchange/approve.ts'
import { delegate, verifyFor } from '../exchange/delegate.ts'
import { receiptFor } from '../exchange/receipt.ts'
import { renew } from '../exchange/renew.ts'
import type { GatewayOf } from '../gateway.ts'
import { serviceOf } from './props.ts'
import { type EntrypointClass, reporterOf } from './report.ts'

/** RFC 7662 §2.2; an active token's claims stand beside. */
export type Introspection =
  | { readonly ok: true; readonly active: false }
  | { readonly ok: true; readonly active: true; readonly token_type: 'Bearer' }

/**
 * What an `Exchange` entrypoint offers services, which hold no signing key. `correlation` is what the kit's
 * `correlationHeaders(request)` gives: a call that is denied is logged with the id of that request.
 */
export interface ExchangeMethods {
  delegate(
    token: string,
    request: object,
    correlation?: object,
  ): Promise<{ ok: true; token: string } | RpcFailure>
  approve(
    token: string,
    request: object,
    correlation?: object,
  ): Promise<{ ok: true; token: string } | RpcFailure>
  receipt(
    approval: string,
    request: { outcome: unknown },
    correlation?: object,
  ): Promise<{ ok: true; receipt: Receipt } | RpcFailure>
  renew(
    token: string,
    request: { audience: string },
    correlation?: object,
  ): Promise<{ ok: true; token: string } | RpcFailure>
  verify(
    token: string,
    request: { audience: string },
    correlation?: object,
  ): Promise<{ ok: true; claims: object } | RpcFailure>
  introspect(
    token: string,
    request: { audience: string },
    correlation?: object,
  ): Promise<Introspection | RpcFailure>
}

/** Makes the entrypoint class. Every public method of it can be called over RPC. */
export function createExchange(gatewayOf: GatewayOf): EntrypointClass<ExchangeMethods> {
  const reporter = reporterOf(gatewayOf)

  /** For services, which hold no signing key. The caller is who its binding's props say. */
  class Exchange extends WorkerEntrypoint<object> {
    /** A token for the next hop. */
    async delegate(
      token: string,
      request: object,
      correlation?: object,
    ): Promise<{ ok: true; token: string } | RpcFailure> {
      try {
        const service = serviceOf(this.ctx.props)
        return { ok: true, token: await delegate(await gatewayOf(this.env), service, token, request) }
      } catch (error) {
        return await reporter.rejected(this.env, 'Exchange.delegate', error, correlation)
      }
    }

    /** A person's yes to one action of the caller, as a token that is taken once. */
    async approve(
      token: string,
      request: object,
      correlation?: object,
    ): Promise<{ ok: true; token: string } | RpcFailure> {
      try {
        const service = serviceOf(this.ctx.props)
        const gateway = await gatewayOf(this.env)
        const approval = await approve(gateway, service, token, request)
        const entrypoint = 'Exchange.approve'
        reporter.approval(gateway, { entrypoint, outcome: 'issued', approval }, correlation)
        return { ok: true, token: approval.token }
      } catch (error) {
        return await reporter.rejected(this.env, 'Exchange.approve', error, correlation)
      }
    }

    /** What came of an approved act of the caller, signed for whoever wants to know it later. */
    async receipt(
      approval: string,
      request: { outcome: unknown },
      correlation?: object,
    ): Promise<{ ok: true; receipt: Receipt } | RpcFailure> {
      try {
        const service = serviceOf(this.ctx.props)
        const gateway = await gatewayOf(this.env)
        const { receipt, ...issued } = await receiptFor(gateway, service, approval, request)
        const entrypoint = 'Exchange.receipt'
        reporter.approval(gateway, { entrypoint, outcome: 'receipt', approval: issued }, correlation)
        return { ok: true, receipt }
      } catch (error) {
        return await reporter.rejected(this.env, 'Exchange.receipt', error, correlation)
      }
    }

    /** A token in place of one that has ended, for a caller who has gone: by an `offline` grant. */
    async renew(
      token: string,
      request: { audience: string },
      correlation?: object,
    ): Promise<{ ok: true; token: string } | RpcFailure> {
      try {
        const service = serviceOf(this.ctx.props)
        return { ok: true, token: await renew(await gatewayOf(this.env), service, token, request) }
      } catch (error) {
        return await reporter.rejected(this.env, 'Exchange.renew', error, correlation)
      }
    }

    /** The claims of a token that is meant for the caller. */
    async verify(
      token: string,
      request: { audience: string },
      correlation?: object,
    ): Promise<{ ok: true; claims: object } | RpcFailure> {
      try {
        return { ok: true, claims: await this.#claims(token, request) }
      } catch (error) {
        return await reporter.rejected(this.env, 'Exchange.verify', error, correlation)
      }
    }

    /** Whether a token that is meant for the caller is active, and its claims (RFC 7662 §2.2). */
    async introspect(
      token: string,
      request: { audience: string },
      correlation?: object,
    ): Promise<Introspection | RpcFailure> {
      try {
        const claims = await this.#claims(token, request)
        return { ...claims, ok: true, active: true, token_type: 'Bearer' }
      } catch (error) {
        if (error instanceof GatewayError && error.code === 'invalid_token')
          return { ok: true, active: false }
        return await reporter.rejected(this.env, 'Exchange.introspect', error, correlation)
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

  return Exchange
}
