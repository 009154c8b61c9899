import { isLoopback } from '@sealgate/kit/gateway'
import { isPrivateHost } from './private-address.ts'

/** What an origin is held against. */
export interface OriginRules {
  /** The route says that a private address is meant. */
  readonly allowPrivate: boolean
  /** `WORKER_ENV`. */
  readonly environment: string
  /** The gateway's own origin, if it is known. */
  readonly baseUrl: string | undefined
}

/** What is wrong with the origin of a route, in words that follow it; `undefined`: nothing. */
export function problemOfOrigin(given: string, rules: OriginRules): string | undefined {
  if (!URL.canParse(given)) return 'is no URL: set it to scheme and host, for example https://api.example.com'
  const { origin, protocol, hostname } = new URL(given)
  const isHttp =
    protocol === 'http:' && rules.environment === 'dev' && rules.allowPrivate && isLoopback(hostname)
  if (protocol !== 'https:' && !isHttp) {
    return 'is not https (http only on loopback, with allowPrivate: true and WORKER_ENV dev)'
  }
  if (given !== origin) return `is not scheme and host alone in their plain form: did you mean ${origin}?`
  if (hostname.endsWith('.')) return 'ends in a dot: remove it'
  if (isPrivateHost(hostname) && !rules.allowPrivate) {
    return 'is a private address: if it is meant, set allowPrivate: true on the route'
  }
  if (rules.baseUrl !== undefined && new URL(rules.baseUrl).origin === origin) {
    return 'is the gateway itself (BASE_URL): requests would come back'
  }
  return undefined
}
