import { parse } from '@sealgate/kit'
import { TXN_TOKEN_TYP } from '@sealgate/kit/gateway'
import { GatewayError } from '../errors.ts'
import type { Gateway } from '../gateway.ts'
import { readForm } from '../http/form.ts'
import { admitClient } from './admit-client.ts'
import { checkForm, revocationForm } from './schemas.ts'

/**
 * `POST /oauth/revoke` (RFC 7009): ends a token of this gateway that the caller holds, internal or of an MCP server. Nothing is
 * written for a token whose signature is not ours, and the response is the same (§2.2).
 *
 * @throws GatewayError `not_found` without a deny-list
 */
export async function revokeToken(gateway: Gateway, request: Request): Promise<Response> {
  if (!gateway.config.hasDenylist) throw new GatewayError('not_found')
  const form = await readForm(request, 'The revocation')
  await admitClient(gateway, request, form)
  const { token } = checkForm(revocationForm, form)
  const audience = audienceOf(token)
  const jti = audience === undefined ? undefined : await jtiOf(gateway, token, audience)
  if (audience !== undefined && jti !== undefined) await gateway.kitFor(audience).revoke({ jti })
  return new Response(null, { headers: { 'Cache-Control': 'no-store', Pragma: 'no-cache' } })
}

/** That of a token which this gateway issued: for a service, or for an MCP server; `undefined`: it is none. */
async function jtiOf(gateway: Gateway, token: string, audience: string): Promise<string | undefined> {
  if (gateway.config.enterprise?.resources.has(audience)) {
    const own = await gateway.ownTokens?.verify(token, audience)
    if (own?.ok && typeof own.claims.jti === 'string') return own.claims.jti
  }
  if (!gateway.config.audiences.has(audience)) return undefined
  const kit = gateway.kitFor(audience)
  for (const typ of ['JWT', TXN_TOKEN_TYP]) {
    const result = await kit.safeVerify(token, { aud: audience, typ })
    if (result.ok) return result.claims.jti
  }
  return undefined
}

/** Whom the token says it is for: it picks the key, which then decides. */
function audienceOf(token: string): string | undefined {
  try {
    const { aud } = parse(token).payload
    return typeof aud === 'string' ? aud : undefined
  } catch {
    return undefined
  }
}
