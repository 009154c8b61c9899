import { APPROVAL_MEMORY_SECONDS } from '../constants.ts'
import { ClaimsError, TokenError } from '../errors.ts'
import { encodeBase64Url } from '../jose/base64url.ts'
import { type CompactJws, readCompact } from '../jose/compact.ts'
import { parsePublicJwk } from '../keys/public-jwk.ts'
import type { VerificationKey } from '../keys/verification-key.ts'
import { isObject } from '../primitives/json.ts'
import { encodeUtf8 } from '../primitives/utf8.ts'
import { actHash } from '../tokens/act-hash.ts'
import { type Receipt, RECEIPT_TYP, receiptText } from './receipt.ts'

/** A receipt that holds, and by which key. */
export interface VerifiedReceipt {
  readonly ok: true
  /** What it says. */
  readonly receipt: Receipt
  /** The name of the key that signed it. */
  readonly kid: string
  /** RFC 7638 thumbprint of that key. */
  readonly thumbprint: string
}

/** Why a receipt does not hold: a stable word, and a sentence. */
export interface RejectedReceipt {
  readonly ok: false
  /** `malformed`, `unknown_kid`, `bad_signature`, `act_mismatch`. */
  readonly reason: 'malformed' | 'unknown_kid' | 'bad_signature' | 'act_mismatch'
  /** Names what is wrong; it quotes nothing of the receipt. */
  readonly detail: string
}

/**
 * Verifies a receipt, however old: neither the approval nor the key has to be valid still. Whoever made the key set is believed:
 * take it from the gateway while it published it.
 *
 * @param receipt JSON, as it was kept
 * @param jwks the gateway's published keys, kept since: a JWK Set, as an object
 */
export async function verifyReceipt(
  receipt: unknown,
  jwks: unknown,
): Promise<VerifiedReceipt | RejectedReceipt> {
  if (!isReceipt(receipt))
    return reject('malformed', 'it is no receipt: approval, issued_at, outcome and jws')
  const [header = '', content, signature = '', ...more] = receipt.jws.split('.')
  if (content !== '' || more.length > 0) return reject('malformed', 'its jws is not detached')
  let read: CompactJws
  try {
    read = readCompact(`${header}.${encodeBase64Url(encodeUtf8(receiptText(receipt)))}.${signature}`)
  } catch (error) {
    if (error instanceof TokenError || error instanceof ClaimsError) return reject('malformed', error.message)
    throw error
  }
  const { alg, kid, typ } = read.header
  if (typ !== RECEIPT_TYP || kid === undefined) return reject('malformed', 'its jws is not that of a receipt')
  const keys = keysOf(jwks).filter((key) => key.kid === kid && key.algs.includes(alg))
  if (keys.length === 0)
    return reject('unknown_kid', 'the set has no Ed25519 key of the name that its jws gives')
  for (const key of keys) {
    const { verify, thumbprint = '' } = await key.load()
    const isWhole = read.signature.length === key.algorithm.signatureBytes
    if (isWhole && (await verify(read.signature, read.signingInput))) {
      return (await problemOf(receipt)) ?? { ok: true, receipt, kid, thumbprint }
    }
  }
  return reject('bad_signature', 'it was changed, or signed by another key of that name')
}

/** What is wrong with what was signed, and with what stands beside it. */
async function problemOf({
  approval,
  issued_at: issuedAt,
  act,
}: Receipt): Promise<RejectedReceipt | undefined> {
  const { iat, exp, act_hash: hash } = approval
  if (typeof hash !== 'string' || typeof iat !== 'number' || typeof exp !== 'number') {
    return reject('malformed', 'its approval approves nothing')
  }
  if (issuedAt < iat - APPROVAL_MEMORY_SECONDS || issuedAt > exp + APPROVAL_MEMORY_SECONDS) {
    return reject('malformed', 'it was not signed while the approval was known')
  }
  if (act === undefined) return undefined
  const isThat = await actHash(act.tool, act.args).then(
    (own) => own === hash,
    () => false,
  )
  return isThat ? undefined : reject('act_mismatch', 'another tool, or other arguments, were approved')
}

function keysOf(jwks: unknown): readonly VerificationKey[] {
  const list: unknown = isObject(jwks) ? jwks.keys : undefined
  const all: readonly unknown[] = Array.isArray(list) ? list : []
  return all.flatMap((jwk) => {
    const parsed = parsePublicJwk(jwk)
    return parsed.ok ? [parsed.key] : []
  })
}

function isReceipt(value: unknown): value is Receipt {
  if (!isObject(value) || !isObject(value.approval)) return false
  const { issued_at: issuedAt, jws, act } = value
  if (!Number.isFinite(issuedAt) || typeof jws !== 'string' || !('outcome' in value)) return false
  return act === undefined || (isObject(act) && typeof act.tool === 'string')
}

function reject(reason: RejectedReceipt['reason'], detail: string): RejectedReceipt {
  return { ok: false, reason, detail }
}
