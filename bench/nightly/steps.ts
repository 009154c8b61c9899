import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '../..')
const VITEST = join(ROOT, 'node_modules/vitest/vitest.mjs')
const STRYKER = join(ROOT, 'node_modules/@stryker-mutator/core/bin/stryker.js')

/** A part of the nightly run: a program that says by its exit status whether all went well. */
export interface Step {
  readonly name: string
  readonly what: string
  /** For Node. */
  readonly args: readonly string[]
  /** It is ended after this time, and counts as failed. */
  readonly minutes: number
}

const tests = (folder: string): readonly string[] => [VITEST, 'run', join('test', folder)]

export const STEPS: readonly Step[] = [
  {
    name: 'resilience',
    what: 'outages of JWKS, KV and Auth0, wrong clocks, on real workerd',
    args: tests('resilience'),
    minutes: 10,
  },
  {
    name: 'rotation',
    what: 'three planned rotations and an emergency under load',
    args: tests('rotation'),
    minutes: 15,
  },
  { name: 'load', what: 'floods beside steady traffic, memory', args: tests('resilience/load'), minutes: 20 },
  {
    name: 'fuzz',
    what: 'mutated tokens against jose, millions of them; every hostile token in every environment',
    args: [...tests('security/fuzz'), 'test/security/verifier.test.ts'],
    minutes: 120,
  },
  {
    name: 'system',
    what: 'the guide to production as it stands; sealgate dev, however it ends; the official MCP inspector; what other tests rest on: the local Cloudflare, the sweep for slow parsers',
    args: [
      VITEST,
      'run',
      'test/docs/production.nightly.test.ts',
      'test/e2e/dev-program.nightly.test.ts',
      'test/mcp/inspector.nightly.test.ts',
      'test/security/linear/sweep.nightly.test.ts',
      'test/support/cloudflare/api.nightly.test.ts',
    ],
    minutes: 15,
  },
  {
    name: 'release',
    what: 'the tarballs on every Node that they promise, with their types; new projects of each kind, from the registry; deploys and doctor by the real wrangler',
    args: [...tests('release'), 'test/doctor'],
    minutes: 60,
  },
  {
    name: 'python',
    what: 'Python in a Worker that asks the gateway, where Pyodide is installed',
    args: tests('python'),
    minutes: 5,
  },
  {
    name: 'coverage',
    what: 'how much of each package its tests reach',
    args: [join(import.meta.dirname, 'coverage.ts')],
    minutes: 15,
  },
  { name: 'mutation', what: 'mutants of the kit that no test kills', args: [STRYKER, 'run'], minutes: 120 },
]
