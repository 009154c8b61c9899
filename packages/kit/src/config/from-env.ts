import { workerEnv } from '#runtime'
import { ConfigError } from '../errors.ts'
import type { InternalAlg } from '../jose/algorithms.ts'
import type { LogLevel } from '../log/line-types.ts'
import { bindingOf, checkEnvironment, namedValues, valueOf } from './bindings.ts'
import { bothToSign, checkPins, type KeyLabels, noKeyToVerify, readKeys, severalToVerify } from './mode.ts'
import { type KeyRow, readSettings } from './row.ts'
import { KEYS, SETTINGS } from './schema.ts'
import { type LogOptions, runtimeOf, type Settings } from './settings.ts'
import {
  type Fingerprint,
  fingerprintBy,
  keyLabelOf,
  misspeltBy,
  rawOf,
  referenceOf,
  variableLabel,
  type Variables,
  variablesOf,
} from './variables.ts'

/**
 * Variables and bindings of a Worker by their names, for apps that do not say what they have: `new Hono<{ Bindings:
 * WorkerEnv }>()`. `wrangler types` makes a type that knows each.
 */
export type WorkerEnv = Readonly<Record<string, unknown>>

/** What `makeKit` accepts beside the environment. */
export interface KitOptions extends LogOptions {
  /** Seconds since the epoch. Default: the runtime's clock. */
  readonly now?: () => number
  /** Used for `JWT_JWKS_URL`. Default: the global `fetch`. */
  readonly fetch?: typeof fetch
  /** From which level on lines are logged. Default: `LOG_LEVEL`. */
  readonly logLevel?: LogLevel
}

/**
 * Reads the environment (docs/reference/environment.md).
 *
 * @throws ConfigError naming the variable and the remedy
 */
export function settingsFromEnv(env: object, options: KitOptions = {}): Settings {
  const plain = readSettings(SETTINGS, (row) => rawOf(env, row), variableLabel)
  const { secret, privateJwk, publicJwk, jwksService, jwksUrl } = KEYS
  const secrets = namedValues(env, secret.variable, { isList: true })
  const keys = readKeys(
    {
      signSecret: secrets,
      verifySecret: secrets,
      signPrivateJwk: namedValues(env, privateJwk.variable),
      publicJwk: namedValues(env, publicJwk.variable, { isSingle: true })?.[0],
      jwksService: bindingOf(env, jwksService.variable),
      jwksUrl: valueOf(env, jwksUrl.variable),
    },
    KEY_LABELS,
  )
  checkPins(
    keys.verify,
    plain.allowedThumbprints,
    variableLabel(SETTINGS.allowedThumbprints),
    KEY_LABELS.verifySecret,
  )
  return { ...plain, ...keys, ...runtimeOf(options, plain, env) }
}

/**
 * The algorithm that the environment chooses for a role. It looks at which variables are set, not into them.
 *
 * @param env default: on Workers the Worker's own (`env` of `cloudflare:workers`); elsewhere there is none
 * @throws ConfigError when the variables conflict, or none is set for the role; without an environment, or a role
 */
export function envMode(env: object, role: 'producer' | 'consumer'): InternalAlg
export function envMode(role: 'producer' | 'consumer'): InternalAlg
export function envMode(...given: readonly [env: object, role: Role] | readonly [role: Role]): InternalAlg {
  const [env, role] = isRole(given[0]) ? [workerEnv, given[0]] : given
  checkEnvironment(env, "envMode(env, 'producer')")
  if (!isRole(role)) throw new ConfigError("envMode accepts 'producer' or 'consumer' after the environment")
  const has = (row: KeyRow): boolean =>
    [row.variable, referenceOf(row) ?? row.variable].some((name) => valueOf(env, name) !== undefined)
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
  if (role === 'consumer') throw noKeyToVerify(KEY_LABELS)
  const { signPrivateJwk, signSecret } = KEY_LABELS
  throw new ConfigError(`no key to sign with: set ${signPrivateJwk}, or ${signSecret}`)
}

/** Who signs, and who verifies. */
type Role = 'producer' | 'consumer'

function isRole(value: unknown): value is Role {
  return value === 'producer' || value === 'consumer'
}

/** Two environments with equal fingerprints make the same kit, whatever object carries them. */
export function fingerprintOf(env: object): Fingerprint {
  return fingerprintBy(VARIABLES, env)
}

/** Variables that are probably a misspelt one of ours. */
export function misspeltVariables(env: object): ReturnType<typeof misspeltBy> {
  return misspeltBy(VARIABLES, env)
}

/** The variables that a kit reads. */
export const VARIABLES: Variables = variablesOf(SETTINGS, KEYS)

const KEY_LABELS: KeyLabels = {
  signSecret: keyLabelOf(KEYS.secret),
  verifySecret: keyLabelOf(KEYS.secret),
  signPrivateJwk: keyLabelOf(KEYS.privateJwk),
  publicJwk: keyLabelOf(KEYS.publicJwk),
  jwksService: keyLabelOf(KEYS.jwksService),
  jwksUrl: keyLabelOf(KEYS.jwksUrl),
}
