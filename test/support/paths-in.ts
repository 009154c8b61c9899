import { readdirSync } from 'node:fs'
import { join, relative } from 'node:path'

/**
 * Paths of all that is in a folder, relative to it, but for `node_modules`. It follows no link, as `readdirSync` of Node 24
 * does whatever it is told: others make and delete files where links lead.
 */
export function pathsIn(folder: string): readonly string[] {
  const below = (path: string): readonly string[] =>
    readdirSync(path, { withFileTypes: true })
      .filter(({ name }) => name !== 'node_modules')
      .flatMap((entry) => {
        const inside = join(path, entry.name)
        return entry.isDirectory() ? [inside, ...below(inside)] : [inside]
      })
  return below(folder).map((path) => relative(folder, path))
}
