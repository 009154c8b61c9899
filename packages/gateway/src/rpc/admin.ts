import { WorkerEntrypoint } from '#runtime'
import type { RpcFailure } from '../errors.ts'
import type { GatewayOf } from '../gateway.ts'
import { adminSign } from '../operations/admin-sign.ts'
import { deepHealth, type DeepHealth } from '../operations/health.ts'
import { revoke } from '../operations/revocation.ts'
import { requireAdmin } from './props.ts'
import { type EntrypointClass, reporterOf } from './report.ts'

/** What an `Admin` entrypoint offers operators' Workers. `correlation` is as that of `Exchange`. */
export interface AdminMethods {
  sign(
    claims: object,
    request: { audience: string },
    correlation?: object,
  ): Promise<{ ok: true; token: string } | RpcFailure>
  revoke(revocation: object, correlation?: object): Promise<{ ok: true } | RpcFailure>
  health(correlation?: object): Promise<({ ok: true } & DeepHealth) | RpcFailure>
}

/** Makes the entrypoint class. Every public method of it can be called over RPC. */
export function createAdmin(gatewayOf: GatewayOf): EntrypointClass<AdminMethods> {
  const reporter = reporterOf(gatewayOf)

  /** For operators' Workers alone. A binding must say `"admin": true`. */
  class Admin extends WorkerEntrypoint<object> {
    /** A token for a caller that logged in elsewhere, for an audience of `ADMIN_SIGN`. */
    async sign(
      claims: object,
      request: { audience: string },
      correlation?: object,
    ): Promise<{ ok: true; token: string } | RpcFailure> {
      try {
        requireAdmin(this.ctx.props)
        return { ok: true, token: await adminSign(await gatewayOf(this.env), claims, request) }
      } catch (error) {
        return await reporter.rejected(this.env, 'Admin.sign', error, correlation)
      }
    }

    /** Puts a token, a subject or a key on the deny-list. It holds everywhere after about 90 s. */
    async revoke(revocation: object, correlation?: object): Promise<{ ok: true } | RpcFailure> {
      try {
        requireAdmin(this.ctx.props)
        await revoke(await gatewayOf(this.env), revocation)
        return { ok: true }
      } catch (error) {
        return await reporter.rejected(this.env, 'Admin.revoke', error, correlation)
      }
    }

    /** Deep health: mode, slots, sources and what is wrong with them; no secret in it. */
    async health(correlation?: object): Promise<({ ok: true } & DeepHealth) | RpcFailure> {
      try {
        requireAdmin(this.ctx.props)
        return { ok: true, ...(await deepHealth(await gatewayOf(this.env))) }
      } catch (error) {
        return await reporter.rejected(this.env, 'Admin.health', error, correlation)
      }
    }
  }

  return Admin
}
