import type { SubjectClaims } from '../auth0/subject.ts'
import { clientIdOf } from '../auth0/subject.ts'
import type { McpResource } from '../config/mcp.ts'
import { GatewayError } from '../errors.ts'
import type { CookieEncryption } from './encryption.ts'

/** The header of MCP's Streamable HTTP transport that names a session. */
export const SESSION_HEADER = 'Mcp-Session-Id'

/** How long an id serves, in seconds: a week, as a login does. A client starts anew when it ends. */
const LIFETIME_SECONDS = 604_800

/** The longest id of a service that fits into an encrypted one. Characters; a UUID has 36. */
const MAX_LENGTH = 512

/** Whose session, where. */
interface Owner {
  readonly claims: SubjectClaims
  readonly resource: McpResource
}

/**
 * The ids of MCP sessions. An id alone must not open a session (MCP, session hijacking), and not every server looks at who
 * sends it. So a client gets the service's id encrypted together with its owner: the user, the client, and the resource. The
 * id itself says whose it is, which needs no storage, holds in every isolate, and keeps the service's own id from the client.
 */
export class McpSessionIds {
  readonly #encryption: CookieEncryption
  readonly #now: () => number

  constructor(encryption: CookieEncryption, now: () => number) {
    this.#encryption = encryption
    this.#now = now
  }

  /**
   * The service's own id for the one that a request carries; `undefined`: it carries none.
   *
   * @throws GatewayError `not_found` for an id that is not the caller's: 404 makes a client start a session of its own
   */
  async open(request: Request, owner: Owner): Promise<string | undefined> {
    const given = request.headers.get(SESSION_HEADER)
    if (given === null) return undefined
    const content = await this.#encryption.decrypt('mcp-session', given, this.#now())
    const isOwn =
      content && Object.entries(ownership(owner)).every(([name, value]) => content[name] === value)
    if (!isOwn || typeof content.id !== 'string') {
      throw new GatewayError('not_found', { detail: 'the MCP session is not one of this caller' })
    }
    return content.id
  }

  /**
   * Puts the caller's id in place of the service's own.
   *
   * @param used the id that the request carried and the service's own for it: they stay a pair
   * @throws GatewayError `service_failed` for an id that is too long
   */
  async conceal(
    headers: Headers,
    owner: Owner,
    used: { readonly given: string | null; readonly own: string | undefined },
  ): Promise<void> {
    const id = headers.get(SESSION_HEADER)
    if (id === null) return
    if (id === used.own && used.given !== null) {
      headers.set(SESSION_HEADER, used.given)
      return
    }
    if (id.length > MAX_LENGTH) {
      throw new GatewayError('service_failed', {
        detail: `${SESSION_HEADER} has over ${MAX_LENGTH} characters`,
      })
    }
    const content = { ...ownership(owner), id }
    headers.set(
      SESSION_HEADER,
      await this.#encryption.encrypt('mcp-session', content, this.#now() + LIFETIME_SECONDS),
    )
  }
}

/** Text alone, so that two can be compared. */
function ownership({ claims, resource }: Owner): Readonly<Record<string, string>> {
  const { sub, iss } = claims
  return {
    sub,
    from: typeof iss === 'string' ? iss : '',
    client: clientIdOf(claims) ?? '',
    resource: resource.resource,
  }
}
