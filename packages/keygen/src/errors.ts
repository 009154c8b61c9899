/** What was typed makes no sense: one line says what to type instead. Exit status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** What was given is not usable: one line says what is wrong with it, and never quotes it. Exit status 1. */
export class InputError extends Error {
  override readonly name = 'InputError'
}
