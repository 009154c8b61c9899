import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { stateDirectory } from './state.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'state-'))
})
afterEach(() => rmSync(root, { recursive: true }))

it('keeps state in .sealgate, which its owner alone reads and git leaves out', () => {
  const logs = stateDirectory({ root }, 'logs')
  expect(logs).toBe(join(root, '.sealgate/logs'))
  for (const folder of [join(root, '.sealgate'), logs]) expect(statSync(folder).mode & 0o777).toBe(0o700)
  expect(readFileSync(join(root, '.sealgate/.gitignore'), 'utf8')).toBe('*\n')
})
