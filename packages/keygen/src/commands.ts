import { randomBytes } from 'node:crypto'
import { readDuration } from './durations.ts'
import { UsageError } from './errors.ts'
import { readTextFile, writePrivateFile } from './files.ts'
import {
  formatPair,
  formatSecret,
  formatTime,
  isPrivate,
  type PairFormat,
  type SecretFormat,
} from './format.ts'
import { generateKeyPair, readKeyPair, readPublicKeys, thumbprintOf } from './keys.ts'

/** What a command talks to: the process, or a test. */
export interface Terminal {
  /** Results, and nothing else. */
  readonly out: (text: string) => void
  /** Everything that is said about them. */
  readonly say: (line: string) => void
  /** True when a person reads `out`. */
  readonly isTerminal: boolean
  readonly readInput: () => Promise<string>
  /** Seconds since the epoch. */
  readonly now: () => number
}

/** Options as they were typed. */
export type Values = Readonly<Partial<Record<string, string | boolean>>>

/** A consumer learns of a new key within its five minutes of freshness, and another five for what goes wrong. */
const MIN_ACTIVATION_SECONDS = 600
/** A slot stops signing an hour and some before it is withdrawn; a shorter life would never sign. */
const MIN_LIFE_SECONDS = 7200
const MIN_SECRET_BYTES = 64
const MAX_SECRET_BYTES = 1024

export async function generate(values: Values, terminal: Terminal): Promise<void> {
  const format: PairFormat = onlyOne(values, ['private', 'public', 'jwks', 'dotenv']) ?? 'pair'
  const now = Math.floor(terminal.now())
  const activateIn = duration(values, 'activate-in') ?? 0
  const expiresIn = duration(values, 'expires-in')
  if (values['activate-in'] !== undefined && activateIn < MIN_ACTIVATION_SECONDS && values.force !== true) {
    throw new UsageError(
      'consumers cache keys for minutes and would refuse this one: type --activate-in=10m, or add --force',
    )
  }
  if (expiresIn !== undefined && expiresIn < activateIn + MIN_LIFE_SECONDS && values.force !== true) {
    throw new UsageError(
      'a key stops signing over an hour before it expires: type a longer --expires-in, or add --force',
    )
  }
  const pair = await generateKeyPair({
    kid: readKid(values.kid),
    nbf: now + activateIn,
    exp: expiresIn === undefined ? undefined : now + expiresIn,
  })
  await emit(formatPair(pair, format), isPrivate(format), values, terminal)
  const { kid, x } = pair.publicJwk
  terminal.say(`kid: ${kid}`)
  terminal.say(`thumbprint, to pin: ${thumbprintOf(x)}`)
  if (isPrivate(format)) {
    terminal.say(`may sign from: ${formatTime(pair.privateJwk.nbf)}`)
    if (pair.privateJwk.exp !== undefined) terminal.say(`withdrawn at: ${formatTime(pair.privateJwk.exp)}`)
  } else {
    terminal.say('The private half was not kept: this makes a key that nobody can sign with.')
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
  await emit(formatSecret(randomBytes(bytes).toString('base64url'), format), true, values, terminal)
}

export async function check(file: string, terminal: Terminal): Promise<void> {
  const { publicJwk, privateJwk } = await readKeyPair(await read(file, terminal))
  const now = terminal.now()
  const { nbf, exp } = privateJwk
  const since = nbf === 0 ? 'at any time' : `from ${formatTime(nbf)}${nbf > now ? ' (not yet)' : ''}`
  const end = exp === undefined ? 'never' : `${formatTime(exp)}${exp <= now ? ' (it is)' : ''}`
  terminal.out(
    [
      'The halves belong together.',
      `kid: ${publicJwk.kid}`,
      `thumbprint: ${thumbprintOf(publicJwk.x)}`,
      `may sign: ${since}`,
      `withdrawn: ${end}`,
      '',
    ].join('\n'),
  )
}

export async function publicHalf(file: string, values: Values, terminal: Terminal): Promise<void> {
  const pair = await readKeyPair(await read(file, terminal))
  await emit(`${JSON.stringify(pair.publicJwk, undefined, 2)}\n`, false, values, terminal)
}

export async function thumbprint(file: string, terminal: Terminal): Promise<void> {
  const keys = readPublicKeys(await read(file, terminal))
  terminal.out(keys.map(({ x }) => `${thumbprintOf(x)}\n`).join(''))
}

/** Prints the result, or writes it to `--out`. */
async function emit(text: string, isSecret: boolean, values: Values, terminal: Terminal): Promise<void> {
  if (typeof values.out === 'string') {
    await writePrivateFile(values.out, text, values.force === true)
    terminal.say(`Wrote ${values.out} (mode 0600).`)
    return
  }
  if (isSecret && terminal.isTerminal) {
    terminal.say('Warning: this shows a secret on your terminal. Pipe it to its place, or use --out=FILE.')
  }
  terminal.out(text)
}

function read(file: string, terminal: Terminal): Promise<string> {
  return file === '-' ? terminal.readInput() : readTextFile(file)
}

/** @throws UsageError when several are given */
function onlyOne<Name extends string>(values: Values, names: readonly Name[]): Name | undefined {
  const given = names.filter((name) => values[name] === true)
  if (given.length > 1)
    throw new UsageError(`type one of ${given.map((name) => `--${name}`).join(' and ')}, not both`)
  return given[0]
}

function duration(values: Values, flag: string): number | undefined {
  const text = values[flag]
  return typeof text === 'string' ? readDuration(text, flag) : undefined
}

/** A kid goes into headers, file names, quotes and logs: letters, digits and a few marks are enough. */
function readKid(kid: string | boolean | undefined): string | undefined {
  if (kid === undefined) return undefined
  if (typeof kid !== 'string' || !/^[A-Za-z0-9._:@/+=~-]{1,256}$/.test(kid)) {
    throw new UsageError(
      '--kid takes 1 to 256 letters, digits and . _ : @ / + = ~ -: --kid=ed25519-2026-12-01',
    )
  }
  return kid
}
