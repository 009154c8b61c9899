import { setTimeout as sleep } from 'node:timers/promises'

/** @throws Error when it has not come true within the time, in seconds */
export async function until(
  what: string,
  isTrue: () => boolean | Promise<boolean>,
  seconds = 60,
): Promise<void> {
  const deadline = Date.now() + seconds * 1000
  while (!(await isTrue())) {
    if (Date.now() > deadline) throw new Error(`after ${seconds} s still not: ${what}`)
    await sleep(100)
  }
}
