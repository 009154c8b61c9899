import { parseJsonObject } from '../primitives/json.ts'
import { decodeUtf8 } from '../primitives/utf8.ts'
import { isLoopback } from '../primitives/loopback.ts'
import { JWKS_MAX_BYTES } from '../constants.ts'
import { readBounded } from '../primitives/read-bounded.ts'

/** Anything with the `fetch` of a service binding. */
export interface FetchService {
  /** As the global `fetch`, handled by the bound Worker. */
  fetch(input: string, init?: RequestInit): Promise<Response>
}

export function isFetchService(value: unknown): value is FetchService {
  return (
    value !== null &&
    (typeof value === 'object' || typeof value === 'function') &&
    'fetch' in value &&
    typeof value.fetch === 'function'
  )
}

/** Fetches a JWK Set. `force` passes over HTTP caches. What it throws says what is wrong, without any body. */
export type JwksLoader = (force: boolean, signal: AbortSignal) => Promise<Readonly<Record<string, unknown>>>

/** workerd rejects a relative URL on a service binding; the host is never resolved. */
const SERVICE_URL = 'https://jwks.internal/.well-known/jwks.json'

/** Asks a service binding to the gateway's `Keys` entrypoint. */
export function serviceLoader(service: FetchService): JwksLoader {
  return async (force, signal) => {
    const response = await service.fetch(SERVICE_URL, requestInit(force, signal))
    if (response.status === 404) {
      await discard(response)
      throw new Error('the JWKS service responded with 404: does the binding set "entrypoint": "Keys"?')
    }
    return readSet(response)
  }
}

/** Asks a URL that {@link isJwksUrl} allows. */
export function urlLoader(url: string, fetch: typeof globalThis.fetch): JwksLoader {
  return async (force, signal) => readSet(await fetch(url, requestInit(force, signal)))
}

/** True for https URLs, and for http on loopback; never with credentials in them. */
export function isJwksUrl(url: string): boolean {
  if (!URL.canParse(url)) return false
  const { protocol, hostname, username, password } = new URL(url)
  if (username !== '' || password !== '') return false
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname))
}

function requestInit(force: boolean, signal: AbortSignal): RequestInit {
  return {
    headers: { Accept: 'application/json', ...(force && { 'Cache-Control': 'no-cache' }) },
    redirect: 'manual',
    signal,
  }
}

async function readSet(response: Response): Promise<Readonly<Record<string, unknown>>> {
  const { status } = response
  if (status !== 200) {
    await discard(response)
    throw new Error(
      status >= 300 && status < 400 ? 'the JWKS request got a redirect' : `the JWKS request got ${status}`,
    )
  }
  const bytes = await readBounded(response.body, JWKS_MAX_BYTES)
  if (!bytes) throw new Error(`the JWKS is larger than ${JWKS_MAX_BYTES} bytes`)
  const set = parseJsonObject(decodeUtf8(bytes))
  if (!set) throw new Error('the JWKS is not a JSON object')
  return set
}

/** An unread body would hold its connection. */
async function discard(response: Response): Promise<void> {
  await response.body?.cancel().catch(() => undefined)
}
