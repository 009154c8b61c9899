import type { Auth0Options } from '../auth0/tokens.ts'
import { correlationOf } from '@sealgate/kit/gateway'
import type { Context } from 'hono'
import { env as environmentOf } from 'hono/adapter'
import { present } from '../config/schema.ts'
import { type Gateway, gatewaysOf } from '../gateway.ts'
import { addSecurityHeaders } from '../http/security-headers.ts'
import { logRequest } from '../observability/log.ts'
import { newTrace, type Trace } from '../observability/trace.ts'
import { failureOf } from '../session/failure.ts'
import { byOption, definitionOf, gatewayEnvironment } from './environment.ts'
import type { AuthOptions } from './options.ts'

/**
 * The gateways that an app has in itself, one for each environment.
 *
 * @returns finds the one of a request. It throws a ConfigError, which stands in the log too: Hono makes a response of it
 *   without a word
 */
export function insideGateways(options: AuthOptions, runtime: Auth0Options): (c: Context) => Promise<Inside> {
  const gatewayOf = gatewaysOf(definitionOf(options), runtime)
  const environments = new WeakMap<object, object>()
  const find = async (appEnv: object): Promise<readonly [Gateway, object]> => {
    const known = environments.get(appEnv)
    if (known) return [await gatewayOf(known), known]
    const env = gatewayEnvironment(options, appEnv)
    const gateway = await gatewayOf(env)
    environments.set(appEnv, env)
    if (present(appEnv, 'SESSION_STORE') === 'cloudflare-kv') {
      const detail =
        'SESSION_STORE is taken for cookie: auth() keeps a session in its cookie, encrypted. Set it to cookie'
      gateway.logger.event({ event: 'session_store_replaced', level: 'warn', detail })
    }
    return [gateway, env]
  }
  return async (c) => {
    const request = c.req.raw
    const trace = newTrace(correlationOf(request))
    const appEnv = environmentOf<Record<string, unknown>>(c)
    try {
      return new Inside(request, trace, ...(await find(appEnv)))
    } catch (thrown) {
      const error = byOption(thrown)
      const outcome = { request, status: 500, ms: 0, error: error instanceof Error ? error : undefined }
      logRequest(gatewayOf.loggerOf(appEnv), undefined, trace, outcome)
      throw error
    }
  }
}

/** The gateway in an app, with one request before it. */
export class Inside {
  readonly gateway: Gateway
  readonly trace: Trace
  readonly #request: Request
  readonly #env: object
  readonly #started = Date.now()

  /** @param env of the gateway */
  constructor(request: Request, trace: Trace, gateway: Gateway, env: object) {
    this.#request = request
    this.trace = trace
    this.gateway = gateway
    this.#env = env
  }

  /** Responds with what is made, or for what is thrown meanwhile: with the headers and the line of a gateway's own routes. */
  async respond(served: Request, make: () => Promise<Response>): Promise<Response> {
    try {
      return this.#finish(await make())
    } catch (error) {
      return this.fail(served, error)
    }
  }

  /** The response for an error: JSON, a page, or the way to log in. */
  async fail(served: Request, thrown: unknown): Promise<Response> {
    const { error, response } = failureOf(thrown, served, this.trace.requestId, this.gateway)
    return this.#finish(await response, error instanceof Error ? error : undefined)
  }

  #finish(made: Response, error?: Error): Response {
    const request = this.#request
    const response = new Response(made.body, made)
    response.headers.set('X-Request-Id', this.trace.requestId)
    addSecurityHeaders(response, { env: this.#env, request, isForwarded: false })
    const { logger, pseudonyms } = this.gateway
    const ms = Date.now() - this.#started
    logRequest(logger, pseudonyms, this.trace, { request, status: response.status, ms, error })
    return response
  }
}
