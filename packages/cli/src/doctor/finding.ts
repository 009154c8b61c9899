/** The groups of checks, in the order in which they are printed. */
export const GROUPS = [
  'tools',
  'configuration',
  'pairs',
  'keys',
  'secrets',
  'environments',
  'routes',
  'resources',
  'identity provider',
  'cloudflare',
  'deployment',
] as const
export type Group = (typeof GROUPS)[number]

/** What one check found. No secret is in it. */
export interface Finding {
  /** Stable: one word for each thing that is checked. */
  readonly id: string
  readonly group: Group
  /** `skipped`: it could not be looked at, and `message` says why. */
  readonly status: 'ok' | 'warn' | 'fail' | 'skipped'
  /** Names the variable and the file, and what was seen there unless that is a secret. */
  readonly message: string
  /** A command to type, or a line to write and where. */
  readonly fix?: string
}

/** Makes the findings of a group. */
export interface Reporter {
  ok(id: string, message: string): Finding
  skipped(id: string, message: string): Finding
  warn(id: string, message: string, fix: string): Finding
  fail(id: string, message: string, fix: string): Finding
}

export function reporterFor(group: Group): Reporter {
  return {
    ok: (id, message) => ({ id, group, status: 'ok', message }),
    skipped: (id, message) => ({ id, group, status: 'skipped', message }),
    warn: (id, message, fix) => ({ id, group, status: 'warn', message, fix }),
    fail: (id, message, fix) => ({ id, group, status: 'fail', message, fix }),
  }
}

/** A value as it may stand in a message: people paste keys where names belong, so nothing long is shown. */
export function shown(value: unknown): string {
  if (value === undefined) return 'not set'
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > 120 ? `a text of ${text.length} characters` : JSON.stringify(text)
}

/** Names in a sentence. */
export function listed(names: readonly string[], word: 'and' | 'or' = 'and'): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} ${word} ${names.at(-1) ?? ''}`
}
