import { spawnSync } from 'node:child_process'

/** What the tests of the Python package import. */
const NEEDED = 'import setuptools, wheel, pip, cryptography, fastapi'

/** Debian's comes first: it has its libraries from packages, whatever else is called python3 on this machine. */
const CANDIDATES = [process.env.PYTHON_PATH ?? '', '/usr/bin/python3', 'python3']

/** A Python that has what is needed; `undefined`: there is none. */
export const pythonPath: string | undefined = CANDIDATES.find(
  (path) => path !== '' && spawnSync(path, ['-c', NEEDED], { stdio: 'ignore' }).status === 0,
)

/** True where the tests of the Python package cannot run and need not. In CI they fail instead. */
export const isSkipped: boolean = pythonPath === undefined && process.env.CI === undefined

if (isSkipped) {
  console.warn(
    'No Python with cryptography and FastAPI: its tests are skipped. .ci/install-python installs them.',
  )
}

/** @throws Error where there is none, and says what installs it */
export function python(): string {
  if (pythonPath !== undefined) return pythonPath
  throw new Error('no Python with cryptography and FastAPI: .ci/install-python, or set PYTHON_PATH')
}
