import { expect, it, vi } from 'vitest'
import { restore, stateOfProcess, whatChanged } from './process-state.ts'

it.each<[string, () => void]>([
  ['env.SEALGATE_LEFT', () => (process.env.SEALGATE_LEFT = '1')],
  ['env.PATH', () => (process.env.PATH = '/')],
  ['cwd', () => process.chdir('/')],
  ['umask', () => process.umask(0o777)],
])('finds %s that a file leaves changed, and takes it back', (name, change) => {
  const before = stateOfProcess()
  expect(whatChanged(before, stateOfProcess())).toEqual([])
  change()
  expect(whatChanged(before, stateOfProcess())).toEqual([name])
  restore(before)
  expect(whatChanged(before, stateOfProcess())).toEqual([])
})

it.each<[string, () => void]>([
  ['console.warn', () => vi.spyOn(console, 'warn')],
  ['stdout.write', () => vi.spyOn(process.stdout, 'write')],
  ['fetch', () => vi.stubGlobal('fetch', () => undefined)],
  ['Date', () => vi.useFakeTimers({ toFake: ['Date'] })],
  ['exitCode', () => (process.exitCode = 3)],
])('finds %s', (name, change) => {
  const before = stateOfProcess()
  change()
  const changed = whatChanged(before, stateOfProcess())
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
  vi.useRealTimers()
  process.exitCode = undefined
  expect(changed).toEqual([name])
})
