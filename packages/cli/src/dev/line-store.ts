import { appendFileSync, existsSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { writePrivateFile } from '../project/private-files.ts'
import { EARLIER_LINES_FILE, LINES_FILE } from '../project/running-dev.ts'

/** Of each of the two files, in bytes. */
const MAX_BYTES = 4 * 1024 * 1024
/** How long the newer file is written to, and the earlier one kept, in milliseconds. */
const MAX_AGE_MS = 30 * 60_000
/** How often their age is looked at, in milliseconds. */
const LOOK_MS = 60_000
/** A longer line is no line of ours. Bytes. */
const MAX_LINE = 16 * 1024

/**
 * The log lines of a development system, for `sealgate why`: one JSON object on each line of two files that their owner alone
 * can read. At most 8 MiB, and for an hour.
 */
export class LineStore {
  readonly #path: string
  readonly #earlier: string
  readonly #now: () => number
  readonly #timer: NodeJS.Timeout
  #size = 0
  #since: number

  /** @param folder private, and there */
  constructor(folder: string, now: () => number = Date.now) {
    this.#path = join(folder, LINES_FILE)
    this.#earlier = join(folder, EARLIER_LINES_FILE)
    this.#now = now
    this.#since = now()
    // Those of a system that was killed.
    rmSync(this.#earlier, { force: true })
    writePrivateFile(this.#path, '')
    this.#timer = setInterval(() => this.age(), LOOK_MS).unref()
  }

  add(line: object): void {
    const text = `${JSON.stringify(line)}\n`
    const size = Buffer.byteLength(text)
    if (size > MAX_LINE) return
    if (this.#size + size > MAX_BYTES) this.#turn()
    // Gone with the folder: a system that is ending.
    if (!existsSync(this.#path)) return
    appendFileSync(this.#path, text)
    this.#size += size
  }

  /** Lets go of what is too old. */
  age(): void {
    if (this.#now() - this.#since >= MAX_AGE_MS) this.#turn()
  }

  close(): void {
    clearInterval(this.#timer)
  }

  #turn(): void {
    if (!existsSync(this.#path)) return
    renameSync(this.#path, this.#earlier)
    writePrivateFile(this.#path, '')
    this.#size = 0
    this.#since = this.#now()
  }
}
