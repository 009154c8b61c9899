import { ConfigError } from '../errors.ts'
import { isReadable, type NamedValue } from '../keys/lazy-binding.ts'
import { parseJson } from '../primitives/json.ts'
import { readList, splitList } from './values.ts'

/**
 * Code in plain JavaScript, or from another kit, may leave the environment out.
 *
 * @param call how it is done
 * @throws ConfigError for what is no environment
 */
export function checkEnvironment(env: unknown, call: string): asserts env is object {
  if (typeof env === 'object' && env !== null) return
  throw new ConfigError(
    `there is no environment: ${call} accepts that of the handler, or env from cloudflare:workers`,
  )
}

/** Reads one member of an environment. Names come from configuration, so nothing inherited may be found. */
export function lookUp(env: object, name: string): unknown {
  return name in Object.prototype ? undefined : Reflect.get(env, name)
}

/** An empty string is unset: that is how wrangler.jsonc switches a variable off. */
export function present(value: unknown): unknown {
  return value === '' || value === null ? undefined : value
}

/** The value of a variable, or `undefined` when it is unset. */
export function valueOf(env: object, variable: string): unknown {
  return present(lookUp(env, variable))
}

/**
 * The values of X_NAME or X, or `undefined` when neither is set.
 *
 * @throws ConfigError for X_NAME that names nothing
 */
export function namedValues(
  env: object,
  variable: string,
  { isList, isSingle }: { readonly isList?: true; readonly isSingle?: true } = {},
): readonly NamedValue[] | undefined {
  const reference = `${variable}_NAME`
  const names = valueOf(env, reference)
  if (names === undefined) {
    const value = valueOf(env, variable)
    if (value === undefined) return undefined
    const list = isList && typeof value === 'string' ? readList(value, variable) : [value]
    if (list.length === 0)
      throw new ConfigError(`${variable} is set, but holds nothing: put a secret there, or remove it`)
    return list.map((entry) => ({ name: variable, value: entry }))
  }
  const entries = nameList(names, reference)
  if (isSingle && entries.length > 1) {
    throw new ConfigError(`${reference} accepts one name: put several keys in one JWK Set`)
  }
  const found = entries.map((name): NamedValue => {
    const value = lookUp(env, name)
    const label = `${name} (named by ${reference})`
    if (value === undefined || value === null || typeof value === 'string')
      return { name: label, value: value ?? undefined }
    if (isReadable(value)) return { name: label, binding: value }
    throw new ConfigError(`${label} is neither a string nor a Secrets Store binding`)
  })
  if (found.every((entry) => 'value' in entry && present(entry.value) === undefined)) {
    throw new ConfigError(
      `${reference} names ${entries.join(', ')}, which ${entries.length > 1 ? 'are' : 'is'} not set: put the secret there with: npx wrangler secret put ${entries[0]}`,
    )
  }
  return found
}

/** The one binding that a variable names. @throws ConfigError when there is none of that name */
export function bindingOf(env: object, reference: string): unknown {
  const names = valueOf(env, reference)
  if (names === undefined) return undefined
  const [name, ...others] = nameList(names, reference)
  if (others.length > 0) throw new ConfigError(`${reference} accepts one name of a binding`)
  const value = lookUp(env, name)
  if (typeof value !== 'object' || value === null) {
    throw new ConfigError(
      `${reference} names the binding ${name}, which does not exist: add it to wrangler.jsonc`,
    )
  }
  return value
}

/** What wrangler accepts as the name of a binding, and no longer than anybody's. */
const BINDING_NAME = /^[A-Za-z_$][\w$]{0,63}$/

/** The names that a value holds: text with commas, a JSON array as text, or an array. */
export function namesOf(value: unknown): readonly string[] {
  const list = typeof value === 'string' && value.trimStart().startsWith('[') ? parseJson(value) : value
  if (typeof list === 'string') return splitList(list)
  return Array.isArray(list) ? list.filter((entry) => typeof entry === 'string') : []
}

type Names = readonly [string, ...string[]]

function nameList(names: unknown, reference: string): Names {
  const list = namesOf(names)
  // Whatever is no name may be the secret itself, pasted here by mistake: it is not quoted.
  if (!areNames(list)) {
    throw new ConfigError(`${reference} must be the name of a binding, not what the binding holds`)
  }
  const seen = new Set<string>()
  const twice = list.find((name) => seen.has(name) || !seen.add(name))
  if (twice !== undefined) throw new ConfigError(`${reference} names ${twice} twice: remove one`)
  return list
}

function areNames(list: readonly string[]): list is Names {
  return list.length > 0 && list.every((name) => BINDING_NAME.test(name))
}
