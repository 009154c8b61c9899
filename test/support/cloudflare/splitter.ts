import { type IncomingMessage, type OutgoingHttpHeaders, request, type ServerResponse } from 'node:http'
import { connect } from 'node:net'
import type { Duplex } from 'node:stream'

/** A version that gets requests. */
export interface Backend {
  readonly versionId: string
  /** Of all requests, in percent. */
  readonly percentage: number
}

/** Names the version that a request goes to, if it is part of the deployment, with 0 % too. A Dictionary (RFC 8941 §3.2). */
const OVERRIDES = 'cloudflare-workers-version-overrides'

/**
 * The version that gets a request.
 *
 * @param random 0 ≤ random < 1
 */
export function pick<One extends Backend>(
  backends: readonly One[],
  random: number,
  versionId?: string,
): One | undefined {
  const overridden = backends.find((one) => one.versionId === versionId)
  if (overridden) return overridden
  let left = random * backends.reduce((sum, { percentage }) => sum + percentage, 0)
  for (const backend of backends) {
    left -= backend.percentage
    if (left < 0) return backend
  }
  return undefined
}

/** The version that a request's header names for this script. */
export function overrideIn({ headers }: IncomingMessage, script: string): string | undefined {
  const entries = String(headers[OVERRIDES] ?? '').split(',')
  return entries
    .map((entry) => /^\s*([^=\s]+)="([^"]+)"\s*$/.exec(entry))
    .find((entry) => entry?.[1] === script)?.[2]
}

/** Passes a request on, streaming both ways. Resolves when its response has ended, whatever came of it. */
export function forward(incoming: IncomingMessage, response: ServerResponse, to: URL): Promise<void> {
  const { method, url: path, headers } = incoming
  return new Promise((resolve) => {
    response.once('close', resolve)
    const outgoing = request({ ...addressOf(to), method, path, headers: hopHeaders(headers) })
    outgoing.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.rawHeaders)
      answer.pipe(response)
    })
    outgoing.on('error', () => {
      if (response.headersSent) response.destroy()
      else response.writeHead(502).end('the version does not respond')
    })
    response.once('close', () => outgoing.destroy())
    incoming.pipe(outgoing)
  })
}

/** Passes an upgrade on, byte by byte, and resolves when its socket is closed. */
export function tunnel(incoming: IncomingMessage, socket: Duplex, head: Buffer, to: URL): Promise<void> {
  return new Promise((resolve) => {
    const { host, port } = addressOf(to)
    const other = connect(port, host, () => {
      const lines = [`${incoming.method ?? 'GET'} ${incoming.url ?? '/'} HTTP/1.1`]
      for (let index = 0; index < incoming.rawHeaders.length; index += 2) {
        lines.push(`${incoming.rawHeaders[index] ?? ''}: ${incoming.rawHeaders[index + 1] ?? ''}`)
      }
      other.write(`${lines.join('\r\n')}\r\n\r\n`)
      other.write(head)
      socket.pipe(other).pipe(socket)
    })
    for (const [end, peer] of [
      [socket, other],
      [other, socket],
    ] as const) {
      end.on('error', () => peer.destroy())
      end.on('close', () => {
        peer.destroy()
        resolve()
      })
    }
  })
}

function addressOf({ hostname, port }: URL): { readonly host: string; readonly port: number } {
  return { host: hostname, port: Number(port) }
}

/** The connection is each hop's own (RFC 9110 §7.6.1). */
function hopHeaders(headers: OutgoingHttpHeaders): OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name !== 'connection'))
}
