import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { TIMED_OUT, withDeadline } from './deadline.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

it('returns what came in time, and leaves no timer behind', async () => {
  const controller = new AbortController()
  expect(await withDeadline(Promise.resolve('value'), 1000, controller)).toBe('value')
  expect(vi.getTimerCount()).toBe(0)
  vi.advanceTimersByTime(1000)
  expect(controller.signal.aborted).toBe(false)
})

it('passes a failure on, and leaves no timer behind', async () => {
  await expect(withDeadline(Promise.reject(new Error('lost')), 1000)).rejects.toThrow('lost')
  expect(vi.getTimerCount()).toBe(0)
})

it('gives up at the deadline, and aborts what it waited for', async () => {
  const controller = new AbortController()
  const waiting = withDeadline(new Promise(() => undefined), 1000, controller)
  await vi.advanceTimersByTimeAsync(999)
  expect(controller.signal.aborted).toBe(false)
  await vi.advanceTimersByTimeAsync(1)
  expect(await waiting).toBe(TIMED_OUT)
  expect(controller.signal.aborted).toBe(true)
})
