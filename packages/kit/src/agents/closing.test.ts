import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Auth } from '../claims/types.ts'
import { closeAtEnd } from './closing.ts'

const NOW = 1_800_000_000

beforeEach(() => vi.useFakeTimers({ now: NOW * 1000 }))
afterEach(() => vi.useRealTimers())

/** A socket as far as `closeAtEnd` uses it, and what was done to it. */
function openSocket() {
  const events = new EventTarget()
  return Object.assign(events, {
    closed: [] as number[],
    close(code?: number): void {
      this.closed.push(code ?? 0)
      events.dispatchEvent(new Event('close'))
    },
  }) as unknown as WebSocket & { readonly closed: number[] }
}

const authUntil = (exp: number): Auth => ({ claims: { exp } }) as Auth

it('closes a socket when the token ends, and not before', () => {
  const socket = openSocket()
  closeAtEnd(socket, authUntil(NOW + 300))
  vi.advanceTimersByTime(299_999)
  expect(socket.closed).toEqual([])
  vi.advanceTimersByTime(1)
  expect(socket.closed).toEqual([4401])
})

it('closes a socket at once whose token lives by leeway alone', () => {
  const socket = openSocket()
  closeAtEnd(socket, authUntil(NOW - 30))
  vi.advanceTimersByTime(0)
  expect(socket.closed).toEqual([4401])
})

it('does not close a socket at once because its token lives longer than a timer waits', () => {
  const socket = openSocket()
  closeAtEnd(socket, authUntil(NOW + 40 * 86_400))
  vi.advanceTimersByTime(60_000)
  expect(socket.closed).toEqual([])
})

it('leaves no timer behind a socket that was closed', () => {
  const socket = openSocket()
  closeAtEnd(socket, authUntil(NOW + 300))
  socket.close(1000)
  expect(vi.getTimerCount()).toBe(0)
  vi.advanceTimersByTime(300_000)
  expect(socket.closed).toEqual([1000])
})
