import { existsSync, readdirSync, readFileSync, rmSync, utimesSync } from 'node:fs'
import { join } from 'node:path'

/** How often it is looked at, in milliseconds. */
const LOOK_MS = 200
/** How many looks in a row an entry that changed is touched. */
const TOUCHES = 5

/**
 * Looks after the folder in which Workers of several processes find each other. A Worker that restarts overwrites its entry;
 * whoever reads it in that moment finds it empty, takes the Worker for gone, and may not look again for half a minute. Touched
 * after that, it is read again (docs/reference/runtime.md).
 *
 * @returns what ends it
 */
export function lookAfterRegistry(folder: string): () => void {
  // Entries of a system that was killed would keep the names from this one.
  rmSync(folder, { recursive: true, force: true })
  const seen = new Map<string, string>()
  const left = new Map<string, number>()
  const timer = setInterval(() => {
    if (!existsSync(folder)) return
    for (const name of readdirSync(folder)) {
      try {
        lookAt(name)
      } catch {
        // It went in this moment.
      }
    }
  }, LOOK_MS)
  const lookAt = (name: string): void => {
    const path = join(folder, name)
    const text = readFileSync(path, 'utf8')
    if (seen.get(name) !== text) left.set(name, TOUCHES)
    seen.set(name, text)
    const touches = left.get(name) ?? 0
    if (touches === 0) return
    left.set(name, touches - 1)
    const now = new Date()
    utimesSync(path, now, now)
  }
  return () => clearInterval(timer)
}
