import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

/** The version that workerd has inside at the project's compatibility date. */
export const PYODIDE_VERSION = '314.0.6'

/** Where Pyodide is: `PYODIDE_PATH`, the folder of the package from npm, or where npm installs it. */
export const pyodidePath: string | undefined = process.env.PYODIDE_PATH ?? installed()

function installed(): string | undefined {
  const roots = createRequire(import.meta.url).resolve.paths('pyodide') ?? []
  return roots.map((root) => join(root, 'pyodide')).find((path) => existsSync(join(path, 'pyodide.asm.wasm')))
}
