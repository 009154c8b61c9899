import { readBounded } from '@sealgate/kit/gateway'
import { GatewayError } from '../errors.ts'

/** Auth0 must have answered, body and all, within this time. */
const TIMEOUT_MS = 5000

/** More than any set of tokens or claims that Auth0 gives. */
const MAX_ANSWER_BYTES = 262_144

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
 * @throws GatewayError `auth0_unavailable` when it does not answer in time or has had enough of us (429);
 *   `auth0_failed` when it answers with a fault, a redirect or too much
 */
export async function askAuth0(
  url: string,
  { method, headers: sent, body: form }: Auth0Request,
  send: typeof fetch,
): Promise<Response> {
  let response: Response
  let body: Uint8Array | null
  // Not AbortSignal.timeout: its timer would run on after the response, and keep a Durable Object from its rest.
  const controller = new AbortController()
  const timer = setTimeout(() => controller.abort(), TIMEOUT_MS)
  try {
    response = await send(url, {
      method,
      headers: sent,
      body: form ?? null,
      redirect: 'manual',
      signal: controller.signal,
    })
    body = await readAuth0Body(response)
  } catch {
    throw new GatewayError('auth0_unavailable', { detail: 'no whole response in time' })
  } finally {
    clearTimeout(timer)
  }
  const { status, headers } = response
  if (status === 429)
    throw new GatewayError('auth0_unavailable', { detail: 'status 429', ...waitOf(headers) })
  if (body === null) throw new GatewayError('auth0_failed', { detail: 'the response is too large' })
  if (status >= 500 || (status >= 300 && status < 400)) {
    throw new GatewayError('auth0_failed', { detail: `status ${status}` })
  }
  return new Response(body.byteLength > 0 ? body : null, { status, headers })
}

/** The body of a response of Auth0's; `null` when it is larger than any that counts. What is left is not read. */
export function readAuth0Body(response: Response): Promise<Uint8Array | null> {
  return readBounded(response.body, MAX_ANSWER_BYTES)
}

function waitOf(headers: Headers): { readonly headers?: Readonly<Record<string, string>> } {
  const seconds = headers.get('Retry-After') ?? ''
  if (!/^\d{1,6}$/.test(seconds)) return {}
  return { headers: { 'Retry-After': String(Math.min(Number(seconds), MAX_RETRY_AFTER)) } }
}
