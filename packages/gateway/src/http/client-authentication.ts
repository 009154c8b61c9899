import type { Config } from '../config/read-config.ts'
import { GatewayError } from '../errors.ts'
import { encodeUtf8 } from '../observability/utf8.ts'
import { type Assertion, ASSERTION_TYPE, verifyAssertion } from './client-assertion.ts'
import { equalInConstantTime } from './constant-time.ts'

/** Parameters that authenticate a client (RFC 6749 §2.3.1, RFC 7521 §4.2). */
const SECRET = 'client_secret'
const ASSERTION = 'client_assertion'
const TYPE = 'client_assertion_type'

/** Whether a request brings credentials of a client, good or bad. */
export function offersCredentials(request: Request, parameters: ReadonlyMap<string, string>): boolean {
  return waysOf(request, parameters) > 0
}

function waysOf(request: Request, parameters: ReadonlyMap<string, string>): number {
  const signs = parameters.has(ASSERTION) || parameters.has(TYPE)
  return [request.headers.has('Authorization'), parameters.has(SECRET), signs].filter(Boolean).length
}

/** A client that authenticated. */
export interface AuthenticatedClient {
  readonly client: string
  /** What it signed, which counts once; `undefined`: it has a secret. */
  readonly assertion: Assertion | undefined
}

/**
 * Authenticates the client of the exchange endpoint: HTTP Basic or parameters of the body (RFC 6749 §2.3.1), or a JWT that
 * it signed (`private_key_jwt`, RFC 7523 §2.2); one of them. `undefined` for a public client.
 *
 * @param assertionAudiences what the `aud` of an assertion may be
 * @param now seconds since the epoch
 * @throws GatewayError `invalid_client`; `invalid_request` for two ways at once, or half of one
 */
export async function authenticateClient(
  request: Request,
  parameters: ReadonlyMap<string, string>,
  { clients, isPublic }: Config['exchange'],
  assertionAudiences: readonly string[],
  now: number,
): Promise<AuthenticatedClient | undefined> {
  const ways = waysOf(request, parameters)
  if (ways > 1) {
    throw new GatewayError('invalid_request', { description: 'The client authenticates in two ways' })
  }
  if (ways === 0 && isPublic) return undefined
  if (parameters.has(ASSERTION) || parameters.has(TYPE)) {
    const expected = { clients, clientId: parameters.get('client_id'), audiences: assertionAudiences, now }
    const assertion = await verifyAssertion(readAssertion(parameters), expected)
    if (!assertion.ok) throw new GatewayError('invalid_client', { detail: assertion.rejection })
    return { client: assertion.client, assertion }
  }
  const header = request.headers.get('Authorization')
  const credentials =
    header === null ? { id: parameters.get('client_id'), secret: parameters.get(SECRET) } : readBasic(header)
  if (credentials?.id === undefined || credentials.secret === undefined) {
    throw new GatewayError('invalid_client', { detail: 'no client authentication' })
  }
  // The hash is compared even for an unknown client, so that its absence takes as long.
  const expected = clients.get(credentials.id)?.secretHash
  const given = new Uint8Array(await crypto.subtle.digest('SHA-256', encodeUtf8(credentials.secret)))
  const isSame = equalInConstantTime(given, expected ?? NO_HASH)
  if (!expected || !isSame) {
    throw new GatewayError('invalid_client', { detail: 'unknown client or wrong secret' })
  }
  return { client: credentials.id, assertion: undefined }
}

/** RFC 7521 §4.2: both parameters are required. Another type is a method that is not supported (RFC 6749 §5.2). */
function readAssertion(parameters: ReadonlyMap<string, string>): string {
  const assertion = parameters.get(ASSERTION)
  const type = parameters.get(TYPE)
  if (assertion === undefined || type === undefined) {
    throw new GatewayError('invalid_request', {
      description: `The parameter ${assertion === undefined ? ASSERTION : TYPE} is missing`,
    })
  }
  if (type !== ASSERTION_TYPE) throw new GatewayError('invalid_client', { detail: 'another assertion type' })
  return assertion
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
