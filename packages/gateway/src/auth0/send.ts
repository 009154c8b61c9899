import { readBounded, TIMED_OUT, withDeadline } from '@sealgate/kit/gateway'
import { GatewayError } from '../errors.ts'

/** Auth0 must have responded, body and all, within this time. */
const TIMEOUT_MS = 5000

/** More than any set of tokens or claims that Auth0 gives. */
const MAX_RESPONSE_BYTES = 262_144

/** The longest wait that Auth0 may ask our callers for, in seconds. */
const MAX_RETRY_AFTER = 3600

/** A request to Auth0. */
export interface Auth0Request {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: URLSearchParams | undefined
}

/**
 * Asks Auth0, within bounds of time and size. What comes back is a response that can be judged: 200, or a rejection.
 *
 * @throws GatewayError `auth0_unavailable` when it does not respond in time or has had enough of us (429);
 *   `auth0_failed` when it responds with a fault, a redirect or too much
 */
export async function askAuth0(
  url: string,
  { method, headers: sent, body: form }: Auth0Request,
  send: typeof fetch,
): Promise<Response> {
  const { response, body } = await exchangeWith(
    url,
    { method, headers: sent, body: form ?? null },
    send,
    'no whole response in time',
  )
  const { status, headers } = response
  if (status === 429)
    throw new GatewayError('auth0_unavailable', { detail: 'status 429', ...waitOf(headers) })
  if (body === null) throw new GatewayError('auth0_failed', { detail: 'the response is too large' })
  if (status >= 500 || (status >= 300 && status < 400)) {
    throw new GatewayError('auth0_failed', { detail: `status ${status}` })
  }
  return new Response(body.byteLength > 0 ? body : null, { status, headers })
}

/**
 * Sends a request to Auth0 and reads the response to its end, within bounds of time and size. The body is `null` when it
 * is larger than any that counts.
 *
 * @param failure what the log says when no whole response came in time
 * @throws GatewayError `auth0_unavailable`
 */
export async function exchangeWith(
  url: string,
  init: RequestInit,
  send: typeof fetch,
  failure: string,
): Promise<{ readonly response: Response; readonly body: Uint8Array | null }> {
  const controller = new AbortController()
  const exchange = async (): Promise<{ response: Response; body: Uint8Array | null }> => {
    const response = await send(url, { ...init, redirect: 'manual', signal: controller.signal })
    return { response, body: await readBounded(response.body, MAX_RESPONSE_BYTES) }
  }
  // Its timer ends with the response: one that ran on would keep a Durable Object from its rest.
  const outcome = await withDeadline(exchange(), TIMEOUT_MS, controller).catch(
    (): typeof TIMED_OUT => TIMED_OUT,
  )
  if (outcome === TIMED_OUT) throw new GatewayError('auth0_unavailable', { detail: failure })
  return outcome
}

function waitOf(headers: Headers): { readonly headers?: Readonly<Record<string, string>> } {
  const seconds = headers.get('Retry-After') ?? ''
  if (!/^\d{1,6}$/.test(seconds)) return {}
  return { headers: { 'Retry-After': String(Math.min(Number(seconds), MAX_RETRY_AFTER)) } }
}
