/**
 * The WebSocket subprotocols that carry a bearer token: `sealgate`, and `sealgate.bearer.<token>` beside it. A browser
 * can set no header on a handshake, and a query string ends in logs. This is the one place that knows them.
 */

/** What a browser offers beside its token, and the only one of the two that is ever selected. */
const PROTOCOL = 'sealgate'
const BEARER = 'sealgate.bearer.'
const HEADER = 'Sec-WebSocket-Protocol'

/** True for a WebSocket handshake (RFC 6455 §4.1). */
export function isWebSocketUpgrade(request: Request): boolean {
  return request.headers.get('Upgrade')?.toLowerCase() === 'websocket'
}

/** What a client offered, with the tokens taken out. */
export interface OfferedProtocols {
  /** Every token among the offered subprotocols, perhaps empty strings. */
  readonly tokens: readonly string[]
  /** The subprotocols that carry no token, in the order offered. */
  readonly protocols: readonly string[]
  /** A token came without the subprotocol `sealgate` beside it: there would be nothing to select. */
  readonly isIncomplete: boolean
}

/** Reads `Sec-WebSocket-Protocol` of a request. */
export function offeredProtocols(headers: Headers): OfferedProtocols {
  const tokens: string[] = []
  const protocols: string[] = []
  for (const entry of (headers.get(HEADER) ?? '').split(',')) {
    const protocol = entry.trim()
    if (protocol.startsWith(BEARER)) tokens.push(protocol.slice(BEARER.length))
    else if (protocol !== '') protocols.push(protocol)
  }
  return { tokens, protocols, isIncomplete: tokens.length > 0 && !protocols.includes(PROTOCOL) }
}

/** Writes the subprotocols to pass on; none removes the header. */
export function setOfferedProtocols(headers: Headers, protocols: readonly string[]): void {
  if (protocols.length > 0) headers.set(HEADER, protocols.join(', '))
  else headers.delete(HEADER)
}

/** The offered subprotocols that are the service's own: neither `sealgate` nor a token. */
export function serviceProtocols({ protocols }: OfferedProtocols): readonly string[] {
  return protocols.filter((protocol) => protocol !== PROTOCOL)
}

/**
 * The subprotocol to select on a 101 response: the one that the service selected, if the client offered it; else
 * `sealgate`, if the client offered that. A service may not select what was never offered: a browser fails such a
 * connection (RFC 6455 §4.1 and §4.2.2).
 */
export function selectProtocol(
  response: Response,
  { protocols }: OfferedProtocols,
): { readonly protocol: string | undefined; readonly isForeign: boolean } {
  const selected = response.headers.get(HEADER)
  if (selected !== null && protocols.includes(selected)) return { protocol: selected, isForeign: false }
  return { protocol: protocols.includes(PROTOCOL) ? PROTOCOL : undefined, isForeign: selected !== null }
}

/** Puts the selected subprotocol on the headers of a 101 response. */
export function setSelectedProtocol(headers: Headers, protocol: string | undefined): void {
  if (protocol === undefined) headers.delete(HEADER)
  else headers.set(HEADER, protocol)
}
