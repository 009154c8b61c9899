import { MAX_BOUND_BODY_BYTES } from '../constants.ts'
import { encodeBase64Url, encodeUtf8 } from '../encoding.ts'
import { ClaimsError } from '../errors.ts'

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

/** As {@link computeRequestHash}, but `null` for a body that is too large. */
export async function hashRequest(request: Request): Promise<string | null> {
  const { pathname, search } = new URL(request.url)
  const body = await readBody(request)
  if (body === null) return null
  const head = encodeUtf8(`${request.method}\n${pathname}${search}\n`)
  const bytes = new Uint8Array(head.length + body.length)
  bytes.set(head)
  bytes.set(body, head.length)
  return encodeBase64Url(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)))
}

async function readBody(request: Request): Promise<Uint8Array | null> {
  if (request.bodyUsed)
    throw new ClaimsError('the body of the request was read already: bind or check it before')
  const stream: ReadableStream<Uint8Array> | null = request.clone().body
  if (!stream) return new Uint8Array()
  const chunks: Uint8Array[] = []
  let length = 0
  const reader = stream.getReader()
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    length += part.value.length
    if (length > MAX_BOUND_BODY_BYTES) {
      // The other branch of the clone may never be read: do not wait for it.
      reader.cancel().catch(() => undefined)
      return null
    }
    chunks.push(part.value)
  }
  const body = new Uint8Array(length)
  let offset = 0
  for (const chunk of chunks) {
    body.set(chunk, offset)
    offset += chunk.length
  }
  return body
}
