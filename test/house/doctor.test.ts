/** No fault that doctor can name is without a test in which it does. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { ROOT } from '../support/root.ts'

const textOf = (paths: readonly string[]): string =>
  paths.map((path) => readFileSync(join(ROOT, path), 'utf8')).join('\n')

const FOLDER = 'packages/cli/src/doctor'
const isTest = (path: string): boolean => path.endsWith('.test.ts')
const own = globSync(`${FOLDER}/*.ts`, { cwd: ROOT })
const code = textOf(own.filter((path) => !isTest(path)))
const tests = textOf([...own.filter(isTest), ...globSync('test/doctor/*.test.ts', { cwd: ROOT })])

it('each fault and warning of doctor is found by a test', () => {
  const found = [...code.matchAll(/\breport\.(?:fail|warn)\(\s*'([\w-]+)'|\bid: '([\w-]+)'/g)]
  const ids = new Set(found.map(([, called = '', row = '']) => called || row))
  expect(ids.size).toBeGreaterThan(40)
  // As a text of its own, or behind its status: 'fail kv'.
  expect([...ids].filter((id) => !new RegExp(`['\\s]${id}'`).test(tests))).toEqual([])
})
