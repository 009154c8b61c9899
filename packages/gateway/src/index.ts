/**
 * The gateway as a library: a definition makes a whole Worker.
 *
 * @module @sealgate/gateway
 */
import { createApp } from './app.ts'
import type { GatewayDefinition } from './config/definition.ts'
import { gatewaysOf } from './gateway.ts'
import { type AdminMethods, createAdmin } from './rpc/admin.ts'
import { createExchange, type ExchangeMethods } from './rpc/exchange.ts'
import { createKeys, type KeysMethods } from './rpc/keys.ts'
import type { EntrypointClass } from './rpc/report.ts'
import { createSession, type SessionClass } from './session/durable-object.ts'

export type { HookContext, LogHooks } from './observability/hooks.ts'
export type { DecisionLine, EventLine, LogLine } from '@sealgate/kit'
export { auth0, cloudflareAccess, entra, type IssuerOptions, okta } from './config/issuer-presets.ts'
export type { IssuerDefinition, IssuerProfile } from './config/issuer-definition.ts'
export type { AdminMethods } from './rpc/admin.ts'
export type { ExchangeMethods, Introspection } from './rpc/exchange.ts'
export type { JwksResult, KeysMethods } from './rpc/keys.ts'
export {
  type AddedClaims,
  type AnonymousRoute,
  type AnyEnv,
  type AudienceDefinition,
  type ClaimsContext,
  type ClientDefinition,
  defineGateway,
  type GatewayDefinition,
  type Method,
  type OpenRoute,
  type ProtectedRoute,
  type RouteDefinition,
  type ToOrigin,
  type ToService,
  type ServiceName,
  type TokenSubject,
} from './config/definition.ts'

/** A whole gateway: the public face as its default export, and what its Worker exports by name. */
export interface GatewayWorker {
  /** The public face: what the internet reaches. */
  fetch(request: Request, env: object, ctx: ExecutionContext): Response | Promise<Response>
  /** For Workers that need keys: keys and nothing else. */
  readonly Keys: EntrypointClass<KeysMethods>
  /** For services, which hold no signing key. The caller is who its binding's props say. */
  readonly Exchange: EntrypointClass<ExchangeMethods>
  /** For operators' Workers alone. A binding must say `"admin": true`. */
  readonly Admin: EntrypointClass<AdminMethods>
  /** The Durable Object behind the binding `SESSIONS`. */
  readonly Session: SessionClass
}

/**
 * Makes the gateway that a definition describes. Variables and bindings come with each request; what is wrong with them
 * is said by name, in the log.
 *
 * ```ts
 * const gateway = createGateway(definition)
 * export default gateway
 * export const { Keys, Exchange, Admin, Session } = gateway
 * ```
 */
export function createGateway(definition: GatewayDefinition): GatewayWorker {
  const gatewayOf = gatewaysOf(definition)
  const app = createApp(gatewayOf)
  return {
    fetch: (request, env, ctx) => app.fetch(request, env, ctx),
    Keys: createKeys(gatewayOf),
    Exchange: createExchange(gatewayOf),
    Admin: createAdmin(gatewayOf),
    Session: createSession(gatewayOf),
  }
}
