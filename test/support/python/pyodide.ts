import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import pyodide from 'pyodide/package.json' with { type: 'json' }

/** The version that workerd has inside at the project's compatibility date: package.json pins it. */
export const PYODIDE_VERSION = pyodide.version

/** The folder of the package from npm. */
export const pyodidePath = dirname(createRequire(import.meta.url).resolve('pyodide/package.json'))
