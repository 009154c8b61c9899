import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { configDefaults, defineConfig } from 'vitest/config'
import { PATIENCE } from './test/support/setup/patience.ts'

/** The project's compatibility date, and one at which workerd has no Node APIs: the kit must run on both. */
const PROJECT_DATE = '2026-10-23'
const COMPATIBILITY_DATES = [PROJECT_DATE, '2026-06-01']

/** Tests that need Durable Objects: those of the gateway's own main module. */
const durableObjectTests = [
  'packages/gateway/src/session/durable-object.test.ts',
  'packages/gateway/src/routes/session.test.ts',
  'packages/gateway/src/routes/backchannel-logout.test.ts',
]

/** What teams test their gateway with: on Node it runs too. */
const gatewayTestingTests = ['packages/gateway/src/testing/create-test-gateway.test.ts']

/** The Durable Objects of test/support/agents/worker.ts. */
const agentClasses = [
  ...['Guarded', 'Owned', 'Room', 'ChatInside', 'ChatOutside', 'ChatFree', 'Hooked', 'Bare'],
  ...['Agent', 'Hooks', 'Messages', 'Tools'].flatMap((name) => [`${name}Inside`, `${name}Outside`]),
  ...['SharedBoard', 'McpTools', 'ToolChat', 'ToolChat6'],
]

/** The Durable Objects of workers/consumer. */
const consumerClasses = ['Chat', 'Ledger', 'UsedApprovals']

/** The consumer over real sockets. What opens them is shared with the tests of the kit's own Agents. */
const consumerTests = ['test/agents/consumer/**/*.test.ts']

/** What takes too long for every run has a name of its own; npm run test:nightly sets the variable. */
const nightly = process.env.SEALGATE_NIGHTLY === '1' ? [] : ['**/*.nightly.test.ts']

const kitTests = ['packages/kit/src/**/*.test.ts']

/** Vectors, fuzzing and hostile tokens: what the runtime's own cryptography says counts, so on both. */
const proofTests = [
  'test/conformance/**/*.test.ts',
  'test/security/fuzz/**/*.test.ts',
  'test/security/tokens.test.ts',
  'test/security/verifier.test.ts',
]

const kitRuntime = (file: string): string => `${import.meta.dirname}/packages/kit/runtime/${file}`

/** What holds for the files of every project. */
const EVERY = {
  testTimeout: PATIENCE.test,
  hookTimeout: PATIENCE.test,
  expect: { poll: { timeout: PATIENCE.wait } },
  setupFiles: ['test/support/setup/file.ts'],
}

/**
 * One Worker or process for many files: starting one for each file costs more than the tests in it. For tests that
 * leave nothing behind (CONTRIBUTING.md); `--sequence.shuffle.files` shows those that do.
 */
const SHARED = { ...EVERY, isolate: false }

/** Files of the kit begin each test with a cap of the log that no other has reached. */
const KIT = { setupFiles: [...EVERY.setupFiles, 'packages/kit/test-setup.ts'] }

/** Files that start programs, in processes that they share. */
const PROGRAMS = {
  setupFiles: ['test/support/setup/process.ts'],
  env: { CLOUDFLARE_CF_FETCH_ENABLED: 'false' },
}

export default defineConfig({
  test: {
    globalSetup: ['test/support/setup/run.ts', 'test/conformance/provide.ts'],
    // Most files wait for Workers that start, or for time to pass: one worker per core leaves the cores idle.
    maxWorkers: 3,
    coverage: {
      // Workers have no V8 inspector of their own: what is counted is written into the code.
      provider: 'istanbul',
      include: ['packages/*/src/**/*.ts', 'workers/*/src/**/*.ts'],
      exclude: ['**/*.test.ts'],
      reporter: ['text', 'json-summary'],
    },
    projects: [
      { test: { name: 'kit on Node', include: kitTests, ...SHARED, ...KIT } },
      ...COMPATIBILITY_DATES.map((compatibilityDate) => ({
        plugins: [cloudflareTest({ miniflare: { compatibilityDate } })],
        test: {
          name: `kit on workerd ${compatibilityDate}`,
          include: kitTests,
          ...SHARED,
          ...KIT,
        },
      })),
      { test: { name: 'proof on Node', include: proofTests, ...EVERY } },
      {
        // As on Bun and Deno: without what the condition `node` brings.
        resolve: {
          alias: {
            '#base64url': kitRuntime('base64url.js'),
            '#signature': kitRuntime('signature.js'),
          },
        },
        test: { name: 'proof on Node by web APIs', include: proofTests, ...EVERY },
      },
      {
        plugins: [cloudflareTest({ miniflare: { compatibilityDate: PROJECT_DATE } })],
        test: { name: 'proof on workerd', include: proofTests, ...SHARED },
      },
      { test: { name: 'keygen', include: ['packages/keygen/src/**/*.test.ts'], ...EVERY } },
      {
        plugins: [cloudflareTest({ miniflare: { compatibilityDate: PROJECT_DATE } })],
        test: {
          name: 'gateway',
          ...SHARED,
          include: ['packages/gateway/src/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...durableObjectTests],
        },
      },
      { test: { name: 'gateway testing on Node', include: gatewayTestingTests, ...EVERY } },
      {
        plugins: [
          cloudflareTest({
            main: 'workers/consumer/src/index.ts',
            miniflare: {
              compatibilityDate: PROJECT_DATE,
              kvNamespaces: ['DENYLIST'],
              durableObjects: Object.fromEntries(
                consumerClasses.map((className) => [className, { className, useSQLite: true }]),
              ),
            },
          }),
        ],
        test: {
          name: 'consumer',
          ...SHARED,
          globalSetup: ['test/support/setup/model.ts'],
          include: ['workers/consumer/**/*.test.ts', ...consumerTests],
        },
      },
      {
        plugins: [
          cloudflareTest({
            main: 'packages/gateway/src/testing/test-gateway.ts',
            miniflare: {
              compatibilityDate: PROJECT_DATE,
              durableObjects: { SESSIONS: { className: 'Session', useSQLite: true } },
            },
          }),
        ],
        test: {
          name: 'gateway with Durable Objects',
          include: durableObjectTests,
          ...SHARED,
        },
      },
      {
        plugins: [
          cloudflareTest({
            main: 'test/support/agents/worker.ts',
            miniflare: {
              compatibilityDate: PROJECT_DATE,
              kvNamespaces: ['DENYLIST'],
              durableObjects: Object.fromEntries(
                agentClasses.map((className) => [className, { className, useSQLite: true }]),
              ),
            },
          }),
        ],
        test: {
          name: 'agents',
          ...EVERY,
          include: ['test/agents/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...consumerTests],
        },
      },
      {
        test: {
          name: 'system',
          include: ['test/**/*.test.ts', 'bench/**/*.test.ts', 'packages/cli/src/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...nightly, 'test/agents/**', ...proofTests],
          ...SHARED,
          ...PROGRAMS,
        },
      },
    ],
  },
})
