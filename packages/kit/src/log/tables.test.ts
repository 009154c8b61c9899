import { describe, expect, it } from 'vitest'
import { EVENTS } from './event-table.ts'
import { FIELDS } from './fields.ts'
import type { FieldName } from './line-types.ts'

/** What every line may have. */
const COMMON: readonly FieldName[] = [
  'ts',
  'level',
  'event',
  'schema',
  'service',
  'version',
  'env',
  'request_id',
  'trace_id',
]

describe('the tables of the log', () => {
  it('has each field on a line, and no line has one that is not described', () => {
    const used = new Set<string>([...COMMON, ...Object.values(EVENTS).flatMap(({ fields }) => fields)])
    expect([...used].toSorted()).toEqual(Object.keys(FIELDS).toSorted())
  })

  it('names fields and events in snake_case', () => {
    for (const name of [...Object.keys(FIELDS), ...Object.keys(EVENTS)]) {
      expect(name).toMatch(/^[a-z]+(_[a-z]+)*$/)
    }
  })

  it('says of each event what it means and what to do', () => {
    for (const { meaning, todo, by } of Object.values(EVENTS)) {
      expect(meaning).not.toBe('')
      expect(todo).not.toBe('')
      expect(by).not.toEqual([])
    }
  })
})
