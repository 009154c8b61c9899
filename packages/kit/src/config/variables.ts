import type { OnEvent } from '../primitives/events.ts'
import { isNearMiss } from '../primitives/near-miss.ts'
import { bindingOf, lookUp, namesOf, valueOf } from './bindings.ts'
import type { KeyRow, Row } from './row.ts'
import { readList } from './values.ts'

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
  const rows = Object.values(settings)
  const keyRows = Object.values(keys)
  return {
    values: [
      ...rows.flatMap(({ variable, isBinding }) => (variable !== undefined && !isBinding ? [variable] : [])),
      ...keyRows.flatMap(({ variable, via }) => (via === 'binding' ? [] : [variable])),
    ],
    references: [
      ...rows.flatMap(({ variable, isBinding }) => (variable !== undefined && isBinding ? [variable] : [])),
      ...keyRows.flatMap((row) => referenceOf(row) ?? []),
    ],
  }
}

/** What tells one environment from another: the variables' values, and the identity of each binding they name. */
export interface Fingerprint {
  readonly text: string
  readonly bindings: readonly object[]
}

/** Two environments with equal fingerprints make the same kit, whatever object carries them. */
export function fingerprintBy({ values, references }: Variables, env: object): Fingerprint {
  const bindings: object[] = []
  const named = references.map((reference) =>
    namesIn(env, reference).map((name) => {
      const value = lookUp(env, name)
      if (typeof value === 'object' && value !== null) bindings.push(value)
      return [name, typeof value === 'string' ? value : typeof value]
    }),
  )
  return { text: JSON.stringify([values.map((name) => exactly(lookUp(env, name))), named]), bindings }
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
export function misspeltBy(
  { values, references }: Variables,
  env: object,
): readonly { readonly name: string; readonly meant: string }[] {
  const ours = [...values, ...references]
  const used = new Set(references.flatMap((reference) => namesIn(env, reference)))
  return Object.keys(env).flatMap((name) => {
    if (!name.startsWith('JWT_') || ours.includes(name) || used.has(name)) return []
    const meant = ours.find((one) => isNearMiss(name, one))
    return meant === undefined ? [] : [{ name, meant }]
  })
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
export function referenceOf({ variable, via }: KeyRow): string | undefined {
  if (via === 'binding') return variable
  return via === 'named' ? `${variable}_NAME` : undefined
}

/** The value of a row as it stands in an environment. @throws ConfigError for a binding that is not there */
export function rawOf(env: object, { variable, isBinding, isList }: Row<unknown>): unknown {
  if (variable === undefined) return undefined
  if (isBinding) return bindingOf(env, variable)
  const value = valueOf(env, variable)
  return isList && typeof value === 'string' ? readList(value, variable) : value
}

function namesIn(env: object, reference: string): readonly string[] {
  return namesOf(lookUp(env, reference))
}

/** Tells whoever listens of variables that are probably misspelt. */
export function reportMisspelt(variables: Variables, env: object, onEvent: OnEvent): void {
  for (const { name, meant } of misspeltBy(variables, env)) {
    const problem = `${name} is not read: did you mean ${meant}?`
    onEvent({ type: 'unknown_variable', level: 'warn', name, problem })
  }
}
