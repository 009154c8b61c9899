import type { Credentials } from '@sealgate/kit/gateway'

/** The subprotocol that a browser offers beside its token, and the only one that is ever answered for it. */
const PROTOCOL = 'sealgate'
const BEARER = 'sealgate.bearer.'
const HEADER = 'Sec-WebSocket-Protocol'

export function isUpgrade(request: Request): boolean {
  return request.headers.get('Upgrade')?.toLowerCase() === 'websocket'
}

/**
 * The token that a browser's WebSocket offers as the subprotocols `sealgate`, `sealgate.bearer.<token>`: browsers can
 * set no header there, and a query string ends in logs.
 */
export function readSubprotocolToken(request: Request): Credentials {
  if (!isUpgrade(request)) return { kind: 'none' }
  const offered = protocolsOf(request.headers)
  const tokens = offered.filter((protocol) => protocol.startsWith(BEARER))
  if (tokens.length === 0) return { kind: 'none' }
  const [token = ''] = tokens.map((protocol) => protocol.slice(BEARER.length))
  if (tokens.length > 1 || token === '' || !offered.includes(PROTOCOL)) {
    return { kind: 'malformed', detail: 'the subprotocols are not sealgate and one sealgate.bearer.<token>' }
  }
  return { kind: 'token', token }
}

/** The headers of a handshake that a service gets: as they came, but for the token and the protocol that carries it. */
export function handshakeHeaders(request: Request): [name: string, value: string][] {
  if (!isUpgrade(request)) return []
  const protocols = protocolsOf(request.headers).filter(
    (protocol) => protocol !== PROTOCOL && !protocol.startsWith(BEARER),
  )
  const kept = [...request.headers].filter(
    ([name]) => /^(upgrade|connection|sec-websocket-.*)$/.test(name) && name !== HEADER.toLowerCase(),
  )
  return protocols.length > 0 ? [...kept, [HEADER, protocols.join(', ')]] : kept
}

/** A browser that offered protocols wants one back: when the service chose none, it is `sealgate`. */
export function answerProtocol(request: Request, headers: Headers): void {
  if (!headers.has(HEADER) && protocolsOf(request.headers).includes(PROTOCOL)) headers.set(HEADER, PROTOCOL)
}

function protocolsOf(headers: Headers): readonly string[] {
  return (headers.get(HEADER) ?? '')
    .split(',')
    .map((protocol) => protocol.trim())
    .filter((protocol) => protocol !== '')
}
