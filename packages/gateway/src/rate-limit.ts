import type { Logger, Pseudonyms } from '@sealgate/kit/gateway'
import type { Config } from './config/read-config.ts'
import type { LimiterName } from './config/limiter-names.ts'
import { GatewayError } from './errors.ts'

/** What limiting needs of a gateway. */
export interface Limiting {
  readonly config: Pick<Config, 'rateLimiters'>
  readonly pseudonyms: Pseudonyms
  readonly logger: Logger
}

/** Who is counted. */
export interface Counted {
  /** The binding gets its network. */
  readonly ip?: string | undefined
  /** The user name of a login, which anybody may write: the binding gets its hash. */
  readonly user?: string | undefined
  /** A verified subject: the binding gets its hash. It counts apart from a user name that is the same. */
  readonly subject?: string | undefined
  readonly client?: string | undefined
}

/**
 * Counts a request against each of the keys, and rejects it when one has had enough. A limiter that fails stops nobody but
 * the password realm, where guessing must not be free.
 *
 * @param name whose limit it is
 * @throws GatewayError `rate_limited`, `limiter_unavailable`
 */
export async function limit(
  { config, pseudonyms, logger }: Limiting,
  { ip, user, subject, client }: Counted,
  name: LimiterName,
): Promise<void> {
  const limiter = config.rateLimiters[name]
  if (!limiter) return
  const keys = [
    ...(ip === undefined ? [] : [`ip:${networkOf(ip)}`]),
    ...(user === undefined ? [] : [`user:${await pseudonyms.of('limit', user)}`]),
    ...(subject === undefined ? [] : [`sub:${await pseudonyms.of('limit', subject)}`]),
    ...(client === undefined ? [] : [`client:${client}`]),
  ]
  let outcomes: readonly { readonly success: boolean }[]
  try {
    outcomes = await Promise.all(keys.map((key) => limiter.limit({ key })))
  } catch (cause) {
    if (name === 'password') throw new GatewayError('limiter_unavailable', { cause })
    logger.event({ event: 'rate_limiter_failed', level: 'error' })
    return
  }
  if (outcomes.some(({ success }) => !success)) throw new GatewayError('rate_limited')
}

/** Whose an address is: in IPv6 everybody has a /64 at least (RFC 6177), and would count anew with each address of it. */
export function networkOf(ip: string): string {
  const url = `http://[${ip}]`
  if (!ip.includes(':') || !URL.canParse(url)) return ip
  // The URL parser writes it in one form (RFC 5952), in which `::` stands for zeros at most once.
  const [head = '', tail] = new URL(url).hostname.slice(1, -1).split('::')
  const groups = [head, tail ?? ''].map((part) => part.split(':').filter((group) => group !== ''))
  const [before = [], after = []] = groups
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0')
  const address = [...before, ...zeros, ...after]
  const isIpv4 = address.slice(0, 6).join(':') === '0:0:0:0:0:ffff'
  return isIpv4 ? address.join(':') : `${address.slice(0, 4).join(':')}::/64`
}

/**
 * The address of the caller as Cloudflare saw it. Elsewhere the header is anybody's to set: `X-Real-IP` counts in tests
 * and development only.
 */
export function clientIp(request: Request, environment: Config['environment']): string | undefined {
  const isLocal = environment === 'test' || environment === 'dev'
  return (
    request.headers.get('CF-Connecting-IP') ??
    (isLocal ? (request.headers.get('X-Real-IP') ?? undefined) : undefined)
  )
}
