import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The published definitions of OpenTelemetry, unchanged (test/conformance/vectors/PROVENANCE.md). */
const FOLDER = join(import.meta.dirname, '../../conformance/vectors/otlp')

interface Field {
  /** The last part of its name: no two messages here share one. */
  readonly type: string
  readonly isRepeated: boolean
  /** Which members of a message exclude each other. */
  readonly oneof: string | undefined
}

interface Definitions {
  /** Fields of a message by their names in JSON. */
  readonly messages: ReadonlyMap<string, ReadonlyMap<string, Field>>
  /** Numbers of an enumeration. */
  readonly enums: ReadonlyMap<string, ReadonlySet<number>>
}

const DEFINITIONS = readDefinitions()

/** Bytes that OTLP writes in hexadecimal digits, and how many there are. */
const HEX_IDS: Readonly<Record<string, number>> = { traceId: 16, spanId: 8 }

const INTEGERS: Readonly<Record<string, readonly [least: bigint, most: bigint]>> = {
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  uint32: [0n, 2n ** 32n - 1n],
  fixed32: [0n, 2n ** 32n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
  fixed64: [0n, 2n ** 64n - 1n],
}

/**
 * What is wrong with a message in OTLP's JSON, with the place of each problem; nothing: an empty list. Stricter than a
 * receiver must be: it may ignore unknown members, and take 64-bit integers as numbers, which lose digits.
 */
export function problemsOf(value: unknown, type: string, place: string = type): readonly string[] {
  const fields = DEFINITIONS.messages.get(type)
  if (!fields) return scalarProblems(value, type, place)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${place} is no object`]
  const members = Object.entries(value)
  const unknown = members.filter(([name]) => !fields.has(name))
  const chosen = members.flatMap(([name]) => fields.get(name)?.oneof ?? [])
  return [
    ...unknown.map(([name]) => `${place}.${name} is no member of ${type}`),
    ...(new Set(chosen).size < chosen.length ? [`${place} has two members of one "oneof"`] : []),
    ...members.flatMap(([name, member]: [string, unknown]) => {
      const field = fields.get(name)
      return field ? fieldProblems(member, field, name, `${place}.${name}`) : []
    }),
    ...keyProblems(value, place),
  ]
}

function fieldProblems(value: unknown, field: Field, name: string, place: string): readonly string[] {
  if (field.isRepeated) {
    if (!Array.isArray(value)) return [`${place} is no array`]
    return value.flatMap((one: unknown, index) => problemsOf(one, field.type, `${place}[${index}]`))
  }
  const bytes = HEX_IDS[name]
  if (field.type === 'bytes' && bytes !== undefined) {
    const isId = typeof value === 'string' && /^[0-9a-f]*$/i.test(value) && value.length === 2 * bytes
    return isId && !/^0*$/.test(value) ? [] : [`${place} is no id of ${bytes} bytes in hexadecimal digits`]
  }
  return problemsOf(value, field.type, place)
}

/** "Attribute keys MUST be unique." */
function keyProblems(value: object, place: string): readonly string[] {
  const attributes: unknown = Reflect.get(value, 'attributes')
  if (!Array.isArray(attributes)) return []
  const keys = attributes.map((one: { readonly key?: unknown }) => one.key)
  return new Set(keys).size < keys.length ? [`${place}.attributes has a key twice`] : []
}

function scalarProblems(value: unknown, type: string, place: string): readonly string[] {
  const problem = [`${place} is no ${type}`]
  const range = INTEGERS[type]
  if (range) {
    const is64 = type.endsWith('64')
    const isWritten = is64 ? typeof value === 'string' && /^-?\d{1,20}$/.test(value) : Number.isInteger(value)
    if (!isWritten) return problem
    const integer = BigInt(value as string | number)
    return integer >= range[0] && integer <= range[1] ? [] : problem
  }
  const numbers = DEFINITIONS.enums.get(type)
  if (numbers) return typeof value === 'number' && numbers.has(value) ? [] : problem
  switch (type) {
    case 'string':
      return typeof value === 'string' ? [] : problem
    case 'bool':
      return typeof value === 'boolean' ? [] : problem
    case 'double':
      return typeof value === 'number' ? [] : problem
    case 'bytes':
      return typeof value === 'string' && Buffer.from(value, 'base64').toString('base64') === value
        ? []
        : problem
    default:
      throw new Error(`no file of ${FOLDER} defines ${type}`)
  }
}

function readDefinitions(): Definitions {
  const messages = new Map<string, ReadonlyMap<string, Field>>()
  const enums = new Map<string, ReadonlySet<number>>()
  for (const file of readdirSync(FOLDER).filter((name) => name.endsWith('.proto'))) {
    const lines = readFileSync(join(FOLDER, file), 'utf8').split('\n')
    const text = lines.map((line) => line.split('//')[0]).join('\n')
    for (const [, kind, name = '', body = ''] of text.matchAll(/^(message|enum) (\w+) \{\n([^]*?)^\}/gm)) {
      if (kind === 'message') messages.set(name, readFields(body))
      else enums.set(name, new Set([...body.matchAll(/= (\d+);/g)].map(([, number]) => Number(number))))
    }
  }
  return { messages, enums }
}

function readFields(body: string): ReadonlyMap<string, Field> {
  const [, group, inside = ''] = /oneof (\w+) \{([^}]*)\}/.exec(body) ?? []
  return new Map(
    body.split('\n').flatMap((line): (readonly [string, Field])[] => {
      const found = /^(repeated )?([\w.]+) (\w+) = \d+;/.exec(line.trim())
      if (!found) return []
      const [, repeated, type = '', name = ''] = found
      const oneof = inside.includes(line) ? group : undefined
      return [
        [
          name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
          { type: type.split('.').at(-1) ?? '', isRepeated: repeated !== undefined, oneof },
        ],
      ]
    }),
  )
}
