import { vi } from 'vitest'

/** Takes back what vitest changed for the tests of a file. */
export function takeBack(): void {
  vi.restoreAllMocks()
  vi.useRealTimers()
  vi.unstubAllGlobals()
  vi.unstubAllEnvs()
}
