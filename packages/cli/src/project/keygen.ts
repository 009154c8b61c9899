import { execFileSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const KEYGEN = join(
  dirname(createRequire(import.meta.url).resolve('kit-keygen/package.json')),
  'bin/kit-keygen.js',
)

/** What kit-keygen prints, run as a program. What it says besides is dropped. */
export function keygen(...args: readonly string[]): string {
  return execFileSync(process.execPath, [KEYGEN, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim()
}
