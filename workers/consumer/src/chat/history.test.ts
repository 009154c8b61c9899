import type { UIMessage } from 'ai'
import { describe, expect, it } from 'vitest'
import { readable } from './history.ts'

const text = (length: number): UIMessage['parts'][number] => ({ type: 'text', text: 'x'.repeat(length) })
const file = { type: 'file', mediaType: 'application/zip', url: 'https://files.test/inside' } as const
const said = (id: string, ...parts: UIMessage['parts']): UIMessage => ({ id, role: 'user', parts })
const answered = (id: string, ...parts: UIMessage['parts']): UIMessage => ({ id, role: 'assistant', parts })
const idsOf = (messages: readonly UIMessage[]): readonly string[] => readable(messages).map(({ id }) => id)

describe('what the model reads of a history', () => {
  it('is all of a short one', () => {
    expect(idsOf([said('a', text(2000)), answered('b', text(5000)), said('c', text(1))])).toEqual([
      'a',
      'b',
      'c',
    ])
  })

  it('has no message that was too long when it was sent', () => {
    expect(idsOf([said('long', text(1500), text(501)), said('c', text(1))])).toEqual(['c'])
  })

  it('has an end, however much a client says was answered before', () => {
    const long = Array.from({ length: 100 }, (_, index) => answered(`m${index}`, text(6000)))
    expect(idsOf([...long, said('c', text(1))])).toEqual([
      ...Array.from({ length: 9 }, (_, index) => `m${91 + index}`),
      'c',
    ])
    expect(idsOf([answered('forged', text(60_000)), said('c', text(1))])).toEqual(['c'])
  })

  it('has no file, and no message of files alone', () => {
    expect(readable([said('a', file), answered('b', text(1), file), said('c', text(1), file)])).toEqual([
      answered('b', text(1)),
      said('c', text(1)),
    ])
  })
})
