import { vi } from 'vitest'

/** On workerd and as Miniflare has them. */
type HeadersOfResponse = Pick<Headers, 'get'> & Iterable<[string, string]>

/** An upgrade as a client sees it: rejected with a status, or open, with everything that came over it. */
export interface Client {
  readonly status: number
  readonly headers: HeadersOfResponse
  readonly isOpen: boolean
  readonly frames: readonly string[]
  readonly closed: { readonly code: number; readonly reason: string } | undefined
  send(frame: string): void
  /** Hangs up. */
  close(): void
  /** Waits for a frame that contains this text. */
  frame(text: string): Promise<void>
  /** Waits until something holds of what came. */
  until(holds: () => boolean): Promise<void>
  /** Waits for the socket's end and returns its code. */
  end(): Promise<number>
}

/** The client's end of a socket, on workerd and as Miniflare has it. */
interface ClientSocket {
  accept(): void
  send(frame: string): void
  close(code?: number): void
  addEventListener(
    type: 'message',
    hear: (event: { readonly data: string | ArrayBuffer | Blob }) => void,
  ): void
  addEventListener(
    type: 'close',
    hear: (event: { readonly code: number; readonly reason: string }) => void,
  ): void
}

/** What an upgrade was responded to with. */
interface UpgradeResponse {
  readonly status: number
  readonly headers: HeadersOfResponse
  readonly webSocket: ClientSocket | null
}

/** The subprotocols of a browser that sends this token. */
export function protocolsOf(token: string): { readonly 'Sec-WebSocket-Protocol': string } {
  return { 'Sec-WebSocket-Protocol': `sealgate, sealgate.bearer.${token}` }
}

/** The client of a response to an upgrade. */
export function clientOf({ status, headers, webSocket: socket }: UpgradeResponse): Client {
  const frames: string[] = []
  let closed: Client['closed']
  socket?.addEventListener('message', ({ data }) => {
    if (typeof data === 'string') frames.push(data)
  })
  socket?.addEventListener('close', ({ code, reason }) => {
    closed = { code, reason }
  })
  socket?.accept()
  return {
    status,
    headers,
    isOpen: socket !== null,
    frames,
    get closed() {
      return closed
    },
    send: (frame) => socket?.send(frame),
    close: () => socket?.close(1000),
    frame: (text) =>
      vi.waitFor(() => {
        if (!frames.some((frame) => frame.includes(text))) {
          throw new Error(`no frame with ${text}, but ${JSON.stringify(frames)}`)
        }
      }),
    until: (holds) =>
      vi.waitFor(() => {
        if (!holds()) throw new Error(`not yet, after ${JSON.stringify(frames)}`)
      }),
    end: () =>
      vi.waitFor(() => {
        if (!closed) throw new Error(`still open, after ${JSON.stringify(frames)}`)
        return closed.code
      }),
  }
}
