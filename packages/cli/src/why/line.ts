import { isObject } from '@sealgate/kit/gateway'
import { FIELDS, type LogFields, SCHEMA } from '@sealgate/kit/log'

/** A line, as far as it could be read: whoever wrote the file may have written anything. */
export type ReadLine = Readonly<Partial<Omit<LogFields, 'event' | 'schema'>>> & {
  readonly event: string
  readonly schema: typeof SCHEMA
}

/** What a value is that is no line of this schema. */
export type NotALine = 'foreign' | { readonly otherSchema: string }

/** No field of ours is longer. Characters. */
const MAX_TEXT = 1000

/** Fields that are not in the table are left out, and those of another type. */
export function readLine(value: unknown): ReadLine | NotALine {
  if (!isObject(value) || typeof value.event !== 'string' || value.schema === undefined) return 'foreign'
  const { schema } = value
  if (schema !== SCHEMA) return { otherSchema: JSON.stringify(schema).slice(0, 20) }
  const fields = Object.entries(FIELDS).flatMap(([name, { type }]) => {
    const read = Object.hasOwn(value, name) ? READERS[type](value[name]) : undefined
    return read === undefined ? [] : [[name, read] as const]
  })
  return Object.fromEntries(fields) as ReadLine
}

export function isLine(read: ReadLine | NotALine): read is ReadLine {
  return typeof read === 'object' && 'event' in read
}

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' ? value.slice(0, MAX_TEXT) : undefined

const READERS: Readonly<Record<(typeof FIELDS)['ts']['type'], (value: unknown) => unknown>> = {
  text: textOf,
  word: textOf,
  integer: (value) => (typeof value === 'number' && Number.isFinite(value) ? value : undefined),
  object: (value) => {
    if (!isObject(value)) return undefined
    const { id, tag } = value
    if (typeof id !== 'string') return undefined
    return { id: id.slice(0, MAX_TEXT), ...(typeof tag === 'string' && { tag: tag.slice(0, MAX_TEXT) }) }
  },
}
