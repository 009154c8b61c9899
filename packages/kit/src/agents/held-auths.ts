import type { Auth } from '../claims/types.ts'
import { type AgentConnection, authOn, keyOf } from './connection.ts'

/**
 * The callers of open connections as they were verified: with their tokens, and so in memory alone. Hibernation ends it;
 * the claims stay on the connection.
 */
export class HeldAuths {
  readonly #auths = new Map<string, Auth>()

  keep(connection: AgentConnection, auth: Auth): void {
    const key = keyOf(connection)
    if (key !== undefined) this.#auths.set(key, auth)
  }

  /** The caller on a connection: with the token behind it, as long as that is in memory. */
  authOf(connection: AgentConnection): Auth | undefined {
    return this.#auths.get(keyOf(connection) ?? '') ?? authOn(connection)
  }

  forget(connection: AgentConnection): void {
    this.#auths.delete(keyOf(connection) ?? '')
  }
}
