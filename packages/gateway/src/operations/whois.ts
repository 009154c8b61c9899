import { parse, type SlotDescription, TokenError } from '@sealgate/kit'
import { explainToken, type TokenExplanation, type TokenRule, TXN_TOKEN_TYP } from '@sealgate/kit/gateway'
import type { Auth0Rejection } from '../auth0/auth0-error.ts'
import { exchange, type ExchangeRejection } from '../exchange/rules.ts'
import { rejectRevoked } from '../exchange/issue.ts'
import type { Gateway } from '../gateway.ts'
import { ACCESS_TOKEN_TYP } from '../issuers/own-tokens.ts'

/** What the exchange would make of a token of Auth0. */
export interface ExchangeView {
  readonly audience: string
  readonly ok: boolean
  readonly rejection?: ExchangeRejection
  readonly permissions?: readonly string[]
  readonly roles?: readonly string[]
}

/** Whose a token is (`issuer`: one beside the tenant), and what this deployment says to it. No part of the token is in it. */
export type TokenReport =
  | (Omit<TokenExplanation, 'thumbprint'> & {
      /** `foreign`: neither this gateway nor an issuer that counts here issued it, as it says itself. */
      readonly issued: 'here' | 'foreign'
      /** The key that it names, if it is one of this gateway. */
      readonly key?: Partial<SlotDescription> & { readonly thumbprint?: string }
    })
  | ({ readonly issued: 'auth0' } & SubjectReport)
  | ({ readonly issued: 'issuer' } & SubjectReport)

/** Of an access token that the exchange may take. */
interface SubjectReport {
  readonly ok: boolean
  readonly reason?: Auth0Rejection
  readonly rules: readonly TokenRule[]
  /** For each audience of this gateway. Absent for a token that is rejected. */
  readonly exchange?: readonly ExchangeView[]
}

/** The `typ` of tokens that this gateway issues. */
const TYPES: readonly unknown[] = ['JWT', TXN_TOKEN_TYP]

/** @throws GatewayError `auth0_unavailable`, `issuer_unavailable` when the keys for its token cannot be had */
export async function whois(gateway: Gateway, token: string): Promise<TokenReport> {
  const { iss, aud, typ, kid } = said(token)
  const { auth0, issuers } = gateway.config
  if (iss === auth0.issuer) return { issued: 'auth0', ...(await subjectReport(gateway, token)) }
  if (typeof iss === 'string' && issuers.has(iss))
    return { issued: 'issuer', ...(await subjectReport(gateway, token)) }
  const audiences = [...gateway.config.audiences.keys()]
  const audience = audiences.find((one) => [aud].flat().includes(one)) ?? audiences[0] ?? ''
  const kit = gateway.kitFor(audience)
  const type = TYPES.includes(typ) ? { typ: String(typ) } : {}
  const own = ownToken(gateway, { iss, aud, typ })
  const { thumbprint, ...explanation } = await explainToken(kit, token, own ?? { aud: audience, ...type })
  const { sign } = await kit.describe()
  const slot = kid === undefined ? undefined : sign?.slots.find((one) => one.kid === kid)
  return {
    issued: own || iss === gateway.config.issuer ? 'here' : 'foreign',
    ...explanation,
    ...(slot && { key: { ...slot, ...(thumbprint !== undefined && { thumbprint }) } }),
  }
}

/** What a token for an MCP server must be, if this is one that the gateway issued for an identity assertion. */
function ownToken(
  { config: { enterprise } }: Gateway,
  { iss, aud, typ }: Readonly<Record<'iss' | 'aud' | 'typ', unknown>>,
): { iss: string; aud: string; typ: string } | undefined {
  if (!enterprise || iss !== enterprise.issuer || typ !== ACCESS_TOKEN_TYP) return undefined
  return typeof aud === 'string' && enterprise.resources.has(aud)
    ? { iss: enterprise.issuer, aud, typ: ACCESS_TOKEN_TYP }
    : undefined
}

async function subjectReport(gateway: Gateway, token: string): Promise<SubjectReport> {
  const result = await gateway.subjectTokens.verify(token)
  if (!result.ok) {
    const { rejection: reason } = result
    return { ok: false, reason, rules: [{ rule: 'claims', passed: false, detail: reason }] }
  }
  const revocation = await revocationOf(gateway, result.claims)
  return {
    ok: revocation.passed !== false,
    ...(revocation.passed === false && { reason: 'revoked' as const }),
    rules: [{ rule: 'claims', passed: true }, revocation],
    exchange: [...gateway.config.audiences.keys()].map((audience) => {
      const exchanged = exchange(result.claims, { audience }, gateway.config, gateway.now())
      if (!exchanged.ok) return { audience, ok: false, rejection: exchanged.rejection }
      const { permissions, roles } = exchanged.claims
      return { audience, ok: true, permissions, roles }
    }),
  }
}

async function revocationOf(
  gateway: Gateway,
  claims: Parameters<typeof rejectRevoked>[1],
): Promise<TokenRule> {
  const rule = 'revocation'
  if (!gateway.config.hasDenylist) return { rule, passed: null, detail: 'there is no deny-list' }
  try {
    await rejectRevoked(gateway, claims)
    return { rule, passed: true }
  } catch (error) {
    if (error instanceof TokenError) return { rule, passed: false, detail: error.detail }
    throw error
  }
}

/** What a token says of itself. */
function said(token: string): Readonly<Record<'iss' | 'aud' | 'typ' | 'kid', unknown>> {
  try {
    const { header, payload } = parse(token)
    return { iss: payload.iss, aud: payload.aud, typ: header.typ, kid: header.kid }
  } catch (error) {
    if (error instanceof TokenError) return { iss: undefined, aud: undefined, typ: undefined, kid: undefined }
    throw error
  }
}
