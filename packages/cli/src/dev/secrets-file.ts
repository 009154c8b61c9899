import { existsSync, readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { writePrivateFile } from '../project/private-files.ts'

/** The secrets of a `.dev.vars` by name; none where there is no file. */
export function readSecrets(file: string): ReadonlyMap<string, string> {
  return secretsIn(existsSync(file) ? readFileSync(file, 'utf8') : '')
}

/** The secrets in the text of such a file, by name. An empty one is unset. */
export function secretsIn(text: string): ReadonlyMap<string, string> {
  const entries = Object.entries(parseEnv(text))
  return new Map(entries.flatMap(([name, value]): [string, string][] => (value ? [[name, value]] : [])))
}

/**
 * Sets secrets in the file, as `wrangler secret put` does for a deployed Worker. What else is in it stays as it is, and nobody
 * ever reads half a file.
 */
export function putSecrets(file: string, secrets: ReadonlyMap<string, string>): void {
  for (const value of secrets.values()) {
    if (/['\n]/.test(value)) throw new Error('a secret of one line without quotes is expected')
  }
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : []
  const others = lines.filter((line) => line !== '' && !secrets.has(nameIn(line)))
  const set = [...secrets].map(([name, value]) => `${name}='${value}'`)
  writePrivateFile(file, [...others, ...set, ''].join('\n'))
}

function nameIn(line: string): string {
  return (line.split('=', 1)[0] ?? '').trim()
}
