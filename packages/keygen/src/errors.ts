/** What was typed makes no sense: one line says what to type instead. Exit status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** What was given is not usable: one line says what is wrong with it, and never quotes it. Exit status 1. */
export class InputError extends Error {
  override readonly name = 'InputError'
}

/** 32 or more of the characters that keys are spelled in (a seed has 43), or the marks of JSON. */
const LOOKS_LIKE_A_KEY = /[\w=+-]{32,}|[{"]/

/**
 * A typed word as it may stand in a message. People paste a key where a name belongs: what may be one, or is not
 * plain text, returns `otherwise` instead.
 */
export function shown(typed: string, otherwise: string): string {
  return /^[\x20-\x7e]{1,200}$/.test(typed) && !LOOKS_LIKE_A_KEY.test(typed) ? typed : otherwise
}

/** The code of a system error, such as `ENOENT`; empty for any other error. */
export function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}
