import { vi } from 'vitest'
import { offer, request } from './service.ts'

/** An upgrade as a client sees it: rejected with a status, or open, with everything that came over it. */
export interface Client {
  readonly status: number
  readonly headers: Headers
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

/** Opens a WebSocket, with the token where a browser puts it, or with the headers that are given. */
export async function connect(path: string, credentials: string | HeadersInit = {}): Promise<Client> {
  const headers = new Headers(
    typeof credentials === 'string' ? offer('sealgate', `sealgate.bearer.${credentials}`) : credentials,
  )
  headers.set('Upgrade', 'websocket')
  const response = await request(path, headers)
  const socket = response.webSocket
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
    status: response.status,
    headers: response.headers,
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
