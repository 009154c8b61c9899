import { actHash, ClaimsError, type VerifiedClaims } from '@sealgate/kit'
import { rightsOf } from '@sealgate/kit/gateway'
import * as z from 'zod/mini'
import { GatewayError } from '../errors.ts'
import { verifyFor } from './delegate.ts'
import type { Issuing } from './issue.ts'
import { within } from './rules.ts'
import { type IssuedApproval, issueApproval } from './transaction-token.ts'

/** Seconds. A yes is for what the person has just read. */
const APPROVAL_SECONDS = 60

const REQUEST = z.strictObject({
  audience: z.string().check(z.minLength(1)),
  tool: z.string().check(z.minLength(1), z.maxLength(256)),
  args: z.unknown(),
  permissions: z.optional(z.array(z.string())),
})

/**
 * A person's yes to one action of the service that calls, as a token that the audience takes once: a transaction token with
 * the hash of tool and arguments. The token that it is given for must be the person's own, as the gateway issued it to that
 * service: nobody who acts for somebody can approve.
 *
 * @param service who calls and will act; the token must be meant for it
 * @throws GatewayError
 */
export async function approve(
  gateway: Issuing,
  service: string,
  token: unknown,
  request: unknown,
): Promise<IssuedApproval> {
  const { config } = gateway
  const parsed = REQUEST.safeParse(request)
  if (!parsed.success) throw new GatewayError('invalid_request', { detail: 'the request has another shape' })
  const { audience, tool, args, permissions } = parsed.data
  const maximum = config.audiences.get(audience)
  if (!maximum) throw new GatewayError('invalid_target')
  // With HS512 the service that calls holds the secret that its users' tokens are signed with: it could write each of them.
  if (config.mode !== 'EdDSA') throw new GatewayError('no_proof')
  const claims = await verifyFor(gateway, service, token)
  checkApprover(claims, config)
  const issuedAt = Math.floor(gateway.now())
  const expiresAt = Math.min(issuedAt + APPROVAL_SECONDS, claims.exp)
  if (expiresAt <= gateway.now()) throw new GatewayError('invalid_token', { detail: 'expired' })
  const held = within(maximum.permissions, rightsOf(claims).permissions)
  const scope = permissions ?? held
  if (!scope.every((one) => held.includes(one))) {
    throw new GatewayError('invalid_scope', { detail: 'an approval only narrows' })
  }
  return issueApproval(gateway, {
    subject: claims,
    service,
    audience,
    actHash: await hashOf(tool, args),
    scope: [...new Set(scope)],
    expiresAt,
  })
}

/**
 * The person themself: a user, for whom this gateway alone acts, and who was there when the token was issued.
 *
 * @throws GatewayError `approver_not_allowed`
 */
function checkApprover(
  { kind, act, offline }: VerifiedClaims,
  { issuer, name }: { readonly issuer: string; readonly name: string },
): void {
  const reject = (detail: string): never => {
    throw new GatewayError('approver_not_allowed', { detail })
  }
  if (kind !== 'user') reject(`a caller of kind ${kind ?? 'none'} approves nothing`)
  if (act?.sub !== name || act.iss !== issuer || act.act !== undefined) {
    reject('somebody acts for the user: only the user approves')
  }
  if (offline !== undefined) reject('the token was renewed without the user')
}

async function hashOf(tool: string, args: unknown): Promise<string> {
  try {
    return await actHash(tool, args)
  } catch (error) {
    if (error instanceof ClaimsError) throw new GatewayError('invalid_request', { detail: error.message })
    throw error
  }
}
