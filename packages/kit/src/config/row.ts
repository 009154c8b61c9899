/** One setting: where it stands, and how it is read. */
export interface Row<Value> {
  /** Its place in the options of `createKit` and `createVerifier`. */
  readonly option: string
  /** Its environment variable; without one it is an option only. */
  readonly variable?: string
  /** Which half of a kit it is for. */
  readonly role: 'producer' | 'consumer' | 'both'
  /** `binding`: the variable holds the name of one, and the setting is what is bound. Default: it holds the value. */
  readonly via?: 'binding'
  /** In the environment, text is a list with commas. */
  readonly isList?: true
  /**
   * Checks the value; `undefined` stands for the default.
   *
   * @param known the settings of the rows above
   * @throws ConfigError naming `label`
   */
  readonly read: (value: unknown, label: string, known: { readonly maxTtlSeconds?: number }) => Value
}

/** A row for each setting, in the order in which they are read. */
export type Table<Settings> = { readonly [Name in keyof Settings]: Row<Settings[Name]> }

/** One source of keys, and where it stands. */
export interface KeyRow {
  readonly variable: string
  /** How the variable is read: a value; the name of a binding; or `X` the value and `X_NAME` the names of bindings. */
  readonly via: 'value' | 'binding' | 'named'
  readonly role: 'producer' | 'consumer' | 'both'
}

/**
 * Reads every setting of a table.
 *
 * @param find the value of a row as somebody wrote it; `undefined` for the default
 * @param labelOf how a row is called where it was written, for messages
 * @throws ConfigError naming the setting and the remedy
 */
export function readSettings<Settings>(
  table: Table<Settings>,
  find: (row: Row<unknown>) => unknown,
  labelOf: (row: Row<unknown>) => string,
): Settings {
  const settings: Record<string, unknown> = {}
  for (const [name, row] of Object.entries<Row<unknown>>(table))
    settings[name] = row.read(find(row), labelOf(row), settings)
  // The loop has read every row, each to the type of its member.
  return settings as Settings
}
