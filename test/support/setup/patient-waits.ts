import { vi } from 'vitest'
import { PATIENCE } from './patience.ts'

/** Its own limit is a second; that of `expect.poll` is in vitest.config.ts. */
const { waitFor } = vi
vi.waitFor = (callback, options = {}) =>
  waitFor(callback, {
    timeout: PATIENCE.wait,
    ...(typeof options === 'number' ? { timeout: options } : options),
  })
