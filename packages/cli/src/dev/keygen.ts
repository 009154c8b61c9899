import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

const KEYGEN = join(import.meta.dirname, '../../../keygen/bin/kit-keygen.js')

/** What kit-keygen prints, run as a program. What it says besides is dropped. */
export function keygen(...args: readonly string[]): string {
  return execFileSync(process.execPath, [KEYGEN, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim()
}
