import type { Auth, VerifiedClaims } from '../claims/types.ts'
import { DENYLIST_RETRY_MS } from '../constants.ts'
import { RevocationUnavailableError, TokenError } from '../errors.ts'
import { requestIdsOf } from '../log/request-ids.ts'
import type { Denylist } from '../tokens/revocation.ts'
import { originOf } from './verifier.ts'

/**
 * What is kept of a verified caller as long as its connection is open, to hold it against the clock and the deny-list
 * again. JSON, for a socket's attachment; the token is not in it.
 */
export interface HeldCaller {
  /** The claims that were verified. */
  readonly claims: VerifiedClaims
  /** RFC 7638 thumbprint of the key that signed them. Absent with HS512. */
  readonly thumbprint?: string
  /** Of the upgrade, for log lines about the connection. */
  readonly requestId?: string
  /** The same. */
  readonly traceId?: string
}

/** How a caller stands who was verified before. `unavailable`: the deny-list cannot be read, and is set to `closed`. */
export type Standing = 'good' | 'ended' | 'revoked' | 'unavailable'

/** What a caller is held against: a verifier's clock (seconds) and its deny-list. */
export interface Authority {
  readonly settings: { readonly now: () => number }
  readonly denylist: Denylist | undefined
}

/**
 * What to keep of a caller.
 *
 * @param request the upgrade: log lines about the connection, and the reason when it is closed, name it
 */
export function heldCaller(auth: Auth, request?: Request): HeldCaller {
  const thumbprint = originOf(auth)?.thumbprint
  return {
    claims: auth.claims,
    ...(thumbprint !== undefined && { thumbprint }),
    ...(request && requestIdsOf(request)),
  }
}

/** How a caller stands by what is known here, for code that cannot wait. */
export function knownStanding({ settings: { now }, denylist }: Authority, caller: HeldCaller): Standing {
  if (caller.claims.exp <= now()) return 'ended'
  return denylist?.isKnownRevoked(caller) === true ? 'revoked' : 'good'
}

/** How a caller stands, by verdicts of at most 30 s. Synchronous when none has to be read. */
export function standingOf(authority: Authority, caller: HeldCaller): Standing | Promise<Standing> {
  const known = knownStanding(authority, caller)
  if (known === 'ended') return known
  try {
    const checking = authority.denylist?.check(caller.claims, caller.thumbprint)
    return checking ? checking.then(() => 'good' as const, asStanding) : 'good'
  } catch (error) {
    return asStanding(error)
  }
}

/**
 * How many callers stand, by the deny-list as it is now: one read for a hundred names, and a second try after a pause,
 * so that one read that fails is nobody's end.
 *
 * @param pause waits so many milliseconds
 */
export async function standingsOf<Caller extends HeldCaller>(
  authority: Authority,
  callers: readonly Caller[],
  pause: (milliseconds: number) => Promise<void> = sleep,
): Promise<ReadonlyMap<Caller, Standing>> {
  const { denylist } = authority
  const revoked = denylist && (await findRevoked(denylist, callers, pause))
  const standing = (caller: Caller): Standing => {
    const known = knownStanding(authority, caller)
    if (known !== 'good' || !denylist) return known
    if (revoked === undefined) return 'unavailable'
    return revoked.has(caller) ? 'revoked' : 'good'
  }
  return new Map(callers.map((caller) => [caller, standing(caller)]))
}

/** `undefined` when the list cannot be read, and is set to `closed`. */
async function findRevoked<Caller extends HeldCaller>(
  denylist: Denylist,
  callers: readonly Caller[],
  pause: (milliseconds: number) => Promise<void>,
): Promise<ReadonlySet<Caller> | undefined> {
  for (const isLast of [false, true]) {
    try {
      return await denylist.findRevoked(callers)
    } catch (error) {
      if (!(error instanceof RevocationUnavailableError)) throw error
      if (!isLast) await pause(DENYLIST_RETRY_MS)
    }
  }
  return undefined
}

function asStanding(error: unknown): Standing {
  if (error instanceof TokenError) return 'revoked'
  if (error instanceof RevocationUnavailableError) return 'unavailable'
  throw error
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
