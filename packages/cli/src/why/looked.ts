import type { Unreadable } from './json-records.ts'

/** What a source of lines says of itself. */
export interface Looked {
  /** Where it was looked: `the development system on port 8787`. */
  readonly where: string
  /** How long lines are there. */
  readonly kept: string
  readonly unreadable: Unreadable
}

/** When all that was read could be read. */
export const ALL_READ: Unreadable = { text: 0, broken: 0, tooLong: 0 }
