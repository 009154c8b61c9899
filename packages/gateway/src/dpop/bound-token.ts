import type { Auth0Result, ExpectedToken } from '../auth0/tokens.ts'
import type { Config } from '../config/read-config.ts'
import { dpopChallenge, type ErrorCode, GatewayError } from '../errors.ts'
import type { SubjectTokens } from '../issuers/subject-tokens.ts'
import { originOf } from '../session/cookies.ts'
import type { DpopNonces } from './nonces.ts'
import { checkProof } from './proof.ts'
import type { UsedProofs } from './used-proofs.ts'

/** What proofs need of a gateway. */
export interface ProofGateway {
  readonly config: Config
  readonly subjectTokens: SubjectTokens
  /** Seconds since the epoch. */
  readonly now: () => number
  readonly usedProofs: UsedProofs
  /** `undefined`: proofs need no nonce. */
  readonly nonces: DpopNonces | undefined
}

/** Where a proof is taken, and how it is rejected there. */
const ERRORS = {
  /** A route (RFC 9449 §7.1). */
  resource: { proof: 'invalid_dpop_proof', nonce: 'use_dpop_nonce' },
  /** The token endpoint (RFC 9449 §5, §8). */
  exchange: { proof: 'invalid_exchange_proof', nonce: 'use_exchange_nonce' },
} as const satisfies Readonly<Record<string, Readonly<Record<'proof' | 'nonce', ErrorCode>>>>

export type ProofPlace = keyof typeof ERRORS

/** Where a token is presented, and what it is held against there. */
export interface Proven {
  readonly place: ProofPlace
  readonly trace: NonceTrace
  /** Default: the tenant's own. */
  readonly expected?: ExpectedToken | undefined
}

/** Hears of the nonce that the response is to carry. */
export interface NonceTrace {
  dpopNonce: string | undefined
}

/**
 * Verifies an access token together with the DPoP proof of its request (RFC 9449 §4.3, §7.1). The proof counts once in this
 * isolate, and only once the token is known to be bound to its key: nobody else takes up room.
 *
 * @throws GatewayError for a proof that does not count; what is wrong with the token is a value
 */
export async function verifyBound(
  gateway: ProofGateway,
  request: Request,
  token: string,
  { place, trace, expected }: Proven,
): Promise<Auth0Result> {
  const { proof: invalid, nonce: stale } = ERRORS[place]
  const header = request.headers.get('DPoP')
  if (header === null) throw new GatewayError(invalid, { detail: 'proof_missing' })
  const now = gateway.now()
  const url = `${originOf(gateway.config, request)}${new URL(request.url).pathname}`
  // RFC 9449 §4.2: at a token endpoint clients name no token.
  const needsAth = place === 'resource'
  const proof = await checkProof(header, { method: request.method, url, token, needsAth, now })
  if (!proof.ok) throw new GatewayError(invalid, { detail: `proof_${proof.rejection}` })
  const nonce = await gateway.nonces?.check(proof.nonce)
  trace.dpopNonce = nonce?.next
  if (nonce?.ok === false) {
    throw new GatewayError(stale, { detail: proof.nonce === undefined ? 'no nonce' : 'a nonce that is over' })
  }
  const verified = await gateway.subjectTokens.verify(token, expected, proof.jkt)
  if (!verified.ok) return verified
  const outcome = gateway.usedProofs.add(proof.jkt, proof.jti, proof.until, now)
  if (outcome === 'used') throw new GatewayError(invalid, { detail: 'proof_used' })
  if (outcome === 'full') throw new GatewayError('rate_limited', { detail: 'too many proofs' })
  return verified
}

/** The rejection of an access token that came with a proof: its challenge names the scheme that it came by. */
export function invalidBoundToken(detail: string): GatewayError {
  return new GatewayError('invalid_token', {
    detail,
    headers: { 'WWW-Authenticate': dpopChallenge('invalid_token') },
  })
}
