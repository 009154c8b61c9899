import { readBounded } from '@sealgate/kit/gateway'
import { GatewayError } from '../errors.ts'

/** Larger than any set of tokens that this endpoint accepts. */
const MAX_BODY_BYTES = 65_536

/** The media type of the body, without parameters, in lower case. */
export function mediaType(request: Request): string | undefined {
  return request.headers.get('Content-Type')?.split(';')[0]?.trim().toLowerCase()
}

/**
 * Reads an `application/x-www-form-urlencoded` body (RFC 6749 §3.2): an empty parameter counts as absent, a repeated one
 * is an error.
 *
 * @throws GatewayError `invalid_request`, `request_too_large`
 */
export async function readForm(request: Request): Promise<ReadonlyMap<string, string>> {
  const type = mediaType(request)
  if (type !== 'application/x-www-form-urlencoded') {
    throw new GatewayError('invalid_request', {
      description: 'The body must be application/x-www-form-urlencoded',
    })
  }
  const form = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(await readBody(request))) {
    if (form.has(name)) throw new GatewayError('invalid_request', { description: 'A parameter is repeated' })
    form.set(name, value)
  }
  return new Map([...form].filter(([, value]) => value !== ''))
}

/**
 * Reads a body as UTF-8.
 *
 * @throws GatewayError `invalid_request`, `request_too_large`
 */
export async function readBody(request: Request): Promise<string> {
  const bytes = await readBounded(request.body, MAX_BODY_BYTES)
  if (bytes === null) throw new GatewayError('request_too_large')
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new GatewayError('invalid_request', { description: 'The body is not UTF-8' })
  }
}
