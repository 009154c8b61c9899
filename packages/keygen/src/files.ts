import { randomBytes } from 'node:crypto'
import { open, readFile, rename, unlink } from 'node:fs/promises'
import { InputError } from './errors.ts'

/** Key files are far smaller; whatever is larger is another file. */
const MAX_BYTES = 1_048_576

/**
 * Writes a file that only its owner can read (mode 0600). Whoever reads it finds all of it or nothing; a link at that
 * place is replaced, not followed.
 *
 * @throws InputError when it is there and `force` is not set, or cannot be written
 */
export async function writePrivateFile(path: string, content: string, force: boolean): Promise<void> {
  if (!force) {
    await create(path, content)
    return
  }
  const temporary = `${path}.${randomBytes(6).toString('hex')}`
  await create(temporary, content)
  try {
    await rename(temporary, path)
  } catch (error) {
    await unlink(temporary)
    throw problem(error, path)
  }
}

async function create(path: string, content: string): Promise<void> {
  try {
    const file = await open(path, 'wx', 0o600)
    try {
      await file.chmod(0o600)
      await file.writeFile(content)
      await file.sync()
    } finally {
      await file.close()
    }
  } catch (error) {
    throw problem(error, path)
  }
}

/** @throws InputError when it cannot be read, or is no key file by its size */
export async function readTextFile(path: string): Promise<string> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    throw problem(error, path)
  }
  if (text.length > MAX_BYTES) throw new InputError(`${path} is too large to be a key`)
  return text
}

const PROBLEMS: Readonly<Record<string, string>> = {
  EEXIST: 'is there already: choose another name, or add --force to replace it',
  ENOENT: 'is not there',
  EACCES: 'may not be accessed',
  EISDIR: 'is a directory',
  ENOTDIR: 'is not there',
  ENOSPC: 'does not fit on the disk',
}

function problem(error: unknown, path: string): InputError {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
  return new InputError(`${path} ${PROBLEMS[code] ?? `cannot be used (${code})`}`)
}
