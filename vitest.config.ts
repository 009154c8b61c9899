import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { configDefaults, defineConfig } from 'vitest/config'

/** The project's compatibility date, and one at which workerd has no Node APIs: the kit must run on both. */
const PROJECT_DATE = '2026-10-23'
const COMPATIBILITY_DATES = [PROJECT_DATE, '2026-06-01']

/** Tests that need Durable Objects: those of the gateway's own main module. */
const durableObjectTests = [
  'workers/gateway/src/session/durable-object.test.ts',
  'workers/gateway/src/routes/session.test.ts',
]

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
      ...['gateway', 'consumer'].map((name) => ({
        plugins: [cloudflareTest({ miniflare: { compatibilityDate: PROJECT_DATE } })],
        test: {
          name,
          include: [`workers/${name}/**/*.test.ts`],
          exclude: [...configDefaults.exclude, ...durableObjectTests],
        },
      })),
      {
        plugins: [
          cloudflareTest({
            main: 'workers/gateway/src/index.ts',
            miniflare: {
              compatibilityDate: PROJECT_DATE,
              durableObjects: { SESSIONS: { className: 'Session', useSQLite: true } },
            },
          }),
        ],
        test: { name: 'gateway with Durable Objects', include: durableObjectTests },
      },
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
