import { UsageError } from '../errors.ts'
import type { Installer } from './installer.ts'

interface Extra {
  /** Its folder in `services/` of the template, and the beginning of its tests' names. */
  readonly folder: string
  /** What stands behind "a service with". */
  readonly does: string
  /** Packages that a project needs for it alone. */
  readonly packages: readonly string[]
}

/** Services that a project may have besides, by their flags: all that prompts, flags and the template have to know of each. */
export const EXTRAS = {
  agents: { folder: 'notes', does: 'an Agent for each user (Agents SDK)', packages: ['agents'] },
  mcp: {
    folder: 'mcp',
    does: 'tools for MCP clients',
    packages: ['@modelcontextprotocol/server', 'zod'],
  },
} as const satisfies Readonly<Record<string, Extra>>

export type ExtraName = keyof typeof EXTRAS
export const EXTRA_NAMES = Object.keys(EXTRAS) as readonly ExtraName[]

/** A value for each of them. */
export function forExtras<Value>(valueOf: (name: ExtraName) => Value): Record<ExtraName, Value> {
  return Object.fromEntries(EXTRA_NAMES.map((name) => [name, valueOf(name)])) as Record<ExtraName, Value>
}

/** What a new project is made of; of each extra whether it has it. */
export interface Choices extends Readonly<Record<ExtraName, boolean>> {
  /** The project's name, and the beginning of its Workers' names. */
  readonly name: string
  /** A service behind the gateway; `false` is the gateway alone. */
  readonly service: boolean
  readonly algorithm: Algorithm
  readonly installer: Installer
}

export const ALGORITHMS = ['EdDSA', 'HS512'] as const
export type Algorithm = (typeof ALGORITHMS)[number]

/** What `--yes` takes. */
export const DEFAULTS: Omit<Choices, 'name'> = {
  service: true,
  algorithm: 'EdDSA',
  ...forExtras(() => false),
  installer: 'npm',
}

/** A label of DNS has 63 characters, and the longest of our Workers adds `-gateway-production`. */
const MAX_NAME = 44

/**
 * What is wrong with a project's name; `undefined` when nothing is. Workers are named after it, and such a name is a label of
 * a host name (RFC 1123 §2.1).
 */
export function problemWithName(name: string): string | undefined {
  if (name === '') return 'A project needs a name.'
  if (name.length > MAX_NAME) {
    return `${name} is too long: Workers are named after the project, and ${MAX_NAME} characters is the most that fits.`
  }
  if (/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(name)) return undefined
  const proposal = proposedName(name)
  return (
    `${name} cannot be a Worker’s name: lower-case letters, digits and dashes, with no dash at either end.` +
    (proposal === '' ? '' : ` For example ${proposal}.`)
  )
}

/** The nearest name that a Worker may have; empty when nothing of it is left. */
function proposedName(name: string): string {
  return name
    .toLowerCase()
    .split(/[^a-z0-9]/)
    .filter((word) => word !== '')
    .join('-')
    .slice(0, MAX_NAME)
}

/** @throws UsageError for what does not go together */
export function checkChoices(choices: Choices): Choices {
  const problem = problemWithName(choices.name)
  if (problem !== undefined) throw new UsageError(`${problem} Another name: --name <name>`)
  const extra = EXTRA_NAMES.find((one) => choices[one])
  if (!choices.service && extra !== undefined) {
    throw new UsageError(`--${extra} adds a service: leave --no-service out.`)
  }
  return choices
}
