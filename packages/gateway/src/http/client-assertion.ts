import { parse, TokenError } from '@sealgate/kit'
import type { ExchangeClient } from '../config/clients.ts'

/** RFC 7523 §2.2. */
export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** How far ahead an assertion may end, in seconds: for so long it must be known that it was used. */
const MAX_LIFETIME_SECONDS = 300

/** How far the clock of a client may be off, in seconds. */
const LEEWAY_SECONDS = 60

/** Longest `jti`. A UUID has 36 characters. */
const MAX_JTI_LENGTH = 256

/** `typ` headers that count; a missing one is `JWT`. A client's other JWTs, such as DPoP proofs, have others. */
const TYPES: readonly unknown[] = [
  'jwt',
  'client-authentication+jwt',
  'application/client-authentication+jwt',
]

/** An assertion that is good, and counts once. */
export interface Assertion {
  readonly ok: true
  readonly client: string
  readonly jti: string
  /** Seconds since the epoch: from then on it is rejected for its age. */
  readonly until: number
}

export type AssertionResult = Assertion | { readonly ok: false; readonly rejection: string }

export interface AssertionExpectation {
  readonly clients: ReadonlyMap<string, ExchangeClient>
  /** The parameter `client_id`, which must agree (RFC 7521 §4.2). */
  readonly clientId: string | undefined
  /** What `aud` may be: one of these, and nothing beside it. */
  readonly audiences: readonly string[]
  /** Seconds since the epoch. */
  readonly now: number
}

/**
 * Verifies a client assertion (RFC 7523 §3, OpenID Connect Core §9), but for its having been used before. For a client
 * that is not known the signature is checked all the same, with the key of another, so that its absence takes as long.
 */
export async function verifyAssertion(
  assertion: string,
  expected: AssertionExpectation,
): Promise<AssertionResult> {
  const token = parsed(assertion)
  if (!token) return rejected('no JWT')
  const { sub } = token.payload
  const client = typeof sub === 'string' ? expected.clients.get(sub) : undefined
  const verify = client?.verify ?? anyVerifier(expected.clients)
  const problem = verify ? await signatureProblem(verify, assertion) : undefined
  if (!client?.verify) return rejected('an unknown client, or one without keys')
  if (problem !== undefined) return rejected(problem)
  return checkClaims(token.payload, token.header.typ ?? 'JWT', expected)
}

function parsed(assertion: string): ReturnType<typeof parse> | undefined {
  try {
    return parse(assertion)
  } catch (error) {
    if (error instanceof TokenError) return undefined
    throw error
  }
}

type Verify = NonNullable<ExchangeClient['verify']>

function anyVerifier(clients: AssertionExpectation['clients']): Verify | undefined {
  return [...clients.values()].find(({ verify }) => verify)?.verify
}

async function signatureProblem(verify: Verify, assertion: string): Promise<string | undefined> {
  try {
    await verify(assertion)
    return undefined
  } catch (error) {
    if (error instanceof TokenError) return error.reason
    throw error
  }
}

/** RFC 7523 §3, and stricter: one audience, a `jti`, and an end that is near. */
function checkClaims(
  { iss, sub, aud, exp, nbf, iat, jti }: Readonly<Record<string, unknown>>,
  typ: unknown,
  { clientId, audiences, now }: AssertionExpectation,
): AssertionResult {
  if (typeof typ !== 'string' || !TYPES.includes(typ.toLowerCase())) return rejected('another typ')
  if (typeof sub !== 'string' || iss !== sub) return rejected('iss is not sub')
  if (clientId !== undefined && clientId !== sub) return rejected('client_id is not sub')
  // With several, an assertion for one server would be good at another.
  const [audience, ...others] = Array.isArray(aud) ? (aud as readonly unknown[]) : [aud]
  if (typeof audience !== 'string' || others.length > 0 || !audiences.includes(audience)) {
    return rejected('aud is not this gateway alone')
  }
  if (!isTime(exp)) return rejected('no exp')
  if (exp <= now - LEEWAY_SECONDS) return rejected('expired')
  if (exp > now + MAX_LIFETIME_SECONDS) return rejected(`exp is over ${MAX_LIFETIME_SECONDS} s ahead`)
  for (const time of [nbf, iat]) {
    if (time !== undefined && !(isTime(time) && time <= now + LEEWAY_SECONDS)) {
      return rejected('nbf or iat is in the future')
    }
  }
  if (typeof jti !== 'string' || jti === '' || jti.length > MAX_JTI_LENGTH) return rejected('no jti')
  return { ok: true, client: sub, jti, until: exp + LEEWAY_SECONDS }
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}

function rejected(rejection: string): AssertionResult {
  return { ok: false, rejection }
}
