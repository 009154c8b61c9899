import { parseJsonObject } from '../primitives/json.ts'
import { decodeUtf8 } from '../primitives/utf8.ts'
import { readCompact } from '../jose/compact.ts'
import { TokenError } from '../errors.ts'

/** What a token says of itself. Nothing was checked: anybody can write this. */
export interface UnverifiedToken {
  readonly unverified: true
  readonly header: Readonly<Record<string, unknown>>
  readonly payload: Readonly<Record<string, unknown>>
}

/**
 * Accepts a token apart without checking its signature, for logs and for pages that explain tokens.
 *
 * @throws TokenError `malformed`, `too_large`, `unsupported_crit`
 */
export function parse(token: string): UnverifiedToken {
  const { header, payload } = readCompact(token)
  const claims = parseJsonObject(decodeUtf8(payload))
  if (!claims) throw new TokenError('malformed', 'the payload is not a JSON object in UTF-8')
  return { unverified: true, header: header.members, payload: claims }
}

/**
 * Whether claims end within `seconds` from now. Claims without a usable `exp` count as ending.
 *
 * @param seconds how far to look ahead
 * @param now seconds since the epoch; default: the runtime's clock
 */
export function isExpiringSoon(
  claims: { readonly exp?: unknown },
  seconds: number,
  now: number = Date.now() / 1000,
): boolean {
  return typeof claims.exp !== 'number' || !(claims.exp - now > seconds)
}
