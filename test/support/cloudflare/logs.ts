import { createHash, randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'

/** An event of Workers Logs, as a query returns it. `source` is what the Worker logged. */
export interface LogEvent {
  readonly $metadata: { readonly id: string; readonly service?: string }
  readonly $workers?: Readonly<Record<string, unknown>>
  readonly dataset: string
  /** Milliseconds since the epoch. */
  readonly timestamp: number
  readonly source: unknown
}

/** What Workers of an account logged: what a query finds, and the tails that are open. */
export class Logs {
  readonly events: LogEvent[] = []
  /** How often a query says that it still runs. */
  startedTimes = 0
  readonly #tails = new Map<string, { readonly worker: string; socket?: Duplex }>()

  /** Workers whose tails are connected. */
  get tailed(): readonly string[] {
    return [...this.#tails.values()].flatMap(({ worker, socket }) => (socket ? [worker] : []))
  }

  createTail(worker: string): string {
    const id = randomUUID().replaceAll('-', '')
    this.#tails.set(id, { worker })
    return id
  }

  deleteTail(id: string): void {
    this.#tails.get(id)?.socket?.destroy()
    this.#tails.delete(id)
  }

  /** Sends an item to whoever tails a Worker. */
  send(worker: string, item: object): void {
    for (const tail of this.#tails.values())
      if (tail.worker === worker) tail.socket?.write(textFrame(JSON.stringify(item)))
  }

  /** The WebSocket of a tail (RFC 6455 §4.2.2), which wrangler opens with the subprotocol `trace-v1`. */
  connect({ url = '', headers }: IncomingMessage, socket: Duplex): void {
    const tail = this.#tails.get(url.slice(url.lastIndexOf('/') + 1))
    const key = headers['sec-websocket-key']
    if (!tail || key === undefined || headers['sec-websocket-protocol'] !== 'trace-v1') {
      socket.destroy()
      return
    }
    const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: trace-v1\r\n\r\n`,
    )
    socket.on('error', () => undefined)
    // What wrangler sends is of no interest: a filter for debugging, and its pings, which come after ten seconds.
    socket.resume()
    tail.socket = socket
  }
}

/** A text frame of a server (RFC 6455 §5.2). */
function textFrame(text: string): Buffer {
  const payload = Buffer.from(text)
  const head = Buffer.alloc(4)
  head[0] = 0x81
  if (payload.length < 126) return Buffer.concat([Buffer.from([0x81, payload.length]), payload])
  head[1] = 126
  head.writeUInt16BE(payload.length, 2)
  return Buffer.concat([head, payload])
}
