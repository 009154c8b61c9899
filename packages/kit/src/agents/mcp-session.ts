import type { VerifiedClaims } from '../claims/types.ts'
import { denial, type Denied } from '../http/decision.ts'
import type { OwnerStore } from './durable-object.ts'

const KEY = 'sealgate:mcp-session'

/**
 * Whose session an `McpAgent` is: that of the first verified caller, through the same client (MCP, session hijacking). Another
 * caller with its id would get what the server has sent, and answer what it requested.
 */
export class McpSession {
  readonly #store: OwnerStore

  constructor(store: OwnerStore) {
    this.#store = store
  }

  /** Why a caller is not let in. The first one is, and makes the session theirs. */
  denialOf({ sub, client_id }: VerifiedClaims): Denied | undefined {
    const opener = this.#store.get(KEY)
    const caller = JSON.stringify([sub, client_id])
    if (opener === undefined) this.#store.put(KEY, caller)
    return opener === undefined || opener === caller
      ? undefined
      : denial(403, 'insufficient_rights', 'another caller or client opened this MCP session', [
          'opener of the session',
        ])
  }
}
