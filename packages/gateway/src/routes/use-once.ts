import { TokenError } from '@sealgate/kit'
import { checkRevoked } from '@sealgate/kit/gateway'
import { waitUntil } from '#runtime'
import type { Gateway } from '../gateway.ts'

/** A JWT that counts once. */
export interface Use {
  /** Keeps the uses of two kinds of JWT apart. */
  readonly purpose: 'client-assertion' | 'operator'
  /** Who signed it. */
  readonly holder: string
  readonly jti: string
  /** Seconds since the epoch: from then on it is rejected for its age. */
  readonly until: number
}

/** `first`: it counts. `full`: nothing of this holder that still counts may be forgotten for it. */
export type UseOutcome = 'first' | 'used' | 'used elsewhere' | 'full'

/**
 * Remembers a use: this isolate knows its own, and the deny-list, where there is one, those of others a minute later.
 *
 * @throws RevocationUnavailableError
 */
export async function useOnce(gateway: Gateway, { purpose, holder, jti, until }: Use): Promise<UseOutcome> {
  const now = gateway.now()
  const outcome = gateway.usedAssertions.add(JSON.stringify([purpose, holder]), jti, until, now)
  if (outcome !== 'first' || !gateway.config.hasDenylist) return outcome
  const [audience = ''] = gateway.config.audiences.keys()
  const kit = gateway.kitFor(audience)
  // No token has such a jti, and no token such a subject.
  const name = JSON.stringify([purpose, holder, jti])
  try {
    await checkRevoked(kit, { sub: name, iat: now, jti: name })
  } catch (error) {
    if (error instanceof TokenError) return 'used elsewhere'
    throw error
  }
  waitUntil(
    kit
      .revoke({ jti: name })
      .catch(() => gateway.logger.event({ event: 'assertion_use_not_recorded', level: 'error' })),
  )
  return 'first'
}
