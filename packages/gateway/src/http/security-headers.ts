import { present } from '../config/schema.ts'

/** On responses of the gateway's own. A handler that sets one of them keeps its own. */
const OWN = [
  ['X-Content-Type-Options', 'nosniff'],
  // The address of a callback holds its code.
  ['Referrer-Policy', 'no-referrer'],
  ['Cross-Origin-Resource-Policy', 'same-origin'],
] as const

/**
 * On responses of services that set none: what breaks no page that declares its types. Not `Cross-Origin-Resource-Policy`:
 * whether other sites may show an image is the service's to say.
 */
const FORWARDED = [
  ['X-Content-Type-Options', 'nosniff'],
  // What current browsers do by default, for those that do not.
  ['Referrer-Policy', 'strict-origin-when-cross-origin'],
] as const

/** A year, for this host alone: subdomains are not the gateway's (RFC 6797 §6.1). */
const HSTS = ['Strict-Transport-Security', 'max-age=31536000'] as const

export interface Served {
  readonly env: object
  readonly request: Request
  /** A service made the response. */
  readonly isForwarded: boolean
}

/** Adds the security headers that a response lacks. A 101 has no use for them. */
export function addSecurityHeaders(response: Response, { env, request, isForwarded }: Served): void {
  if (response.status === 101) return
  const { headers } = response
  for (const header of isForwarded ? FORWARDED : OWN) addMissing(headers, header)
  if (isHttps(env, request)) addMissing(headers, HSTS)
}

function addMissing(headers: Headers, [name, value]: readonly [name: string, value: string]): void {
  if (!headers.has(name)) headers.set(name, value)
}

/**
 * Whether browsers may be held to https: `BASE_URL` says so, and the response goes over it (RFC 6797 §7.2). Read from the
 * environment itself, because there are responses without a gateway.
 */
function isHttps(env: object, request: Request): boolean {
  const baseUrl = present(env, 'BASE_URL')
  return typeof baseUrl === 'string' && baseUrl.startsWith('https:') && request.url.startsWith('https:')
}
