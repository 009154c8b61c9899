/**
 * The gateway as a library: a definition makes a whole Worker.
 *
 * @module @sealgate/gateway
 */
import { createApp } from './app.ts'
import type { GatewayDefinition } from './config/definition.ts'
import { gatewaysOf } from './gateway.ts'
import { createEntrypoints, type Entrypoints } from './rpc/entrypoints.ts'
import { createSession, type SessionClass } from './session/durable-object.ts'

export {
  type AnonymousRoute,
  type AudienceDefinition,
  defineGateway,
  type GatewayDefinition,
  type Method,
  type OpenRoute,
  type ProtectedRoute,
  type RouteDefinition,
} from './config/definition.ts'

/** A whole gateway: the public face as its default export, and what its Worker exports by name. */
export interface GatewayWorker extends Entrypoints {
  /** The public face: what the internet reaches. */
  fetch(request: Request, env: object, ctx: ExecutionContext): Response | Promise<Response>
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
    ...createEntrypoints(gatewayOf),
    Session: createSession(gatewayOf),
  }
}
