import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '../../..')
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')
const doc = read('docs/reference/errors.md')

/** Names between two marks of a source file. */
function namesIn(path: string, from: string, to: string, pattern: RegExp): readonly string[] {
  const text = read(path)
  const start = text.indexOf(from)
  const names = [...text.slice(start, text.indexOf(to, start)).matchAll(pattern)].map(([, name = '']) => name)
  if (start < 0 || names.length < 3) throw new Error(`nothing found in ${path} after ${from}`)
  return names
}

it.each([
  [
    'the gateway’s error table',
    'packages/gateway/src/errors.ts',
    'const ERRORS = {',
    '} as const',
    /^ {2}(\w+): row\(/gm,
  ],
  [
    'the rejections of Auth0 tokens',
    'packages/gateway/src/auth0/auth0-error.ts',
    'type Auth0Rejection',
    '\n\n',
    /'(\w+)'/g,
  ],
  ['the kit’s reasons', 'packages/kit/src/errors.ts', 'type TokenReason', '\n\n', /'(\w+)'/g],
  ['the kit’s codes', 'packages/kit/src/errors.ts', 'type KitErrorCode', '\n\n', /'(\w+)'/g],
])('docs/reference/errors.md has a row for each of %s', (_, path, from, to, pattern) => {
  expect(namesIn(path, from, to, pattern).filter((name) => !doc.includes(`\`${name}\``))).toEqual([])
})
