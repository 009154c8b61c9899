/** No file reads text without a row in the sweep that holds its time to the size of the text (test/security/linear). */
import { execFileSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { ROOT } from '../support/root.ts'

/** What takes text apart, or searches it: a regular expression, a split, a search, a parser of the runtime. */
const READS =
  /\.(split|match|matchAll|replace|trim|trimStart|search|regex|normalize)\(|\/[gimsuy]*\.(test|exec)\(|JSON\.parse\(|parseJson(Object)?\(|new URLSearchParams\((?!\{)|decodeURIComponent\(|parseEnv\(|\batob\(/

/** Files that read text, and have no row: why. A folder stands for what is in it. */
const WITHOUT: Readonly<Record<string, string>> = {
  'packages/cli/src/commands/': 'what was typed on this machine, and what wrangler prints',
  'packages/cli/src/create/': 'our own template, and what was typed on this machine',
  'packages/cli/src/deploy/execute.ts': 'what wrangler prints',
  'packages/cli/src/deploy/upload.ts': 'what wrangler prints',
  'packages/cli/src/deploy/wrangler-log.ts': 'what wrangler prints',
  'packages/cli/src/dev/control-server.ts': 'a path of a fixed form, and our own file',
  'packages/cli/src/dev/dev-secrets.ts': 'keys of the development system, and variables of its own gateway',
  'packages/cli/src/dev/end-to-end-check.ts': 'what our own mock IdP and gateway say',
  'packages/cli/src/dev/mock-idp/': 'on loopback, in development',
  'packages/cli/src/dev/mock-model/': 'on loopback, in development, and a megabyte at most',
  'packages/cli/src/dev/ports.ts': 'a port that was typed',
  'packages/cli/src/dev/program.ts': 'what our own programs print',
  'packages/cli/src/dev/run-system.ts': 'a line that a Worker of the project prints',
  'packages/cli/src/dev/sockets.ts': 'our own address',
  'packages/cli/src/doctor/': 'files of this machine, what wrangler prints, and 256 KiB of a tenant at most',
  'packages/cli/src/operator/': 'our own key and wrangler.jsonc',
  'packages/cli/src/project/keygen.ts': 'what kit-keygen prints',
  'packages/cli/src/project/needed-secrets.ts': 'a wrangler.jsonc of the project',
  'packages/cli/src/project/routes.ts': 'a wrangler.jsonc of the project',
  'packages/cli/src/terminal/ask-secrets.ts': 'what was typed on this machine',
  'packages/cli/src/terminal/printable.ts': 'what is shown to a person, and bounded where it comes from',
  'packages/cli/src/terminal/read-secret.ts': 'what was typed on this machine',
  'packages/cli/src/project/running-dev.ts': 'names of our own folders',
  'packages/cli/src/receipt/': 'files of this machine, of 1 MiB at most',
  'packages/cli/src/rotate/': 'what an operator typed, what their own gateway says, and our own file',
  'packages/cli/src/project/config-problem.ts': 'what wrangler says of a file',
  'packages/cli/src/why/look-in-workers-logs.ts': 'eight MiB at most of Cloudflare’s API',
  'packages/cli/src/wrangler/': 'what wrangler prints',
  'packages/gateway/src/config/distinct-secrets.ts': 'secrets, whose number and length an operator chose',
  'packages/gateway/src/config/mcp.ts': 'routes of the definition',
  'packages/gateway/src/config/issuers.ts': 'names that the definition has',
  'packages/gateway/src/config/operators.ts': 'a message of the kit',
  'packages/gateway/src/hono/options.ts': 'options of the app’s own code',
  'packages/gateway/src/hono/own-routes.ts': 'a split; session/return-to.ts has the row',
  'packages/gateway/src/routes/openapi.ts': 'routes of the definition',
  'packages/gateway/src/routes/login.ts': 'a digit, and a name of 64 characters at most',
  'packages/gateway/src/routes/assertion-grant.ts': 'a split, and sets',
  'packages/gateway/src/routes/token.ts': 'a split; exchange/rules.ts has the row',
  'packages/keygen/src/commands.ts': 'a number of five digits',
  'packages/keygen/src/format.ts': 'JSON that we wrote',
  'packages/keygen/src/run.ts': 'our own package.json',
  'packages/kit/src/config/from-options.ts': 'names of our own options',
  'packages/kit/src/retrieval/visible-to.ts': 'names of 130 and 512 characters at most',
  'workers/consumer/src/chat/documents.ts': 'a query of 200 characters at most, and our own documents',
  'workers/consumer/src/payments/ledger.ts': 'JSON that we wrote',
  'workers/consumer/src/explain.ts': 'a token that was verified',
}

const sources = execFileSync('git', ['ls-files', 'packages/*/src/*', 'workers/*/src/*'], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .trim()
  .split('\n')
  .filter((path) => path.endsWith('.ts') && !/[.](test|d)[.]ts$|\/testing\//.test(path))
const reading = sources.filter((path) => READS.test(withoutComments(readFileSync(join(ROOT, path), 'utf8'))))
const excused = (path: string): boolean =>
  Object.keys(WITHOUT).some((one) => (one.endsWith('/') ? path.startsWith(one) : path === one))

/** The files that rows name: `kit('http/bearer')`, `gateway('…')`, or the whole path. */
const swept = new Set(
  globSync('test/security/{linear/*,linear-local.test}.ts', { cwd: ROOT }).flatMap((path) => {
    const text = readFileSync(join(ROOT, path), 'utf8')
    return [
      ...[...text.matchAll(/\b(kit|gateway)\('([\w/-]+)'\)/g)].map(
        ([, name = '', file = '']) => `packages/${name}/src/${file}.ts`,
      ),
      ...[...text.matchAll(/'((?:packages|workers)\/[\w/-]+\.ts)'/g)].map(([, file = '']) => file),
    ]
  }),
)

it('every file that reads text has its row, or a reason to have none', () => {
  expect(reading.length).toBeGreaterThan(40)
  expect(reading.filter((path) => !swept.has(path) && !excused(path))).toEqual([])
})

it('rows and reasons are of files that are there', () => {
  expect([...swept].filter((path) => !sources.includes(path))).toEqual([])
  const gone = Object.keys(WITHOUT).filter((one) => !sources.some((path) => path.startsWith(one)))
  expect(gone).toEqual([])
})

it.each([
  ["const a = text.split(',')", true],
  ['if (/^a+$/.test(text)) return', true],
  ['const b = JSON.parse(text)', true],
  ['// text.split(",")', false],
  ['const url = new URLSearchParams({ a: "b" })', false],
])('%j is told apart', (code, reads) => {
  expect(READS.test(withoutComments(code))).toBe(reads)
})

function withoutComments(text: string): string {
  return text
    .split('\n')
    .filter((line) => !/^\s*(\/\/|\*|\/\*)/.test(line))
    .join('\n')
}
