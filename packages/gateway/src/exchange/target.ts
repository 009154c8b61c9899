import type { Config } from '../config/read-config.ts'
import type { ExchangeClient } from '../config/clients.ts'
import { GatewayError } from '../errors.ts'

/** How a request names the service that its token is for. */
export interface Target {
  readonly audience?: string | undefined
  /** RFC 8707 §2. Empty: none. */
  readonly resources?: readonly string[] | undefined
}

/**
 * The one audience that a request names, by `audience` (RFC 8693 §2.1), by `resource` (RFC 8707 §2), or by several of
 * them that agree. Resources are compared character by character.
 *
 * @throws GatewayError `invalid_request` for no name at all, `invalid_target`
 */
export function targetOf(
  { audience, resources = [] }: Target,
  { audiences, audiencesByResource }: Pick<Config, 'audiences' | 'audiencesByResource'>,
): string {
  const named = new Set([
    ...(audience === undefined ? [] : [audience]),
    ...resources.map((resource) => audiencesByResource.get(resource)),
  ])
  if (named.size === 0) {
    throw new GatewayError('invalid_request', { description: 'The parameter audience is missing' })
  }
  const [target, ...others] = named
  if (target !== undefined && others.length === 0 && audiences.has(target)) return target
  throw new GatewayError('invalid_target', {
    detail: named.size > 1 ? 'several targets' : 'an audience or resource that is not known',
  })
}

/**
 * Holds a target against what a client may exchange for. To a client an audience that is not its own is one that is not
 * there.
 *
 * @throws GatewayError `client_not_allowed` for a client without audiences (RFC 6749 §5.2), `invalid_target`
 *   (RFC 8693 §2.2.2)
 */
export function checkTarget(target: string, client: Pick<ExchangeClient, 'audiences'> | undefined): void {
  if (client?.audiences.size === 0) throw new GatewayError('client_not_allowed')
  if (client?.audiences.has(target) === false) {
    throw new GatewayError('invalid_target', { detail: `the client may not exchange for ${target}` })
  }
}
