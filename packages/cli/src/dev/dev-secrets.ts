import { randomBytes } from 'node:crypto'
import { existsSync, unwatchFile, watchFile } from 'node:fs'
import { namesOf } from '@sealgate/kit/gateway'
import { SECRET_NAMES } from '@sealgate/gateway/config'
import { keygen } from '../project/keygen.ts'
import { type DevPlan, type DevWorker, workersOf } from './dev-plan.ts'
import { makePrivateFile } from '../project/private-files.ts'
import { putSecrets, readSecrets } from './secrets-file.ts'

/** What the gateway shows to the control server. */
const CONTROL_SECRET = 'DEV_CONTROL_SECRET'

const randomSecret = (): string => randomBytes(32).toString('base64url')

/** What every gateway in development has. */
const GATEWAY_SECRETS = ['AUTH0_CLIENT_SECRET', 'SESSION_SECRET', CONTROL_SECRET]

/** The signing slots that the gateway's variables name (EdDSA). */
export function slotsOf({ vars }: DevWorker): readonly string[] {
  return namesOf(vars.JWT_PRIVATE_JWK_NAME)
}

/** The lists of secrets that sign and verify (HS512): one for all audiences, or one for each. */
function sharedListsOf({ vars }: DevWorker): readonly (readonly string[])[] {
  const { JWT_SECRETS_BY_AUDIENCE: given, JWT_SECRET_NAME: all } = vars
  const byAudience: unknown = typeof given === 'string' ? parsed(given) : given
  const lists: readonly unknown[] =
    typeof byAudience === 'object' && byAudience !== null ? Object.values(byAudience) : []
  return [all, ...lists].map(namesOf).filter(({ length }) => length > 0)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    // The gateway says what is wrong with it.
    return undefined
  }
}

/**
 * Makes what the Workers lack of secrets: keys for the gateway's slots, or the secrets that it shares with services, and what
 * logins need. What is there stays. Returns `true` when it made what signs.
 */
export function makeSecrets({ gateway, services }: DevPlan): boolean {
  const present = readSecrets(gateway.secretsFile)
  const signing = new Map([...newSlots(gateway, present), ...newSharedSecrets(gateway, present)])
  const others = GATEWAY_SECRETS.filter((name) => !present.has(name)).map(
    (name) => [name, randomSecret()] as const,
  )
  writeMissing(gateway, new Map([...signing, ...others]))
  const all = new Map([...present, ...signing])
  for (const service of services) {
    const own = readSecrets(service.secretsFile)
    const names = namesOf(service.vars.JWT_SECRET_NAME)
    writeMissing(
      service,
      new Map([...all].filter(([name, value]) => names.includes(name) && own.get(name) !== value)),
    )
  }
  return signing.size > 0
}

function newSlots(gateway: DevWorker, present: ReadonlyMap<string, string>): readonly [string, string][] {
  const slots = slotsOf(gateway)
  if (slots.some((slot) => present.has(slot))) return []
  const today = new Date().toISOString().slice(0, 10)
  return slots.map((slot, index) => {
    const kid = `dev-${today}-${String.fromCharCode(97 + index)}`
    return [slot, keygen(`--kid=${kid}`, '--private')]
  })
}

/** The first of each list signs; the others are for a rotation. */
function newSharedSecrets(
  gateway: DevWorker,
  present: ReadonlyMap<string, string>,
): readonly [string, string][] {
  return sharedListsOf(gateway).flatMap((names): [string, string][] => {
    const [first] = names
    return first === undefined || names.some((name) => present.has(name)) ? [] : [[first, keygen('secret')]]
  })
}

/**
 * Sets a secret of the gateway, and of the services that verify with it. Returns the names of the Workers that have it.
 *
 * @throws Error for a value that does not fit on one line
 */
export function putSecret({ gateway, services }: DevPlan, name: string, value: string): readonly string[] {
  const others = services.filter(({ vars }) => namesOf(vars.JWT_SECRET_NAME).includes(name))
  const workers = [gateway, ...others]
  for (const { secretsFile } of workers) putSecrets(secretsFile, new Map([[name, value]]))
  return workers.map((worker) => worker.name)
}

function writeMissing({ secretsFile }: DevWorker, secrets: ReadonlyMap<string, string>): void {
  if (secrets.size > 0) putSecrets(secretsFile, secrets)
  // One that is there already may be open to others.
  else if (existsSync(secretsFile)) makePrivateFile(secretsFile)
}

/**
 * What the control server asks for. It reaches the gateway by the file of its secrets: a list of arguments is everybody's
 * to read.
 *
 * @throws Error before `makeSecrets`
 */
export function controlSecret({ gateway }: DevPlan): string {
  const secret = readSecrets(gateway.secretsFile).get(CONTROL_SECRET)
  if (secret === undefined) throw new Error(`${gateway.secretsFile} has no ${CONTROL_SECRET}`)
  return secret
}

/**
 * What is wrong with a secret that somebody wants to set for the gateway, and what to do; `undefined` when nothing is. A name
 * that nobody reads would change nothing, and a `kid` that is another key's already would break the tokens that are out.
 */
export function problemWith(
  gateway: DevWorker,
  name: string,
  value: string,
  present: ReadonlyMap<string, string> = readSecrets(gateway.secretsFile),
): string | undefined {
  const slots = slotsOf(gateway)
  const names = [...slots, ...sharedListsOf(gateway).flat(), ...SECRET_NAMES]
  if (!names.includes(name)) return `Nobody reads ${name}. There are: ${names.join(', ')}.`
  if (!slots.includes(name)) return undefined
  const key = readKey(value)
  if (!key) return `${name} takes a private key on one line: npx kit-keygen --kid=ID --private`
  const namesake = slots.find((slot) => {
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

/**
 * wrangler reloads a Worker when its code or configuration changes, but not when its secrets do.
 *
 * @param onChange told which Worker's secrets changed
 * @returns what ends the watch
 */
export function watchSecrets(plan: DevPlan, onChange: (name: string) => void): () => void {
  const workers = workersOf(plan)
  for (const { name, secretsFile } of workers) {
    watchFile(secretsFile, { interval: 300 }, (now, before) => {
      // Of a file that is not there, Node says so once.
      if (now.mtimeMs !== before.mtimeMs) onChange(name)
    })
  }
  return () => {
    for (const { secretsFile } of workers) unwatchFile(secretsFile)
  }
}
