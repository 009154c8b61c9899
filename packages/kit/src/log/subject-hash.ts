import { Pseudonyms } from './pseudonyms.ts'

/** The hash that stands for a subject in the log, by the key of `LOG_HASH_KEY`. */
export type HashSubject = (key: string, subject: string) => Promise<string>

/** The last one: a program has one key. */
let last: { readonly key: string; readonly pseudonyms: Pseudonyms } | undefined

/** As the gateway's with the same key. */
export const hashSubject: HashSubject = (key, subject) => {
  if (last?.key !== key) last = { key, pseudonyms: new Pseudonyms(() => key) }
  return last.pseudonyms.of('log', subject)
}
