import { sha256 } from '../jose/sha256.ts'
import { encodeUtf8 } from '../primitives/utf8.ts'
import { MAX_BOUND_BODY_BYTES } from '../constants.ts'
import { ClaimsError } from '../errors.ts'
import { readBounded } from '../primitives/read-bounded.ts'

/**
 * The hash that a request-bound token carries in `req`:
 * base64url(SHA-256(METHOD "\n" path and query "\n" body bytes)). The body is read from a clone, so the
 * request can still be sent or handled.
 *
 * @throws ClaimsError when the body was read already or is larger than 1 MiB
 */
export async function computeRequestHash(request: Request): Promise<string> {
  const hash = await hashRequest(request)
  if (hash === null)
    throw new ClaimsError(
      `the body is larger than ${MAX_BOUND_BODY_BYTES} bytes: no token can be bound to it`,
    )
  return hash
}

/** The bodies of requests that were read before they are hashed, where whoever read them kept the bytes. */
const keptBodies = new WeakMap<Request, Uint8Array>()

/** Lets a request be hashed whose body was read: by the bytes that were kept of it. */
export function keepBody(request: Request, body: Uint8Array): void {
  keptBodies.set(request, body)
}

/** As {@link computeRequestHash}, but `null` for a body that is too large. */
export async function hashRequest(request: Request): Promise<string | null> {
  const { pathname, search } = new URL(request.url)
  const body = request.bodyUsed
    ? keptBody(request)
    : await readBounded(request.clone().body, MAX_BOUND_BODY_BYTES)
  if (body === null || body.length > MAX_BOUND_BODY_BYTES) return null
  const head = encodeUtf8(`${request.method}\n${pathname}${search}\n`)
  const bytes = new Uint8Array(head.length + body.length)
  bytes.set(head)
  bytes.set(body, head.length)
  return sha256(bytes)
}

function keptBody(request: Request): Uint8Array {
  const body = keptBodies.get(request)
  if (body) return body
  throw new ClaimsError(
    'the body of the request was read already, and its bytes were not kept: bind or check the request before, or read a ' +
      'clone of it (in Hono: guard first)',
  )
}
