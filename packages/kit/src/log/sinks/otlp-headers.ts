import { ConfigError } from '../../errors.ts'

/** A name of a header (RFC 9110 §5.6.2). */
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/

/** Visible characters, and spaces between. */
const VALUE = /^[\x20-\x7e]{0,4096}$/

/**
 * Headers as OpenTelemetry writes them into one variable: `name=value,name=value`, values percent-encoded (W3C Baggage without
 * properties).
 *
 * @throws ConfigError naming the setting; it never quotes the value
 */
export function parseOtlpHeaders(text: string, label: string): Readonly<Record<string, string>> {
  const pairs = text.split(',').map((pair) => pair.trim())
  const headers = pairs
    .filter((pair) => pair !== '')
    .map((pair) => {
      const at = pair.indexOf('=')
      const name = pair.slice(0, Math.max(at, 0)).trim()
      const value = decoded(pair.slice(at + 1).trim())
      if (!NAME.test(name) || value === undefined || !VALUE.test(value))
        throw new ConfigError(`${label} must be name=value pairs with commas, values percent-encoded`)
      return [name.toLowerCase(), value] as const
    })
  return Object.fromEntries(headers)
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
