import { type Auth, authOf } from '../claims/types.ts'
import type { HeldCaller } from '../kit/held-caller.ts'

/** The part of an Agent's connection that the guard needs. */
export interface AgentConnection {
  /** Names the connection as long as it is open, over hibernation too. */
  readonly id: string
  readonly state: unknown
  /** Accepts a new state, or a function of the old one. */
  setState(next: unknown): unknown
  /** Sends a message. */
  send(message: string | ArrayBuffer | ArrayBufferView): void
  /** Closes the socket (RFC 6455 §7.4). */
  close(code?: number, reason?: string): void
}

/** Where the caller stands in a connection's state, which the platform keeps with the socket over hibernation. */
const KEY = 'sealgate'
/** Marks a socket with the end of its token. Code can change neither the tags of a socket nor their order. */
const END_TAG = 'sealgate.exp.'

const held = new WeakSet<AgentConnection>()

/** Puts the caller on its connection. */
export function holdCaller(connection: AgentConnection, caller: HeldCaller): void {
  connection.setState({ ...fieldsOf(connection.state), [KEY]: caller })
}

/**
 * Makes the caller outlive the `setState` of the Agent's own code, which returns a whole new state, perhaps one that a
 * client sent; and lets nothing be sent to somebody who may not go on. To be called whenever code gets hold of the
 * connection: it is a new object after hibernation.
 */
export function keepCaller(
  connection: AgentConnection,
  mayGoOn: (connection: AgentConnection) => boolean,
): void {
  if (held.has(connection)) return
  held.add(connection)
  const setState = connection.setState.bind(connection)
  const send = connection.send.bind(connection)
  replace(connection, 'setState', (next: unknown): unknown => {
    const value: unknown = isUpdate(next) ? next(connection.state) : next
    return setState({ ...fieldsOf(value), [KEY]: callerIn(connection.state) })
  })
  replace(connection, 'send', (message: Parameters<typeof send>[0]): void => {
    if (mayGoOn(connection)) send(message)
  })
}

function replace(connection: AgentConnection, name: 'setState' | 'send', value: unknown): void {
  Object.defineProperty(connection, name, { configurable: true, writable: true, value })
}

/** The caller on a connection, whether or not its token has ended; `undefined` when none was ever verified. */
export function callerOf({ state }: AgentConnection): HeldCaller | undefined {
  return callerIn(state)
}

/**
 * Names a connection and its caller. The id alone does not: a client chooses it, may choose somebody else's, and connects
 * again with its own before the old connection has ended; the ids of the upgrade tell those two apart. `undefined` when
 * nobody was verified.
 */
export function keyOf(connection: AgentConnection): string | undefined {
  const caller = callerOf(connection)
  return caller && JSON.stringify([connection.id, caller])
}

/** The caller on a connection, as code sees one. */
export function authOn(connection: AgentConnection): Auth | undefined {
  const caller = callerOf(connection)
  return caller && authOf(caller.claims)
}

/**
 * The caller on a socket of this object. For those of its sub-agents, which are no connections of its own: the SDK keeps
 * a connection's state under `__user` of the attachment.
 */
export function callerOfSocket(socket: Pick<WebSocket, 'deserializeAttachment'>): HeldCaller | undefined {
  return callerIn(fieldsOf(socket.deserializeAttachment()).__user)
}

/** The tag of a socket whose token ends then. */
export function endTag({ claims }: HeldCaller): string {
  return `${END_TAG}${claims.exp}`
}

/** When the token of a socket with these tags ends, in seconds; `undefined` for sockets that are not the guard's. */
export function endOf(tags: readonly string[]): number | undefined {
  const tag = tags.find((one) => one.startsWith(END_TAG))
  return tag === undefined ? undefined : Number(tag.slice(END_TAG.length))
}

function callerIn(state: unknown): HeldCaller | undefined {
  const caller = fieldsOf(state)[KEY]
  return isHeld(caller) ? caller : undefined
}

/** Only `holdCaller` writes under the key, and only what a kit verified. */
function isHeld(value: unknown): value is HeldCaller {
  const { sub, exp } = fieldsOf(fieldsOf(value).claims)
  return typeof sub === 'string' && typeof exp === 'number'
}

function isUpdate(value: unknown): value is (state: unknown) => unknown {
  return typeof value === 'function'
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}
