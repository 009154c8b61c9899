import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { endAll, ends } from './ends.ts'

it('ends what is open, the last first, and each once', async () => {
  const ended: string[] = []
  const one = ends(() => ended.push('one'))
  ends(() => ended.push('two'))
  ends(() => ended.push('three'))
  await one()
  await one()
  await endAll()
  await endAll()
  expect(ended).toEqual(['one', 'three', 'two'])
})

it('ends the others when one cannot end', async () => {
  let isEnded = false
  ends(() => (isEnded = true))
  ends(() => {
    throw new Error('it hangs')
  })
  await endAll()
  expect(isEnded).toBe(true)
})

it('ends a program, and what that started, when whoever started it is killed', async () => {
  const starter = join(import.meta.dirname, 'program-starter.ts')
  // It prints the process of the program's own program, and then kills itself.
  const pid = await promisify(execFile)(process.execPath, [starter]).then(
    () => 0,
    (error: unknown) => Number((error as { readonly stdout: string }).stdout),
  )
  expect(pid).toBeGreaterThan(0)
  await expect.poll(() => isAlive(pid)).toBe(false)
})

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
