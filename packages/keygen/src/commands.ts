import { randomBytes } from 'node:crypto'
import type { Values } from './args.ts'
import { readAllPublicKeys, readKeyPairs } from './dotenv.ts'
import { readDuration } from './durations.ts'
import { InputError, shown, systemCode, UsageError } from './errors.ts'
import { readText, readTextFile, writePrivateFile } from './files.ts'
import {
  formatPair,
  formatSecret,
  formatTime,
  isPrivate,
  type PairFormat,
  type SecretFormat,
} from './format.ts'
import { generateKeyPair, isKid, type KeyPair, thumbprintOf } from './keys.ts'

/** What a command talks to: the process, or a test. */
export interface Terminal {
  /** Results, and nothing else. Resolves when the text is handed over, rejects with the system's error. */
  readonly out: (text: string) => Promise<void>
  /** Everything that is said about them. */
  readonly say: (line: string) => void
  /** True when a person reads `out`. */
  readonly isTerminal: boolean
  /** True when `out` is a file that others than its owner can open. */
  readonly isOpenToOthers: boolean
  /** Standard input. */
  readonly input: AsyncIterable<Uint8Array>
  /** Seconds since the epoch. */
  readonly now: () => number
}

/** A consumer learns of a new key within its five minutes of freshness, and another five for what goes wrong. */
const MIN_ACTIVATION_SECONDS = 600
/** A slot stops signing an hour and some before it is withdrawn; a shorter lifetime would never sign. */
const MIN_LIFE_SECONDS = 7200
const MIN_SECRET_BYTES = 64
const MAX_SECRET_BYTES = 1024

export async function generate(values: Values, terminal: Terminal): Promise<void> {
  const format: PairFormat = onlyOne(values, ['private', 'public', 'jwks', 'dotenv']) ?? 'pair'
  const now = Math.floor(terminal.now())
  const activateIn = duration(values, 'activate-in') ?? 0
  const expiresIn = duration(values, 'expires-in')
  const kid = values.kid
  if (kid !== undefined && !isKid(kid)) {
    throw new UsageError('a kid is 1 to 256 printable ASCII characters: type --kid=ed25519-2026-12-01')
  }
  if (values['activate-in'] !== undefined && activateIn < MIN_ACTIVATION_SECONDS && values.force !== true) {
    throw new UsageError(
      'consumers cache keys for minutes and would reject this one: type --activate-in=10m, or add --force',
    )
  }
  if (expiresIn !== undefined && expiresIn <= activateIn) {
    throw new UsageError('the key would end before it starts: type a longer --expires-in')
  }
  if (expiresIn !== undefined && expiresIn < activateIn + MIN_LIFE_SECONDS && values.force !== true) {
    throw new UsageError(
      'a key stops signing over an hour before it expires: type a longer --expires-in, or add --force',
    )
  }
  const pair = await generateKeyPair({
    kid,
    nbf: now + activateIn,
    exp: expiresIn === undefined ? undefined : now + expiresIn,
  })
  await emit(formatPair(pair, format), isPrivate(format), values, terminal)
  const { publicJwk } = pair
  terminal.say(`kid: ${publicJwk.kid}`)
  terminal.say(`thumbprint, to pin: ${thumbprintOf(publicJwk.x)}`)
  if (isPrivate(format)) {
    terminal.say(`may sign from: ${formatTime(pair.privateJwk.nbf)}`)
    if (pair.privateJwk.exp !== undefined) terminal.say(`withdrawn at: ${formatTime(pair.privateJwk.exp)}`)
  } else {
    terminal.say(
      'The private half was not kept: nobody can sign with this key. For both halves type kit-keygen --out=key.json, then kit-keygen public key.json',
    )
  }
}

export async function secret(values: Values, terminal: Terminal): Promise<void> {
  const format: SecretFormat = onlyOne(values, ['json', 'dotenv']) ?? 'plain'
  const text = values.bytes ?? String(MIN_SECRET_BYTES)
  const bytes = typeof text === 'string' && /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (!(bytes >= MIN_SECRET_BYTES && bytes <= MAX_SECRET_BYTES)) {
    throw new UsageError(
      `HS512 needs ${MIN_SECRET_BYTES} to ${MAX_SECRET_BYTES} bytes: type --bytes=${MIN_SECRET_BYTES}`,
    )
  }
  const made = randomBytes(bytes).toString('base64url')
  if (Buffer.from(made, 'base64url').length !== bytes) throw new InputError('the secret is not whole')
  await emit(formatSecret(made, format), true, values, terminal)
  terminal.say(`An HS512 secret of ${bytes} bytes. Whoever can verify with it can also issue tokens.`)
}

export async function check(file: string, terminal: Terminal): Promise<void> {
  const found = await read(file, terminal, readKeyPairs)
  const now = terminal.now()
  const reports = found.map(({ name, pair }) => [
    ...(name === undefined ? [] : [name]),
    ...describe(pair, now),
  ])
  await print(`${reports.map((lines) => lines.join('\n')).join('\n\n')}\n`, terminal)
}

function describe({ publicJwk, privateJwk: { nbf, exp } }: KeyPair, now: number): readonly string[] {
  const since = nbf === 0 ? 'at any time' : `from ${formatTime(nbf)}${nbf > now ? ' (not yet)' : ''}`
  const end = exp === undefined ? 'never' : `${formatTime(exp)}${exp <= now ? ' (it is)' : ''}`
  return [
    'The halves belong together.',
    `kid: ${publicJwk.kid}`,
    `thumbprint: ${thumbprintOf(publicJwk.x)}`,
    `may sign: ${since}`,
    `withdrawn: ${end}`,
  ]
}

export async function publicHalf(file: string, values: Values, terminal: Terminal): Promise<void> {
  const { publicJwk } = await read(file, terminal, readOneKeyPair)
  await emit(`${JSON.stringify(publicJwk, undefined, 2)}\n`, false, values, terminal)
}

async function readOneKeyPair(text: string): Promise<KeyPair> {
  const [first, ...others] = await readKeyPairs(text)
  if (!first || others.length > 0) throw new InputError('it holds several private keys, and this takes one')
  return first.pair
}

export async function thumbprint(file: string, terminal: Terminal): Promise<void> {
  const keys = await read(file, terminal, readAllPublicKeys)
  await print(keys.map((x) => `${thumbprintOf(x)}\n`).join(''), terminal)
}

/** Prints the result, or writes it to `--out`. */
async function emit(text: string, isSecret: boolean, values: Values, terminal: Terminal): Promise<void> {
  if (typeof values.out === 'string') {
    if (values.out === '' || values.out === '-')
      throw new UsageError('type --out=FILE, or leave it out to print')
    await writePrivateFile(values.out, text, values.force === true)
    terminal.say(`Wrote ${shown(values.out, 'the --out file')} (mode 0600).`)
    return
  }
  if (isSecret && terminal.isTerminal) {
    terminal.say('Warning: this shows a secret on your terminal. Pipe it to its place, or use --out=FILE.')
  }
  if (isSecret && terminal.isOpenToOthers) {
    terminal.say(
      'Warning: others can open the file that this secret goes to. Type chmod 600 for it, or use --out=FILE.',
    )
  }
  await print(text, terminal)
}

/** @throws InputError when standard output cannot be written */
export async function print(text: string, terminal: Terminal): Promise<void> {
  try {
    await terminal.out(text)
  } catch (error) {
    const code = systemCode(error)
    throw new InputError(
      code === 'EPIPE'
        ? 'the program that reads the output ended first and does not have it: run both again'
        : `the output cannot be written (${code || 'unknown failure'}): type --out=FILE to write it elsewhere`,
    )
  }
}

/** What helps, whatever is wrong with a key. */
const REMEDY = 'give a file that kit-keygen wrote, or make a new key: type kit-keygen --out=key.json'

/** @throws InputError that names the file, and says what to do */
async function read<T>(file: string, terminal: Terminal, parse: (text: string) => Promise<T>): Promise<T> {
  const name = file === '-' ? 'standard input' : shown(file, 'the file')
  const text = await explained(name, () => (file === '-' ? readText(terminal.input) : readTextFile(file)))
  return explained(name, () => parse(text), REMEDY)
}

async function explained<T>(name: string, step: () => Promise<T>, remedy?: string): Promise<T> {
  try {
    return await step()
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    throw new InputError([name, error.message, remedy].filter((part) => part !== undefined).join(': '))
  }
}

/** @throws UsageError when several are given */
function onlyOne<Name extends string>(values: Values, names: readonly Name[]): Name | undefined {
  const given = names.filter((name) => values[name] === true)
  if (given.length > 1)
    throw new UsageError(`type one of ${given.map((name) => `--${name}`).join(' and ')}, not both`)
  return given[0]
}

function duration(values: Values, flag: 'activate-in' | 'expires-in'): number | undefined {
  const text = values[flag]
  return typeof text === 'string' ? readDuration(text, flag) : undefined
}
