import { ClaimsError } from '@sealgate/kit'
import { canonicalJson, isApproval, issueReceipt, type Receipt, TXN_TOKEN_TYP } from '@sealgate/kit/gateway'
import * as z from 'zod/mini'
import { GatewayError } from '../errors.ts'
import { maximumOf } from './delegate.ts'
import type { Issuing } from './issue.ts'
import type { IssuedApproval } from './transaction-token.ts'

/** How long after an approval's end its service may still say what came of it. Seconds. */
const RECEIPT_SECONDS = 300

/** The most that the JSON of an outcome may take. Characters. */
const MAX_OUTCOME_LENGTH = 2048

const REQUEST = z.strictObject({ outcome: z.unknown() })

/** A receipt, and what the log tells of it. */
export interface IssuedReceipt extends Omit<IssuedApproval, 'token'> {
  readonly receipt: Receipt
}

/**
 * Signs what came of an approved act, in the words of the service that did it. That service alone has the approval: it must be
 * meant for it, and have ended no more than five minutes ago.
 *
 * @param service who calls
 * @throws GatewayError `invalid_token`, `invalid_request`, `unauthorized_client`, `no_proof`
 */
export async function receiptFor(
  gateway: Issuing,
  service: string,
  token: unknown,
  request: unknown,
): Promise<IssuedReceipt> {
  const parsed = REQUEST.safeParse(request)
  if (!parsed.success) throw new GatewayError('invalid_request', { detail: 'the request has another shape' })
  const { outcome } = parsed.data
  maximumOf(gateway, service)
  // With HS512 nobody but the service itself could verify it.
  if (gateway.config.mode !== 'EdDSA') throw new GatewayError('no_proof')
  const kit = gateway.kitFor(service)
  const verified =
    typeof token === 'string' &&
    (await kit.safeVerify(token, { aud: service, typ: TXN_TOKEN_TYP, leewaySeconds: RECEIPT_SECONDS }))
  if (!verified || !verified.ok) {
    throw new GatewayError('invalid_token', { detail: verified ? verified.reason : 'malformed' })
  }
  const { claims: approval } = verified
  if (!isApproval(approval)) throw new GatewayError('invalid_token', { detail: 'it approves nothing' })
  try {
    if (canonicalJson(outcome).length > MAX_OUTCOME_LENGTH) throw new ClaimsError('the outcome is too long')
    const issuedAt = Math.floor(gateway.now())
    const receipt = await issueReceipt(kit, { approval, issued_at: issuedAt, outcome })
    return { receipt, sub: approval.sub, jti: approval.jti, audience: service }
  } catch (error) {
    if (error instanceof ClaimsError) throw new GatewayError('invalid_request', { detail: error.message })
    throw error
  }
}
