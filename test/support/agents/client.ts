import { request } from './service.ts'
import { type Client, clientOf, protocolsOf } from './sockets.ts'

export type { Client } from './sockets.ts'

/** Opens a WebSocket, with the token where a browser puts it, or with the headers that are given. */
export async function connect(path: string, credentials: string | HeadersInit = {}): Promise<Client> {
  const headers = new Headers(typeof credentials === 'string' ? protocolsOf(credentials) : credentials)
  headers.set('Upgrade', 'websocket')
  return clientOf(await request(path, headers))
}
