import { describe, expect, it } from 'vitest'
import { JsonRecords } from './json-records.ts'

/** All values of a text that comes in chunks of so many bytes. */
function read(
  text: string,
  chunk = 7,
): { readonly values: readonly unknown[]; readonly records: JsonRecords } {
  const records = new JsonRecords()
  const bytes = Buffer.from(text)
  const values: unknown[] = []
  for (let at = 0; at < bytes.length; at += chunk)
    values.push(...records.push(bytes.subarray(at, at + chunk)))
  values.push(...records.end())
  return { values, records }
}

describe('JSON out of a stream', () => {
  it.each([1, 3, 7, 1000])('one value a line, in chunks of %d bytes', (chunk) => {
    const { values, records } = read('{"a":"ü日"}\r\n\n[1]\n{"b":2}', chunk)
    expect(values).toEqual([{ a: 'ü日' }, [1], { b: 2 }])
    expect(records.unreadable).toEqual({ text: 0, broken: 0, tooLong: 0 })
  })

  it('a value over many lines, as wrangler tail prints it, one after another', () => {
    const items = [
      { outcome: 'ok', logs: [{ message: ['}', '{'] }] },
      { outcome: 'exception', logs: [] },
    ]
    const { values } = read(items.map((one) => JSON.stringify(one, undefined, 2)).join('\n'))
    expect(values).toEqual(items)
    expect(read(JSON.stringify(items, undefined, 4)).values).toEqual([items])
  })

  it('skips and counts what is no JSON, and goes on after it', () => {
    const { values, records } = read(
      '⛅️ wrangler\n{"a":\n{ a: 1 }\n{"a":1}\n{\n  "b":\n{\n  "b": 2\n}\n{\n  "c"',
    )
    expect(values).toEqual([{ a: 1 }, { b: 2 }])
    expect(records.unreadable).toEqual({ text: 1, broken: 4, tooLong: 0 })
  })

  it('holds no line and no record that is longer than 4 MiB', () => {
    const long = 'x'.repeat(5 * 1024 * 1024)
    const lines = `  "${'y'.repeat(1000)}",\n`.repeat(5000)
    const { values, records } = read(`{"a":"${long}"}\n{"b":1}\n[\n${lines}]\n{"c":1}`, 65_536)
    expect(values).toEqual([{ b: 1 }, { c: 1 }])
    expect(records.unreadable.tooLong).toBe(2)
  })
})
