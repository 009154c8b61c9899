import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { makePrivateTree, writePrivateFile } from './private-files.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'private-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const at = (name: string): string => join(folder, name)
const modeOf = (name: string): string => (statSync(at(name)).mode & 0o777).toString(8)

/** A file or directory of this mode, whatever the umask. */
function make(name: string, mode: number): void {
  if (name.endsWith('/')) mkdirSync(at(name))
  else writeFileSync(at(name), 'old')
  chmodSync(at(name), mode)
}

it('a tree becomes its owner’s alone: what is new, and what was there with wider bits', () => {
  makePrivateTree(at('new/inside'))
  expect([modeOf('new'), modeOf('new/inside')]).toEqual(['700', '700'])
  make('old/', 0o777)
  make('old/deep/', 0o755)
  make('old/deep/token.sqlite', 0o644)
  makePrivateTree(at('old'))
  expect(['old', 'old/deep', 'old/deep/token.sqlite'].map(modeOf)).toEqual(['700', '700', '600'])
})

it('a link inside a tree is not followed', () => {
  make('outside', 0o644)
  make('tree/', 0o755)
  symlinkSync(at('outside'), at('tree/link'))
  symlinkSync(folder, at('tree/up'))
  makePrivateTree(at('tree'))
  expect(modeOf('outside')).toBe('644')
})

it.each([0o600, 0o644, 0o666])('a file that is written over one of mode %o is private', (mode) => {
  make('secret', mode)
  writePrivateFile(at('secret'), 'new')
  expect([readFileSync(at('secret'), 'utf8'), modeOf('secret')]).toEqual(['new', '600'])
  expect(readdirSync(folder)).toEqual(['secret'])
})

it('a file takes the place of a link, and leaves what it points at alone', () => {
  make('outside', 0o644)
  symlinkSync(at('outside'), at('secret'))
  writePrivateFile(at('secret'), 'new')
  expect([readFileSync(at('outside'), 'utf8'), modeOf('secret')]).toEqual(['old', '600'])
})

it('a file that cannot be put in its place leaves nothing behind', () => {
  make('secret/', 0o700)
  make('secret/inside', 0o600)
  expect(() => writePrivateFile(at('secret'), 'new')).toThrow()
  expect(readdirSync(folder)).toEqual(['secret'])
})
