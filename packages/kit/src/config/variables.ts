import type { Report } from '../primitives/events.ts'
import { isNearMiss } from '../primitives/near-miss.ts'
import { bindingOf, lookUp, namesOf, valueOf } from './bindings.ts'
import type { KeyRow, Row } from './row.ts'
import { readList } from './values.ts'

// Loops, where a callback would do: this runs when a Worker starts, and each function in it is compiled then.

/** The variables of a table of settings and one of keys. */
export interface Variables {
  /** Those that hold a value. */
  readonly values: readonly string[]
  /** Those that hold the name of a binding, or several names. */
  readonly references: readonly string[]
}

export function variablesOf(
  settings: Readonly<Record<string, Row<unknown>>>,
  keys: Readonly<Record<string, KeyRow>>,
): Variables {
  const values: string[] = []
  const references: string[] = []
  for (const row of [...Object.values<Row<unknown> | KeyRow>(settings), ...Object.values(keys)]) {
    const reference = referenceOf(row)
    if (reference !== undefined) references.push(reference)
    if (row.variable !== undefined && row.variable !== reference) values.push(row.variable)
  }
  return { values, references }
}

/**
 * What tells one environment from another, in a fixed order: what each variable holds, and each binding that one names. Two
 * environments whose lists have the same members (by `Object.is`) make the same kit, whatever object carries them.
 */
export type Fingerprint = readonly unknown[]

export function fingerprintBy({ values, references }: Variables, env: object): Fingerprint {
  const members: unknown[] = []
  for (const name of [...values, ...references]) {
    const value = lookUp(env, name)
    // With its type, so that none passes for another that is spelt alike.
    members.push(typeof value, typeof value === 'object' ? JSON.stringify(value) : value)
  }
  for (const reference of references) {
    for (const name of namesIn(env, reference)) members.push(lookUp(env, name))
  }
  return members
}

/**
 * Variables that look like a misspelt one of ours, with the one that was probably meant. A team's own `JWT_…` variables
 * are nobody's mistake, so only near misses count.
 */
export function misspeltBy(
  { values, references }: Variables,
  env: object,
): readonly { readonly name: string; readonly meant: string }[] {
  const ours = [...values, ...references]
  const known = new Set(ours)
  for (const reference of references) {
    for (const name of namesIn(env, reference)) known.add(name)
  }
  const found: { readonly name: string; readonly meant: string }[] = []
  for (const name of Object.keys(env)) {
    if (!name.startsWith('JWT_') || known.has(name)) continue
    const meant = ours.find((one) => isNearMiss(name, one))
    if (meant !== undefined) found.push({ name, meant })
  }
  return found
}

/** How a row is called in messages about an environment. */
export function variableLabel({ variable, option }: Row<unknown>): string {
  return variable ?? option
}

/** How a source of keys is called in messages about an environment. */
export function keyLabelOf({ variable, via }: KeyRow): string {
  return via === 'named' ? `${variable}_NAME or ${variable}` : variable
}

/** The variable that names a binding, if the row has one. */
export function referenceOf({ variable, via }: Row<unknown> | KeyRow): string | undefined {
  if (via === 'binding') return variable
  return via === 'named' ? `${variable}_NAME` : undefined
}

/** The value of a row as it stands in an environment. @throws ConfigError for a binding that is not there */
export function rawOf(env: object, { variable, via, isList }: Row<unknown>): unknown {
  if (variable === undefined) return undefined
  if (via) return bindingOf(env, variable)
  const value = valueOf(env, variable)
  return isList && typeof value === 'string' ? readList(value, variable) : value
}

function namesIn(env: object, reference: string): readonly string[] {
  return namesOf(lookUp(env, reference))
}

/** Tells whoever listens of variables that are probably misspelt. */
export function reportMisspelt(variables: Variables, env: object, onEvent: Report): void {
  for (const { name, meant } of misspeltBy(variables, env)) {
    const detail = `${name} is not read: did you mean ${meant}?`
    onEvent({ event: 'unknown_variable', level: 'warn', name, detail })
  }
}
