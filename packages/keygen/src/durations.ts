import { UsageError } from './errors.ts'

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }

/** A century: whatever is longer is a slip of the finger. */
const MAX_SECONDS = 36_525 * 86_400

const EXAMPLES = { 'activate-in': '10m', 'expires-in': '90d' } as const

/**
 * Reads a duration such as `90s`, `10m`, `2h` or `90d`, in seconds.
 *
 * @throws UsageError naming the flag
 */
export function readDuration(text: string, flag: keyof typeof EXAMPLES): number {
  const [, count = '', unit = ''] = /^(\d{1,12})([smhd])$/.exec(text) ?? []
  const seconds = Number(count) * (UNITS[unit] ?? Number.NaN)
  if (count === '' || !(seconds <= MAX_SECONDS)) {
    throw new UsageError(`--${flag} takes a number and a unit (s, m, h, d): type --${flag}=${EXAMPLES[flag]}`)
  }
  return seconds
}
