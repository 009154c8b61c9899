/** Every snippet of the field compiles unedited, under the strictest options; where one does not, by what is its own. */
import { join, relative } from 'node:path'
import ts from 'typescript'
import { globSync } from 'node:fs'
import { expect, it } from 'vitest'
import { OPTIONS } from '../docs/typescript.ts'
import { pathOfSnippet, snippet } from '../support/snippets.ts'

const FOLDER = pathOfSnippet('.')

/** What a text takes as given: what `wrangler types` writes, and for a fragment what it says around it. */
const GIVEN = `
  declare global {
    interface Env { [name: string]: unknown }
    const token: string
    const checkAuth: import('@sealgate/kit').Kit['checkAuth']
    const policy: typeof import('@sealgate/kit').policy
  }
  export {}
`

/** Of each snippet, what the compiler says. */
function complaints(): Readonly<Record<string, readonly string[]>> {
  const given = join(FOLDER, 'given.d.ts')
  const host = ts.createCompilerHost(OPTIONS)
  const readFile = host.readFile.bind(host)
  const fileExists = host.fileExists.bind(host)
  host.readFile = (path) => (path === given ? GIVEN : readFile(path))
  host.fileExists = (path) => path === given || fileExists(path)
  const files = globSync('**/*.ts', { cwd: FOLDER }).toSorted()
  const program = ts.createProgram([given, ...files.map((file) => join(FOLDER, file))], OPTIONS, host)
  return Object.fromEntries(
    files.map((file) => {
      const source = program.getSourceFile(join(FOLDER, file))
      const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)]
      return [file, found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '))]
    }),
  )
}

it('compile unedited, but for what no package of ours can mend', () => {
  expect(complaints()).toEqual({
    // jose has no such type, in any version: esbuild drops the import, and the Worker runs.
    '001-edge-middleware/auth-worker.ts': [
      expect.stringMatching(/^'"jose"' has no exported member named 'JWKSVerifyOptions'/),
    ],
    '001-edge-middleware/authz-middleware.ts': [],
    '002-flarelette/consumer.ts': [],
    // `new Hono()` says nothing of its bindings, so that Hono's own type of \`c.env\` is \`unknown\`.
    '002-flarelette/gateway.ts': ["'c.env' is of type 'unknown'."],
    '002-flarelette/index.ts': [],
    '002-flarelette/log-verification.ts': [],
    '003-auth0-agents/client.ts': [],
  })
})

it('notices what does not compile: the same without what our packages tell the compiler', () => {
  const file = pathOfSnippet('003-auth0-agents/client.ts')
  const host = ts.createCompilerHost(OPTIONS)
  const readFile = host.readFile.bind(host)
  host.readFile = (path) =>
    path === file ? snippet(relative(FOLDER, file)).replace('clientID:', 'clientId:') : readFile(path)
  const program = ts.createProgram([file], OPTIONS, host)
  const [found] = program.getSemanticDiagnostics(program.getSourceFile(file))
  expect(ts.flattenDiagnosticMessageText(found?.messageText, ' ')).toContain("'clientId' does not exist")
})
