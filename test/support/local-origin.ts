import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { gzipSync } from 'node:zlib'

/** An HTTP server on this machine, as a vendor's would be behind an `origin` route. */
export interface LocalOrigin {
  readonly origin: string
  /** Requests that came, the first first. */
  readonly received: readonly IncomingMessage[]
  close(): Promise<void>
}

export async function startLocalOrigin(): Promise<LocalOrigin> {
  const received: IncomingMessage[] = []
  const server = createServer((request, response) => {
    received.push(request)
    respond(request, response)
  })
  // A server that closes waits for them, and ends only those that are HTTP still.
  const upgraded = new Set<Duplex>()
  server.on('upgrade', (request, socket) => {
    received.push(request)
    upgraded.add(socket)
    echo(request, socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    received,
    async close() {
      server.closeAllConnections()
      for (const socket of upgraded) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function respond(request: IncomingMessage, response: ServerResponse): void {
  const { pathname } = new URL(request.url ?? '/', 'http://127.0.0.1')
  switch (pathname) {
    case '/vendor/redirect':
      response.writeHead(302, { Location: `http://${request.headers.host ?? ''}/vendor/next` }).end()
      return
    case '/vendor/zipped':
      response
        .writeHead(200, { 'Content-Type': 'text/plain', 'Content-Encoding': 'gzip' })
        .end(gzipSync('zipped text'))
      return
    case '/vendor/slow':
      setTimeout(() => response.end('late'), 5000).unref()
      return
    case '/vendor/stream':
      response.write('first ')
      setTimeout(() => response.end('second'), 1500)
      return
    default:
      response.writeHead(200, { 'Content-Type': 'text/plain', 'Cache-Control': 'public, max-age=600' })
      request.pipe(response)
  }
}

/** RFC 6455 §4.2.2 and §5: short frames of text go back as they came, without their mask. */
function echo(request: IncomingMessage, socket: Duplex): void {
  const key = request.headers['sec-websocket-key'] ?? ''
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
  socket.on('error', () => undefined)
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  )
  socket.on('data', (frame: Buffer) => {
    const [first = 0, second = 0] = frame
    if ((first & 0x0f) !== 1) {
      socket.end()
      return
    }
    const length = second & 0x7f
    const mask = frame.subarray(2, 6)
    const text = frame.subarray(6, 6 + length).map((byte, index) => byte ^ (mask[index % 4] ?? 0))
    socket.write(Buffer.concat([Buffer.from([0x81, length]), text]))
  })
}
