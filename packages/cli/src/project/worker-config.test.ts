import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { UsageError } from '../errors.ts'
import { readWorkerConfig } from './worker-config.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'config-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

it.each([
  ['{\n "name": "a"\n "main": "b"\n}', /wrangler\.jsonc cannot be read: line 3: CommaExpected$/],
  [
    '{ "env": { "dev": { "vars": 5 } } }',
    /wrangler\.jsonc cannot be read: The field "env\.dev\.vars" should be an object but got 5\.$/,
  ],
])('of the file %j says which one, and what is wrong in it', (text, message) => {
  const path = join(folder, 'wrangler.jsonc')
  writeFileSync(path, text)
  const read = (): unknown => readWorkerConfig(path, 'dev')
  expect(read).toThrow(UsageError)
  expect(read).toThrow(message)
})
