import { setTimeout as sleep } from 'node:timers/promises'
import { PATIENCE } from './setup/patience.ts'

/** @throws Error when it has not come true within the time, in seconds */
export async function until(
  what: string,
  isTrue: () => boolean | Promise<boolean>,
  seconds = PATIENCE.wait / 1000,
): Promise<void> {
  const deadline = Date.now() + seconds * 1000
  while (!(await isTrue())) {
    if (Date.now() > deadline) throw new Error(`after ${seconds} s still not: ${what}`)
    await sleep(100)
  }
}
