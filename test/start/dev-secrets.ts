import {
  existsSync,
  readFileSync,
  renameSync,
  unwatchFile,
  utimesSync,
  watchFile,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { keygen } from './keygen.ts'

const GATEWAY = join(import.meta.dirname, '../../workers/gateway')

/** Where wrangler reads the gateway's secrets for development. Ignored by git. */
export const SECRETS_FILE: string = join(GATEWAY, '.dev.vars')

const SLOTS = ['GATEWAY_PRIVATE_A', 'GATEWAY_PRIVATE_B'] as const

/** Makes a key for each signing slot on the first run. Gives `true` when it made them. */
export function makeSecrets(): boolean {
  if (existsSync(SECRETS_FILE)) return false
  const today = new Date().toISOString().slice(0, 10)
  for (const slot of SLOTS) {
    const kid = `dev-${today}-${slot.slice(-1).toLowerCase()}`
    putSecret(slot, keygen(`--kid=${kid}`, '--private'))
  }
  return true
}

/**
 * Sets one secret in the file, as `wrangler secret put` does for a deployed Worker. The others stay as they are,
 * and nobody ever reads half a file.
 */
export function putSecret(name: string, value: string): void {
  if (value.includes("'") || value.includes('\n'))
    throw new Error('a secret of one line without quotes is expected')
  const lines = existsSync(SECRETS_FILE) ? readFileSync(SECRETS_FILE, 'utf8').split('\n') : []
  const others = lines.filter((line) => line !== '' && !line.startsWith(`${name}=`))
  const written = `${SECRETS_FILE}.new`
  writeFileSync(written, [...others, `${name}='${value}'`, ''].join('\n'), { mode: 0o600 })
  renameSync(written, SECRETS_FILE)
}

/** wrangler reloads a Worker when its configuration changes, but not when its secrets do: this makes it. */
export function reloadOnNewSecrets(): () => void {
  watchFile(SECRETS_FILE, { interval: 300 }, () => {
    const now = new Date()
    utimesSync(join(GATEWAY, 'wrangler.jsonc'), now, now)
  })
  return () => unwatchFile(SECRETS_FILE)
}
