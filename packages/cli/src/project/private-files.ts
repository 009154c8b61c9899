import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const OWNER_ONLY_DIRECTORY = 0o700
const OWNER_ONLY_FILE = 0o600

/** Makes a directory that its owner alone can enter; one that is there already becomes so. */
export function makePrivateDirectory(path: string): void {
  mkdirSync(path, { recursive: true, mode: OWNER_ONLY_DIRECTORY })
  chmodSync(path, OWNER_ONLY_DIRECTORY)
}

/** Makes a directory private, and all that is in it. Links in it are not followed. */
export function makePrivateTree(path: string): void {
  makePrivateDirectory(path)
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const inside = join(path, entry.name)
    if (entry.isDirectory()) makePrivateTree(inside)
    else if (entry.isFile()) makePrivateFile(inside)
  }
}

/** Makes a file that is there readable by its owner alone. */
export function makePrivateFile(path: string): void {
  chmodSync(path, OWNER_ONLY_FILE)
}

/** Writes a file that its owner alone can read, whatever was there. Nobody ever reads half of it. */
export function writePrivateFile(path: string, text: string): void {
  // Made anew: a file that is there would keep its mode, and a link would be followed.
  const written = `${path}.${randomBytes(6).toString('hex')}.new`
  try {
    writeFileSync(written, text, { mode: OWNER_ONLY_FILE, flag: 'wx' })
    renameSync(written, path)
  } catch (error) {
    rmSync(written, { force: true })
    throw error
  }
}
