import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'

/** The project's compatibility date, and one at which workerd has no Node APIs: the kit must run on both. */
const COMPATIBILITY_DATES = ['2026-10-23', '2026-06-01']

const kitTests = ['packages/kit/src/**/*.test.ts']

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'kit on Node', include: kitTests } },
      ...COMPATIBILITY_DATES.map((compatibilityDate) => ({
        plugins: [cloudflareTest({ miniflare: { compatibilityDate } })],
        test: { name: `kit on workerd ${compatibilityDate}`, include: kitTests },
      })),
      { test: { name: 'keygen', include: ['packages/keygen/src/**/*.test.ts'] } },
      { test: { name: 'gateway', include: ['workers/gateway/**/*.test.ts'] } },
      { test: { name: 'consumer', include: ['workers/consumer/**/*.test.ts'] } },
      {
        test: {
          name: 'system',
          include: ['test/**/*.test.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
})
