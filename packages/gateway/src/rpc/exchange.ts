import { WorkerEntrypoint } from '#runtime'
import type { Receipt } from '@sealgate/kit/gateway'
import { GatewayError, type RpcFailure } from '../errors.ts'
import { approve } from '../exchange/approve.ts'
import { delegate, verifyFor } from '../exchange/delegate.ts'
import { receiptFor } from '../exchange/receipt.ts'
import { renew } from '../exchange/renew.ts'
import type { Gateway, GatewayOf } from '../gateway.ts'
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
    delegate(token: string, request: object, correlation?: object) {
      return this.#respond('Exchange.delegate', correlation, async (service, gateway) => ({
        token: await delegate(gateway, service, token, request),
      }))
    }

    /** A person's yes to one action of the caller, as a token that is taken once. */
    approve(token: string, request: object, correlation?: object) {
      const entrypoint = 'Exchange.approve'
      return this.#respond(entrypoint, correlation, async (service, gateway) => {
        const approval = await approve(gateway, service, token, request)
        reporter.approval(gateway, { entrypoint, outcome: 'issued', approval }, correlation)
        return { token: approval.token }
      })
    }

    /** What came of an approved act of the caller, signed for whoever wants to know it later. */
    receipt(approval: string, request: { outcome: unknown }, correlation?: object) {
      const entrypoint = 'Exchange.receipt'
      return this.#respond(entrypoint, correlation, async (service, gateway) => {
        const { receipt, ...issued } = await receiptFor(gateway, service, approval, request)
        reporter.approval(gateway, { entrypoint, outcome: 'receipt', approval: issued }, correlation)
        return { receipt }
      })
    }

    /** A token in place of one that has ended, for a caller who has gone: by an `offline` grant. */
    renew(token: string, request: { audience: string }, correlation?: object) {
      return this.#respond('Exchange.renew', correlation, async (service, gateway) => ({
        token: await renew(gateway, service, token, request),
      }))
    }

    /** The claims of a token that is meant for the caller. */
    verify(token: string, request: { audience: string }, correlation?: object) {
      return this.#respond('Exchange.verify', correlation, async (service, gateway) => ({
        claims: await claimsFor(gateway, service, token, request),
      }))
    }

    /** Whether a token that is meant for the caller is active, and its claims (RFC 7662 §2.2). */
    introspect(
      token: string,
      request: { audience: string },
      correlation?: object,
    ): Promise<Introspection | RpcFailure> {
      return this.#respond('Exchange.introspect', correlation, async (service, gateway) => {
        try {
          const claims = await claimsFor(gateway, service, token, request)
          return { ...claims, active: true, token_type: 'Bearer' } as const
        } catch (error) {
          if (error instanceof GatewayError && error.code === 'invalid_token')
            return { active: false } as const
          throw error
        }
      })
    }

    /** Does it for the service that the binding names; what is rejected is logged, and returned as a failure. */
    async #respond<Result extends object>(
      entrypoint: string,
      correlation: object | undefined,
      act: (service: string, gateway: Gateway) => Promise<Result>,
    ): Promise<({ ok: true } & Result) | RpcFailure> {
      try {
        const service = serviceOf(this.ctx.props)
        return { ...(await act(service, await gatewayOf(this.env))), ok: true }
      } catch (error) {
        return await reporter.rejected(this.env, entrypoint, error, correlation)
      }
    }
  }

  return Exchange
}

async function claimsFor(
  gateway: Gateway,
  service: string,
  token: unknown,
  request: unknown,
): Promise<object> {
  const audience =
    typeof request === 'object' && request !== null && 'audience' in request ? request.audience : ''
  if (audience !== service) throw new GatewayError('unauthorized_client', { detail: 'another audience' })
  return { ...(await verifyFor(gateway, service, token)) }
}
