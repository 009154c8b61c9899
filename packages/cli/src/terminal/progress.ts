import { spinner } from '@clack/prompts'
import type { Say } from './say.ts'

/**
 * Shows that work is under way until it has ended: a spinner with its time on a terminal, else a line at its beginning and
 * one at its end.
 */
export async function duringWork<Value>(what: string, work: Promise<Value>, say: Say): Promise<Value> {
  if (!process.stderr.isTTY) {
    const begin = performance.now()
    say(`${what} …`)
    const value = await work
    say(`${what}: ${((performance.now() - begin) / 1000).toFixed(1)} s`)
    return value
  }
  const shown = spinner({ indicator: 'timer', output: process.stderr })
  shown.start(what)
  try {
    const value = await work
    shown.stop(what)
    return value
  } catch (error) {
    shown.error(what)
    throw error
  }
}
