import type { Config } from '../config/read-config.ts'
import { GatewayError } from '../errors.ts'

/** Whether a request brings credentials of a client, good or bad. */
export function offersCredentials(request: Request, parameters: ReadonlyMap<string, string>): boolean {
  return request.headers.has('Authorization') || parameters.has('client_secret')
}

/**
 * Authenticates the client of the exchange endpoint (RFC 6749 §2.3.1): HTTP Basic or parameters of the body, not both.
 * Returns its id; `undefined` for a public client.
 *
 * @throws GatewayError `invalid_client`; `invalid_request` for two ways at once
 */
export async function authenticateClient(
  request: Request,
  parameters: ReadonlyMap<string, string>,
  { clients, isPublic }: Config['exchange'],
): Promise<string | undefined> {
  const header = request.headers.get('Authorization')
  const secret = parameters.get('client_secret')
  if (header !== null && secret !== undefined) {
    throw new GatewayError('invalid_request', { description: 'The client authenticates in two ways' })
  }
  const credentials = header === null ? { id: parameters.get('client_id'), secret } : readBasic(header)
  if (credentials?.secret === undefined) {
    if (isPublic && header === null) return undefined
    throw new GatewayError('invalid_client', { detail: 'no client authentication' })
  }
  // The hash is compared even for an unknown client, so that its absence takes as long.
  const expected = clients.get(credentials.id ?? '')
  const given = new Uint8Array(
    await crypto.subtle.digest('SHA-256', new TextEncoder().encode(credentials.secret)),
  )
  const isSame = equalInConstantTime(given, expected ?? NO_HASH)
  if (!expected || !isSame) {
    throw new GatewayError('invalid_client', { detail: 'unknown client or wrong secret' })
  }
  return credentials.id
}

const NO_HASH = new Uint8Array(32)

/** RFC 6749 §2.3.1: id and secret are form-encoded before they become Basic credentials. */
function readBasic(header: string): { readonly id: string; readonly secret: string } | undefined {
  const encoded = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(header)?.[1]
  if (encoded === undefined) return undefined
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0)),
    )
    const colon = text.indexOf(':')
    return colon < 0
      ? undefined
      : { id: decodeForm(text.slice(0, colon)), secret: decodeForm(text.slice(colon + 1)) }
  } catch {
    return undefined
  }
}

function decodeForm(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '))
}

/** Accepts the same time wherever two hashes of one length differ. */
function equalInConstantTime(one: Uint8Array, other: Uint8Array): boolean {
  let difference = one.length ^ other.length
  for (const [index, byte] of one.entries()) difference |= byte ^ (other[index] ?? 0)
  return difference === 0
}
