import { type Auth, authOf, type VerifiedClaims } from '../claims/types.ts'

/** The part of an Agent's connection that the guard needs. */
export interface AgentConnection {
  readonly state: unknown
  /** Accepts a new state, or a function of the old one. */
  setState(next: unknown): unknown
  /** Closes the socket (RFC 6455 §7.4). */
  close(code?: number, reason?: string): void
}

/** Where the claims stand in a connection's state, which the platform keeps with the socket over hibernation. */
const KEY = 'sealgate'
/** Marks a socket with the end of its token. Code can change neither the tags of a socket nor their order. */
const END_TAG = 'sealgate.exp.'

const held = new WeakSet<AgentConnection>()

/** Puts the caller's claims on its connection. */
export function holdClaims(connection: AgentConnection, claims: VerifiedClaims): void {
  connection.setState({ ...fieldsOf(connection.state), [KEY]: claims })
  keepClaims(connection)
}

/**
 * Makes the claims outlive the `setState` of the Agent's own code, which returns a whole new state, perhaps one that a
 * client sent. To be called whenever code gets hold of the connection: it is a new object after hibernation.
 */
export function keepClaims(connection: AgentConnection): void {
  if (held.has(connection)) return
  held.add(connection)
  const setState = connection.setState.bind(connection)
  Object.defineProperty(connection, 'setState', {
    configurable: true,
    writable: true,
    value: (next: unknown): unknown => {
      const value: unknown = isUpdate(next) ? next(connection.state) : next
      return setState({ ...fieldsOf(value), [KEY]: claimsOf(connection) })
    },
  })
}

/** The caller on a connection, whether or not its token has ended; `undefined` when none was ever verified. */
export function heldAuth(connection: AgentConnection): Auth | undefined {
  const claims = claimsOf(connection)
  return claims && authOf(claims)
}

/** The tag of a socket whose token ends then. */
export function endTag(claims: VerifiedClaims): string {
  return `${END_TAG}${claims.exp}`
}

/** When the token of a socket with these tags ends, in seconds; `undefined` for sockets that are not the guard's. */
export function endOf(tags: readonly string[]): number | undefined {
  const tag = tags.find((one) => one.startsWith(END_TAG))
  return tag === undefined ? undefined : Number(tag.slice(END_TAG.length))
}

function claimsOf({ state }: AgentConnection): VerifiedClaims | undefined {
  const claims = fieldsOf(state)[KEY]
  return isHeld(claims) ? claims : undefined
}

/** Only `holdClaims` writes under the key, and only what a kit verified. */
function isHeld(value: unknown): value is VerifiedClaims {
  const { sub, exp } = fieldsOf(value)
  return typeof sub === 'string' && typeof exp === 'number'
}

function isUpdate(value: unknown): value is (state: unknown) => unknown {
  return typeof value === 'function'
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}
