import { existsSync, readFileSync } from 'node:fs'
import type { PublishedKey } from './gateway-port.ts'

/** A key that somebody else has. */
export interface LeakedKey extends PublishedKey {
  /** The secret that held it. */
  readonly slot: string
  /** Seconds since the epoch: versions made before this hold it, or keys of its time. */
  readonly at: number
  /** Whether it is on the deny-list, or there is none: nothing is left to do. */
  readonly isDone: boolean
}

/** Remembers leaked keys on this machine: a rollback could bring one back, and an emergency may be interrupted. */
export interface LeakedKeys {
  readonly all: readonly LeakedKey[]
  /** Adds a key, or changes what is known of it. */
  set(key: LeakedKey): void
}

/**
 * @param file JSON: a list of `LeakedKey`; made when the first is added
 * @param write writes it for its owner alone
 */
export function leakedKeysIn(file: string, write: (file: string, text: string) => void): LeakedKeys {
  const read = (): readonly LeakedKey[] => (existsSync(file) ? parse(readFileSync(file, 'utf8'), file) : [])
  return {
    get all() {
      return read()
    },
    set(key) {
      const others = read().filter(({ thumbprint }) => thumbprint !== key.thumbprint)
      write(file, `${JSON.stringify([...others, key], undefined, 2)}\n`)
    },
  }
}

function parse(text: string, file: string): readonly LeakedKey[] {
  const value: unknown = JSON.parse(text)
  if (Array.isArray(value) && value.every(isLeakedKey)) return value
  throw new Error(`${file} is no list of leaked keys`)
}

function isLeakedKey(value: unknown): value is LeakedKey {
  const { kid, thumbprint, slot, at } = Object(value) as Readonly<Record<string, unknown>>
  return typeof at === 'number' && [kid, thumbprint, slot].every((member) => typeof member === 'string')
}
