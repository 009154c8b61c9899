import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { EARLIER_LINES_FILE, LINES_FILE } from '../project/running-dev.ts'
import { LineStore } from './line-store.ts'

let folder: string
let now = 0
let store: LineStore

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lines-'))
  now = 0
  store = new LineStore(folder, () => now)
})
afterEach(() => {
  store.close()
  rmSync(folder, { recursive: true })
})

const read = (name: string): string => readFileSync(join(folder, name), 'utf8')

it('keeps lines as JSON, for their owner alone', () => {
  store.add({ event: 'decision', detail: 'a\nb' })
  store.add({ event: 'request' })
  expect(read(LINES_FILE)).toBe('{"event":"decision","detail":"a\\nb"}\n{"event":"request"}\n')
  expect(statSync(join(folder, LINES_FILE)).mode & 0o777).toBe(0o600)
})

it('keeps 8 MiB at most, the newest', () => {
  const line = { detail: 'x'.repeat(8000) }
  for (let count = 0; count < 2000; count++) store.add({ ...line, count })
  const sizes = [LINES_FILE, EARLIER_LINES_FILE].map((name) => statSync(join(folder, name)).size)
  expect(Math.max(...sizes)).toBeLessThanOrEqual(4 * 1024 * 1024)
  expect(read(LINES_FILE)).toContain('"count":1999')
  expect(read(EARLIER_LINES_FILE)).not.toContain('"count":0}')
  expect(statSync(join(folder, EARLIER_LINES_FILE)).mode & 0o777).toBe(0o600)
})

it('keeps a line for half an hour, and none for longer than an hour', () => {
  store.add({ event: 'old' })
  now = 29 * 60_000
  store.age()
  expect(read(LINES_FILE)).toContain('old')
  now = 30 * 60_000
  store.age()
  expect([read(LINES_FILE), read(EARLIER_LINES_FILE)]).toEqual(['', '{"event":"old"}\n'])
  now = 60 * 60_000
  store.age()
  expect(read(EARLIER_LINES_FILE)).not.toContain('old')
})

it('takes no line that is longer than any of ours, and survives the end of its folder', () => {
  store.add({ detail: 'x'.repeat(20_000) })
  expect(read(LINES_FILE)).toBe('')
  rmSync(join(folder, LINES_FILE))
  store.add({ event: 'late' })
  expect(() => read(LINES_FILE)).toThrow('ENOENT')
})
