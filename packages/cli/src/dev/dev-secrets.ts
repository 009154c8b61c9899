import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, unwatchFile, utimesSync, watchFile } from 'node:fs'
import { join } from 'node:path'
import { demoClients } from './mock-idp/clients.ts'
import { SECRET_NAMES } from '@sealgate/gateway/config'
import { keygen } from './keygen.ts'
import { makePrivateFile, writePrivateFile } from '../project/private-files.ts'

const GATEWAY = join(import.meta.dirname, '../../../../workers/gateway')

/** Where wrangler reads the gateway's secrets for development. Ignored by git. */
export const SECRETS_FILE: string = join(GATEWAY, '.dev.vars')

const SLOTS = ['GATEWAY_PRIVATE_A', 'GATEWAY_PRIVATE_B'] as const

const CONTROL_SECRET = 'DEV_CONTROL_SECRET'

/**
 * What logins need (the gateway's application at the mock IdP, and the key that encrypts its cookies), and what the gateway
 * shows to the control server.
 */
const OTHER_SECRETS: Readonly<Record<string, () => string>> = {
  AUTH0_CLIENT_ID: () => demoClients.web.clientId,
  AUTH0_CLIENT_SECRET: () => demoClients.web.clientSecret,
  SESSION_SECRET: () => randomBytes(32).toString('base64url'),
  [CONTROL_SECRET]: () => randomBytes(32).toString('base64url'),
}

/** Makes a key for each signing slot, and what else is missing. Returns `true` when it made the keys. */
export function makeSecrets(): boolean {
  const isFirst = !existsSync(SECRETS_FILE)
  if (isFirst) makeSlots()
  else makePrivateFile(SECRETS_FILE)
  const names = new Set(readLines().map((line) => line.split('=', 1)[0]))
  for (const [name, make] of Object.entries(OTHER_SECRETS)) {
    if (!names.has(name)) putSecret(name, make())
  }
  return isFirst
}

function makeSlots(): void {
  const today = new Date().toISOString().slice(0, 10)
  for (const slot of SLOTS) {
    const kid = `dev-${today}-${slot.slice(-1).toLowerCase()}`
    putSecret(slot, keygen(`--kid=${kid}`, '--private'))
  }
}

/** The secrets of the file by name. */
export function readSecrets(): ReadonlyMap<string, string> {
  return secretsIn(readLines())
}

/** The secrets that the lines of such a file set, by name. */
export function secretsIn(lines: readonly string[]): ReadonlyMap<string, string> {
  const pairs = lines.flatMap((line): [string, string][] => {
    const [, name, value] = /^([A-Z0-9_]+)='(.*)'$/.exec(line) ?? []
    return name === undefined || value === undefined ? [] : [[name, value]]
  })
  return new Map(pairs)
}

/**
 * What the control server asks for. It reaches the gateway by the file of its secrets: a list of arguments is everybody's
 * to read.
 *
 * @throws Error before `makeSecrets`
 */
export function controlSecret(): string {
  const secret = readSecrets().get(CONTROL_SECRET)
  if (secret === undefined) throw new Error(`${SECRETS_FILE} has no ${CONTROL_SECRET}`)
  return secret
}

function readLines(): readonly string[] {
  return existsSync(SECRETS_FILE) ? readFileSync(SECRETS_FILE, 'utf8').split('\n') : []
}

/**
 * Sets one secret in the file, as `wrangler secret put` does for a deployed Worker. The others stay as they are,
 * and nobody ever reads half a file.
 */
export function putSecret(name: string, value: string): void {
  if (value.includes("'") || value.includes('\n'))
    throw new Error('a secret of one line without quotes is expected')
  const others = readLines().filter((line) => line !== '' && !line.startsWith(`${name}=`))
  writePrivateFile(SECRETS_FILE, [...others, `${name}='${value}'`, ''].join('\n'))
}

/**
 * What is wrong with a secret that somebody wants to set, and what to do; `undefined` when nothing is. A name that nobody
 * reads would change nothing, and a `kid` that is another key's already would break the tokens that are out.
 */
export function problemWith(
  name: string,
  value: string,
  present: ReadonlyMap<string, string>,
): string | undefined {
  const names = [...SLOTS, ...SECRET_NAMES]
  if (!names.some((known) => known === name)) return `Nobody reads ${name}. There are: ${names.join(', ')}.`
  if (!SLOTS.some((slot) => slot === name)) return undefined
  const key = readKey(value)
  if (!key) return `${name} takes a private key on one line: npx kit-keygen --kid=ID --private`
  const namesake = SLOTS.find((slot) => {
    const other = readKey(present.get(slot) ?? '')
    return other?.kid === key.kid && other.x !== key.x
  })
  return (
    namesake &&
    `The kid ${key.kid} is the name of another key, in ${namesake}: consumers that know it would reject the new one's tokens. Take another --kid.`
  )
}

/** The members of a private JWK that tell keys apart. */
function readKey(text: string): { readonly kid: string; readonly x: string } | undefined {
  try {
    const { kid, x, d } = JSON.parse(text) as Readonly<Record<string, unknown>>
    return typeof kid === 'string' && typeof x === 'string' && typeof d === 'string' ? { kid, x } : undefined
  } catch {
    return undefined
  }
}

/** wrangler reloads a Worker when its configuration changes, but not when its secrets do: this makes it. */
export function reloadOnNewSecrets(): () => void {
  watchFile(SECRETS_FILE, { interval: 300 }, () => {
    const now = new Date()
    utimesSync(join(GATEWAY, 'wrangler.jsonc'), now, now)
  })
  return () => unwatchFile(SECRETS_FILE)
}
