/** What goes on after a response. Read anew with a runtime of its own, which says what it is to keep alive. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type * as Loggers from './logger.ts'

const EVENT = { event: 'unstable_env', level: 'warn' } as const

// workerd lets nobody replace a module.
const isWorkerd = navigator.userAgent === 'Cloudflare-Workers'

describe.skipIf(isWorkerd)('what a runtime is to keep alive', () => {
  const keepAlive = vi.fn((promise: Promise<unknown>) => void promise)
  let fresh: typeof Loggers

  beforeEach(async () => {
    keepAlive.mockClear()
    vi.resetModules()
    vi.doMock('#runtime', () => ({ keepAlive }))
    fresh = await import('./logger.ts')
  })
  afterEach(() => {
    vi.restoreAllMocks()
    vi.doUnmock('#runtime')
    vi.resetModules()
  })

  it('is what hooks and sinks do, until the last of them is done', async () => {
    let finish: () => void = () => undefined
    const onEvent = () => new Promise<void>((resolve) => (finish = resolve))
    new fresh.Logger({ level: 'off', onEvent }).event(EVENT)
    expect(keepAlive).toHaveBeenCalledTimes(1)
    let isOver = false
    const over = keepAlive.mock.calls[0]?.[0].then(() => (isOver = true))
    await Promise.resolve()
    expect(isOver).toBe(false)
    finish()
    await over
    expect(isOver).toBe(true)
  })

  it('is a line that has to be waited for, and then what its hook does', async () => {
    const onDecision = vi.fn(() => Promise.resolve())
    const logger = new fresh.Logger({ level: 'off', onDecision })
    logger.decision('warn', 'decision', () => Promise.resolve({ sub_hash: 'abc' }))
    expect(keepAlive).toHaveBeenCalledTimes(1)
    await keepAlive.mock.calls[0]?.[0]
    expect(onDecision).toHaveBeenCalledTimes(1)
    expect(keepAlive).toHaveBeenCalledTimes(2)
  })

  it('is nothing where nobody listens, or a Worker starts and has no clock', () => {
    vi.spyOn(console, 'warn').mockReturnValue()
    new fresh.Logger().event(EVENT)
    const onEvent = vi.fn()
    vi.spyOn(Date, 'now').mockReturnValue(0)
    new fresh.Logger({ onEvent }).event(EVENT)
    expect(onEvent).toHaveBeenCalledTimes(1)
    expect(keepAlive).not.toHaveBeenCalled()
  })
})
