import { ConfigError } from '../errors.ts'
import type { InternalAlg } from '../jose/algorithms.ts'
import type { OnEvent } from '../primitives/events.ts'
import { isNearMiss } from '../primitives/near-miss.ts'
import { bindingOf, checkEnvironment, lookUp, namedValues, namesOf, valueOf } from './bindings.ts'
import { bothToSign, checkPins, type KeyLabels, readKeys, severalToVerify } from './mode.ts'
import { KEYS, type KeyRow, readSettings, type Row, SETTINGS } from './schema.ts'
import { runtimeOf, type Settings } from './settings.ts'
import { readList } from './values.ts'

/** What `makeKit` accepts beside the environment. */
export interface KitOptions {
  /** Seconds since the epoch. Default: the runtime's clock. */
  readonly now?: () => number
  /** Used for `JWT_JWKS_URL`. Default: the global `fetch`. */
  readonly fetch?: typeof fetch
  /** Receives events of the whole isolate. Default: warnings and errors to the console. */
  readonly onEvent?: OnEvent
}

/**
 * Reads the environment (docs/reference/environment.md).
 *
 * @throws ConfigError naming the variable and the remedy
 */
export function settingsFromEnv(env: object, options: KitOptions = {}): Settings {
  const plain = readSettings((row) => rawOf(env, row), labelOf)
  const { secret, privateJwk, publicJwk, jwksService, jwksUrl } = KEYS
  const secrets = namedValues(env, secret.variable, { isList: true, isSingle: false })
  const keys = readKeys(
    {
      signSecret: secrets,
      verifySecret: secrets,
      signPrivateJwk: namedValues(env, privateJwk.variable, { isList: false, isSingle: false }),
      publicJwk: namedValues(env, publicJwk.variable, { isList: false, isSingle: true })?.[0],
      jwksService: bindingOf(env, jwksService.variable),
      jwksUrl: valueOf(env, jwksUrl.variable),
    },
    KEY_LABELS,
  )
  checkPins(
    keys.verify,
    plain.allowedThumbprints,
    labelOf(SETTINGS.allowedThumbprints),
    KEY_LABELS.verifySecret,
  )
  return { ...plain, ...keys, ...runtimeOf(options) }
}

/**
 * The algorithm that the environment chooses for a role. It looks at which variables are set, not into them.
 *
 * @throws ConfigError when the variables conflict, or none is set for the role; without an environment, or a role
 */
export function envMode(env: object, role: 'producer' | 'consumer'): InternalAlg {
  checkEnvironment(env, "envMode(env, 'producer')")
  if (!ROLES.includes(role))
    throw new ConfigError("envMode accepts 'producer' or 'consumer' after the environment")
  const has = (row: KeyRow): boolean =>
    [row.variable, referenceOf(row)].some((name) => name !== undefined && valueOf(env, name) !== undefined)
  const hasSecret = has(KEYS.secret)
  const hasPrivateJwk = has(KEYS.privateJwk)
  if (hasSecret && hasPrivateJwk) throw bothToSign(KEY_LABELS)
  const sources = ([KEYS.publicJwk, KEYS.jwksService, KEYS.jwksUrl] as const).filter(has).map(keyLabelOf)
  if (role === 'consumer') {
    const all = hasSecret ? [KEY_LABELS.verifySecret, ...sources] : sources
    if (all.length > 1) throw severalToVerify(all)
    if (sources.length === 1) return 'EdDSA'
  }
  if (hasPrivateJwk) return 'EdDSA'
  if (hasSecret) return 'HS512'
  const { verifySecret, publicJwk, jwksService, jwksUrl, signPrivateJwk, signSecret } = KEY_LABELS
  throw new ConfigError(
    role === 'producer'
      ? `no key to sign with: set ${signPrivateJwk}, or ${signSecret}`
      : `no key to verify with: set one of ${[verifySecret, publicJwk, jwksService, jwksUrl].join(', ')}`,
  )
}

const ROLES: readonly unknown[] = ['producer', 'consumer']

/** What tells one environment from another: the variables' values, and the identity of each binding they name. */
export interface Fingerprint {
  readonly text: string
  readonly bindings: readonly object[]
}

/** Two environments with equal fingerprints make the same kit, whatever object carries them. */
export function fingerprintOf(env: object): Fingerprint {
  const bindings: object[] = []
  const named = REFERENCES.map((reference) =>
    namesIn(env, reference).map((name) => {
      const value = lookUp(env, name)
      if (typeof value === 'object' && value !== null) bindings.push(value)
      return [name, typeof value === 'string' ? value : typeof value]
    }),
  )
  return { text: JSON.stringify([VALUES.map((name) => exactly(lookUp(env, name))), named]), bindings }
}

/** Tells apart what JSON spells alike, such as NaN and nothing, and what it cannot spell. */
function exactly(value: unknown): readonly unknown[] {
  switch (typeof value) {
    case 'number':
      return ['number', Object.is(value, -0) ? '-0' : String(value)]
    case 'bigint':
      return ['bigint', String(value)]
    case 'object':
      if (value === null) return []
      return value instanceof Date ? ['date', value.getTime()] : ['json', value]
    case 'string':
    case 'boolean':
      return [typeof value, value]
    default:
      // A function or a symbol is no setting; nothing is nothing.
      return value === undefined ? [] : [typeof value]
  }
}

/**
 * Variables that look like a misspelt one of ours, with the one that was probably meant. A team's own `JWT_…` variables
 * are nobody's mistake, so only near misses count.
 */
export function misspeltVariables(env: object): readonly { readonly name: string; readonly meant: string }[] {
  const ours = [...VALUES, ...REFERENCES]
  const used = new Set(REFERENCES.flatMap((reference) => namesIn(env, reference)))
  return Object.keys(env).flatMap((name) => {
    if (!name.startsWith('JWT_') || ours.includes(name) || used.has(name)) return []
    const meant = ours.find((one) => isNearMiss(name, one))
    return meant === undefined ? [] : [{ name, meant }]
  })
}

const ROWS: readonly Row<unknown>[] = Object.values(SETTINGS)
const KEY_ROWS: readonly KeyRow[] = Object.values(KEYS)

/** Variables that hold a value, and variables that hold the name of a binding, or several names. */
const VALUES: readonly string[] = [
  ...ROWS.flatMap(({ variable, isBinding }) => (variable !== undefined && !isBinding ? [variable] : [])),
  ...KEY_ROWS.flatMap(({ variable, via }) => (via === 'binding' ? [] : [variable])),
]
const REFERENCES: readonly string[] = [
  ...ROWS.flatMap(({ variable, isBinding }) => (variable !== undefined && isBinding ? [variable] : [])),
  ...KEY_ROWS.flatMap((row) => referenceOf(row) ?? []),
]

const KEY_LABELS: KeyLabels = {
  signSecret: keyLabelOf(KEYS.secret),
  verifySecret: keyLabelOf(KEYS.secret),
  signPrivateJwk: keyLabelOf(KEYS.privateJwk),
  publicJwk: keyLabelOf(KEYS.publicJwk),
  jwksService: keyLabelOf(KEYS.jwksService),
  jwksUrl: keyLabelOf(KEYS.jwksUrl),
}

function labelOf({ variable, option }: Row<unknown>): string {
  return variable ?? option
}

function keyLabelOf({ variable, via }: KeyRow): string {
  return via === 'named' ? `${variable}_NAME or ${variable}` : variable
}

function referenceOf({ variable, via }: KeyRow): string | undefined {
  if (via === 'binding') return variable
  return via === 'named' ? `${variable}_NAME` : undefined
}

function rawOf(env: object, { variable, isBinding, isList }: Row<unknown>): unknown {
  if (variable === undefined) return undefined
  if (isBinding) return bindingOf(env, variable)
  const value = valueOf(env, variable)
  return isList && typeof value === 'string' ? readList(value, variable) : value
}

function namesIn(env: object, reference: string): readonly string[] {
  return namesOf(lookUp(env, reference))
}
