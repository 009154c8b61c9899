import { StringDecoder } from 'node:string_decoder'

/** A longer line, or record of many lines, is skipped. Characters. */
const MAX_RECORD = 4 * 1024 * 1024

/** What was no JSON. */
export interface Unreadable {
  /** Lines of text. */
  text: number
  /** Lines or records that begin as JSON and are none. */
  broken: number
  tooLong: number
}

/**
 * Takes a stream apart into JSON values: one a line (NDJSON), or over many lines, as `wrangler tail --format json` prints them
 * (the brackets around each stand alone, without indentation). Text between them is skipped. It holds one record at most.
 */
export class JsonRecords {
  readonly unreadable: Unreadable = { text: 0, broken: 0, tooLong: 0 }
  readonly #decoder = new StringDecoder('utf8')
  /** Of the line that has not ended yet. */
  #parts: string[] = []
  #length = 0
  #isTooLong = false
  /** The lines of a record over many lines. */
  #record: string[] | undefined
  #recordLength = 0

  /** @returns the values that are whole with this chunk */
  push(chunk: Uint8Array | string): readonly unknown[] {
    const values: unknown[] = []
    const text = typeof chunk === 'string' ? chunk : this.#decoder.write(chunk)
    let from = 0
    for (let to = text.indexOf('\n'); to >= 0; to = text.indexOf('\n', from)) {
      this.#add(text.slice(from, to))
      this.#endLine(values)
      from = to + 1
    }
    this.#add(text.slice(from))
    return values
  }

  /** @returns the last value, when no line break came after it */
  end(): readonly unknown[] {
    const values: unknown[] = []
    this.#endLine(values)
    if (this.#record) this.unreadable.broken++
    this.#record = undefined
    return values
  }

  #add(part: string): void {
    this.#length += part.length
    if (this.#length > MAX_RECORD) {
      this.#isTooLong = true
      this.#parts = []
    } else if (part !== '') this.#parts.push(part)
  }

  #endLine(values: unknown[]): void {
    const line = this.#parts.join('')
    const isTooLong = this.#isTooLong
    this.#parts = []
    this.#length = 0
    this.#isTooLong = false
    if (isTooLong) {
      this.unreadable.tooLong++
      this.#record = undefined
    } else this.#readLine(line.endsWith('\r') ? line.slice(0, -1) : line, values)
  }

  #readLine(line: string, values: unknown[]): void {
    if (line === '{' || line === '[') {
      // Whatever was begun before never ended.
      if (this.#record) this.unreadable.broken++
      this.#record = [line]
      this.#recordLength = 1
    } else if (this.#record) {
      this.#recordLength += line.length
      if (this.#recordLength > MAX_RECORD) {
        this.unreadable.tooLong++
        this.#record = undefined
        return
      }
      this.#record.push(line)
      if (line === '}' || line === ']') {
        this.#parse(this.#record.join('\n'), values)
        this.#record = undefined
      }
    } else if (line.startsWith('{') || line.startsWith('[')) this.#parse(line, values)
    else if (line.trim() !== '') this.unreadable.text++
  }

  #parse(text: string, values: unknown[]): void {
    try {
      values.push(JSON.parse(text))
    } catch {
      this.unreadable.broken++
    }
  }
}
