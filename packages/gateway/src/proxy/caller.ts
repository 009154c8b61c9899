import { readCredentials } from '@sealgate/kit/gateway'
import { GatewayError } from '../errors.ts'
import type { SubjectClaims } from '../exchange/rules.ts'
import type { Gateway } from '../gateway.ts'
import { sessionAccessToken } from '../session/access.ts'
import { readSubprotocolToken } from './upgrade.ts'

/** Who sends a request to a route. */
export type Caller =
  | {
      readonly kind: 'subject'
      /** The Auth0 access token, verified in this request. */
      readonly token: string
      readonly claims: SubjectClaims
      readonly bySession: boolean
    }
  | { readonly kind: 'nobody' }

/**
 * The caller of a route. `Authorization` alone counts when it is there, and a bad one is rejected, never downgraded; so
 * is a WebSocket's subprotocol token. Only without either does a session count.
 *
 * @throws GatewayError
 */
export async function callerOf(gateway: Gateway, request: Request): Promise<Caller> {
  const byHeader = readCredentials(request)
  const byProtocol = readSubprotocolToken(request)
  const hasHeader = request.headers.has('Authorization')
  if (hasHeader && byProtocol.kind !== 'none') {
    throw new GatewayError('malformed_credentials', {
      detail: 'a header and a subprotocol both carry a token',
    })
  }
  const credentials = hasHeader ? byHeader : byProtocol
  if (credentials.kind === 'malformed') {
    throw new GatewayError('malformed_credentials', { detail: credentials.detail })
  }
  if (credentials.kind === 'token') return subject(gateway, credentials.token, false)
  // Credentials of another scheme came: they are rejected like bad ones.
  if (hasHeader) throw new GatewayError('no_credentials')
  const token = await sessionAccessToken(gateway, request)
  return token === undefined ? { kind: 'nobody' } : subject(gateway, token, true)
}

async function subject(gateway: Gateway, token: string, bySession: boolean): Promise<Caller> {
  const verified = await gateway.auth0.verify(token)
  if (!verified.ok) throw new GatewayError('invalid_token', { detail: verified.rejection })
  return { kind: 'subject', token, claims: verified.claims, bySession }
}
