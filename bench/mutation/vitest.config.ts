import { defineConfig } from 'vitest/config'

/** What Stryker runs for each mutant: the kit's unit tests on Node alone. */
export default defineConfig({
  test: { include: ['packages/kit/src/**/*.test.ts'] },
})
