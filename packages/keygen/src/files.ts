import { randomBytes } from 'node:crypto'
import { createReadStream, fstatSync } from 'node:fs'
import { lstat, open, rename, unlink } from 'node:fs/promises'
import { InputError, shown, systemCode } from './errors.ts'

/** Key files are far smaller; whatever is larger is another file. */
const MAX_BYTES = 65_536

/** Read and written by its owner alone. */
const OWNER_ONLY = 0o600

/**
 * Writes a file that only its owner can read (mode 0600, whatever the umask). Whoever reads it finds all of the old
 * text or all of the new. A link at that place is never followed.
 *
 * @throws InputError when it is there and `force` is not set, is no regular file, or cannot be written
 */
export async function writePrivateFile(path: string, content: string, force: boolean): Promise<void> {
  try {
    await (force ? replace(path, content) : create(path, content))
  } catch (error) {
    if (error instanceof InputError) throw error
    const name = shown(path, 'the --out file')
    throw problem(error, systemCode(error) === 'ENOENT' ? `the directory of ${name}` : name)
  }
}

/** True for a regular file with any permission for group or others. Windows has no such permissions to read. */
export function isFileOpenToOthers(descriptor: number): boolean {
  if (process.platform === 'win32') return false
  try {
    const status = fstatSync(descriptor)
    return status.isFile() && (status.mode & ~OWNER_ONLY & 0o777) !== 0
  } catch {
    // It is closed: nothing goes there.
    return false
  }
}

async function create(path: string, content: string): Promise<void> {
  const file = await open(path, 'wx', OWNER_ONLY)
  try {
    await file.chmod(OWNER_ONLY)
    await file.writeFile(content)
    await file.sync()
  } catch (error) {
    await unlink(path)
    throw error
  } finally {
    await file.close()
  }
}

async function replace(path: string, content: string): Promise<void> {
  // A rename takes the place of anything: root would lose a device that way.
  if (await isOtherThanFile(path)) {
    throw new InputError(
      `${shown(path, 'the --out file')} is a link, a directory or a device: name a regular file`,
    )
  }
  const temporary = `${path}.${randomBytes(6).toString('hex')}`
  await create(temporary, content)
  try {
    await rename(temporary, path)
  } catch (error) {
    await unlink(temporary)
    throw error
  }
}

async function isOtherThanFile(path: string): Promise<boolean> {
  try {
    return !(await lstat(path)).isFile()
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false
    throw error
  }
}

/** @throws InputError when it cannot be read, is larger than 64 KiB, or is not UTF-8 */
export async function readTextFile(path: string): Promise<string> {
  try {
    return await readText(createReadStream(path, { end: MAX_BYTES }))
  } catch (error) {
    throw error instanceof InputError ? error : problem(error, 'it')
  }
}

/** @throws InputError when it is larger than 64 KiB, or is not UTF-8 */
export async function readText(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of stream) {
    chunks.push(chunk)
    size += chunk.length
    if (size > MAX_BYTES)
      throw new InputError('it is too large to be a key: give the file that kit-keygen wrote')
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
  } catch {
    throw new InputError('it is not text in UTF-8: give the file that kit-keygen wrote')
  }
}

const PROBLEMS: Readonly<Record<string, string>> = {
  EEXIST: 'is there already: choose another name, or add --force to replace it',
  ENOENT: 'is not there: check the path',
  EACCES: 'may not be accessed: check its permissions',
  EPERM: 'may not be accessed: check its permissions',
  EROFS: 'is on a read-only disk: choose another place',
  EISDIR: 'is a directory: name a file',
  ENOTDIR: 'is not there: check the path',
  ENOSPC: 'does not fit on the disk: make room, or choose another place',
}

function problem(error: unknown, name: string): InputError {
  const code = systemCode(error)
  return new InputError(
    `${name} ${PROBLEMS[code] ?? `cannot be used (${code || 'unknown failure'}): check the path`}`,
  )
}
