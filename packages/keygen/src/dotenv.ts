import { parseEnv } from 'node:util'
import { InputError } from './errors.ts'
import { type KeyPair, readKeyPair, readPublicKeys } from './keys.ts'

/** A key pair, and the variable that holds it. */
export interface NamedPair {
  /** `undefined`: the text is JSON. */
  readonly name: string | undefined
  readonly pair: KeyPair
}

/** What `--dotenv` writes: the public half stands beside. */
const PUBLIC_NAME = 'JWT_PUBLIC_JWK'
const PRIVATE_NAME = 'JWT_PRIVATE_JWK'

/**
 * The pairs of a text: one when it is JSON (`readKeyPair`), each private key when it is a `.env` or `.dev.vars`.
 *
 * @throws InputError saying what is wrong, and in which variable, without quoting it
 */
export async function readKeyPairs(text: string): Promise<readonly NamedPair[]> {
  const keys = keysOf(text)
  if (!keys) return [{ name: undefined, pair: await readKeyPair(text) }]
  const pairs: NamedPair[] = []
  for (const [name, { value, isPrivate }] of keys) {
    if (isPrivate) pairs.push({ name, pair: await within(name, readKeyPair(value)) })
  }
  const beside = keys.get(PUBLIC_NAME)
  const pair = pairs.find(({ name }) => name === PRIVATE_NAME)?.pair
  if (beside && pair) await within(PUBLIC_NAME, checkBeside(beside.value, pair))
  if (pairs.length === 0) throw new InputError('no variable of it holds a private key')
  return pairs
}

/**
 * The `x` of each key of a text: JSON as `readPublicKeys` reads it, or the variables of a `.env` or `.dev.vars`.
 *
 * @throws InputError
 */
export async function readAllPublicKeys(text: string): Promise<readonly string[]> {
  const keys = keysOf(text)
  if (!keys) return readPublicKeys(text)
  if (keys.size === 0) throw new InputError('no variable of it holds a key')
  const points = new Set<string>()
  for (const [name, { value }] of keys) {
    for (const x of await within(name, readPublicKeys(value))) points.add(x)
  }
  return [...points]
}

async function checkBeside(publicText: string, { publicJwk }: KeyPair): Promise<void> {
  const [x, ...more] = await readPublicKeys(publicText)
  if (x !== publicJwk.x || more.length > 0) throw new InputError(`it is another key than ${PRIVATE_NAME}`)
}

interface KeyText {
  readonly value: string
  readonly isPrivate: boolean
}

/** The variables that hold keys, of a text that lists variables. */
function keysOf(text: string): ReadonlyMap<string, KeyText> | undefined {
  const plain = text.replace(/^\uFEFF/, '')
  if (!/^\s*(?:#|(?:export\s+)?[A-Za-z_]\w*[ \t]*=)/.test(plain)) return undefined
  const keys = new Map<string, KeyText>()
  for (const [name, value = ''] of Object.entries(parseEnv(plain))) {
    const members = membersOf(value)
    if (!['kty', 'keys', 'publicJwk', 'privateJwk'].some((member) => member in members)) continue
    keys.set(name, { value, isPrivate: 'privateJwk' in members || ('kty' in members && 'd' in members) })
  }
  return keys
}

function membersOf(value: string): object {
  try {
    const parsed: unknown = JSON.parse(value)
    return typeof parsed === 'object' && parsed !== null ? parsed : {}
  } catch {
    return {}
  }
}

async function within<T>(name: string, reading: Promise<T>): Promise<T> {
  try {
    return await reading
  } catch (error) {
    throw error instanceof InputError ? new InputError(`${name}: ${error.message}`) : error
  }
}
