import type { Auth } from '../claims/types.ts'
import { ConfigError } from '../errors.ts'
import { encodeUtf8 } from '../primitives/utf8.ts'

/**
 * Vectorize keeps the first 64 bytes of a text, cut between characters: 61 to 64 of them. An entry that is shorter than what
 * may be left of another is equal to that entry alone.
 */
const VECTORIZE_TEXT_BYTES = 60
/** A filter of Vectorize is less than 2048 bytes of JSON. */
const VECTORIZE_FILTER_BYTES = 2047

/** A condition for `WHERE`, and what its question marks stand for. */
export interface SqlCondition {
  readonly clause: string
  readonly bindings: readonly string[]
}

/** A metadata filter of Vectorize. */
export type VectorizeFilter = Readonly<Record<string, { readonly $in: string[] }>>

/** What one caller may see of documents that say whom they are for. */
export interface Visibility {
  /**
   * Whom the caller is: `sub:auth0|ada`, `permission:read:reports`, `role:analyst`, `kind:user`. A document names in `allow`
   * those who may see it. The kind stands in front, so that a role is nobody's `sub`, whatever it is called.
   */
  readonly entries: readonly string[]
  /** Whether a document is for this caller: `allow` is a list of entries, or one. Whatever else it is allows nobody. */
  allows(document: { readonly allow?: unknown }): boolean
  /**
   * For SQLite: D1, or the storage of a Durable Object. One question mark, however much the caller may.
   *
   * @param column has a JSON array of entries: a plain name, with that of its table if needed
   * @throws ConfigError for another name
   */
  sql(column: string): SqlCondition
  /**
   * For Vectorize, whose metadata has one entry for each vector: a document for several is stored once for each. There are as
   * many filters as it takes to keep each below 2048 bytes, mostly one: query with each. An entry of more than 60 bytes is in
   * none, because Vectorize does not tell long texts apart.
   *
   * @param property of the metadata, which needs a metadata index. Default `allow`
   * @throws ConfigError for a name that no property may have
   */
  vectorize(property?: string): readonly VectorizeFilter[]
}

/**
 * What a caller may see: the filter to search documents with, before a model gets any of them. An agent that acts for a user
 * sees what that user's delegated token allows. An anonymous caller sees what names `kind:anonymous`, and nothing else.
 */
export function visibleTo(auth: Auth): Visibility {
  const entries = entriesOf(auth)
  const known = new Set(entries)
  return {
    entries,
    allows(document) {
      const allow: unknown = Object.hasOwn(document, 'allow') ? document.allow : undefined
      return [allow].flat().some((entry) => typeof entry === 'string' && known.has(entry))
    },
    sql(column) {
      const name = quoted(column)
      return {
        clause:
          `(json_type(${name}) = 'array' AND EXISTS (SELECT 1 FROM json_each(${name}) AS allowed ` +
          `WHERE allowed.type = 'text' AND allowed.value IN (SELECT value FROM json_each(?))))`,
        bindings: [JSON.stringify(entries)],
      }
    },
    vectorize(property = 'allow') {
      if (!/^[^$".|][^".|]{0,511}$/.test(property)) {
        throw new ConfigError('a property of Vectorize metadata has no quote, dot or bar, and no $ in front')
      }
      const short = entries.filter((entry) => encodeUtf8(entry).length <= VECTORIZE_TEXT_BYTES)
      return filtersOf(property, short)
    },
  }
}

function entriesOf({ sub, kind, permissions, roles }: Auth): readonly string[] {
  if (kind === 'anonymous') return Object.freeze(['kind:anonymous'])
  return Object.freeze([
    `sub:${sub}`,
    ...(kind === undefined ? [] : [`kind:${kind}`]),
    ...permissions.map((permission) => `permission:${permission}`),
    ...roles.map((role) => `role:${role}`),
  ])
}

/** A name is written into the statement: it has letters, digits and `_` alone. */
function quoted(column: string): string {
  if (!/^[a-z_]\w{0,63}(\.[a-z_]\w{0,63})?$/i.test(column)) {
    throw new ConfigError('a column is named by letters, digits and _, and by its table in front at most')
  }
  return column
    .split('.')
    .map((part) => `"${part}"`)
    .join('.')
}

function filtersOf(property: string, entries: readonly string[]): readonly VectorizeFilter[] {
  const empty = encodeUtf8(JSON.stringify({ [property]: { $in: [] } })).length
  const filters: VectorizeFilter[] = []
  let $in: string[] = []
  let size = empty
  for (const entry of entries) {
    const bytes = encodeUtf8(JSON.stringify(entry)).length + 1
    if ($in.length > 0 && size + bytes > VECTORIZE_FILTER_BYTES) {
      filters.push({ [property]: { $in } })
      $in = []
      size = empty
    }
    $in.push(entry)
    size += bytes
  }
  return $in.length > 0 ? [...filters, { [property]: { $in } }] : filters
}
