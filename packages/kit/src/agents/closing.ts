import type { Auth } from '../claims/types.ts'

/** Close codes 4000–4999 are an application's own (RFC 6455 §7.4.2). Ours read like the HTTP status. */
const CLOSE = {
  ended: [4401, 'The access token has ended'],
  forbidden: [4403, 'The access token does not grant this'],
  unavailable: [1013, 'Try again later'],
} as const

/** Why a socket is closed. */
export type Ending = keyof typeof CLOSE

/** The longest a timer waits, in milliseconds: almost 25 days. What is more would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1

export function close(socket: { close(code?: number, reason?: string): void }, ending: Ending): void {
  const [code, reason] = CLOSE[ending]
  socket.close(code, reason)
}

/**
 * Closes a WebSocket with 4401 when its caller's token ends, without leeway. For a socket that a Worker has accepted and
 * holds itself; a Durable Object that hibernates loses its timers, and `AuthAgent` needs no help.
 */
export function closeAtEnd(socket: Pick<WebSocket, 'addEventListener' | 'close'>, { claims }: Auth): void {
  const left = claims.exp * 1000 - Date.now()
  const timer = setTimeout(() => close(socket, 'ended'), Math.min(Math.max(left, 0), MAX_TIMER_MS))
  socket.addEventListener('close', () => clearTimeout(timer))
}
