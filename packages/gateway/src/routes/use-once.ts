import { type Kit, TokenError } from '@sealgate/kit'
import { checkRevoked, revokeFor } from '@sealgate/kit/gateway'
import { waitUntil } from '#runtime'
import type { Gateway } from '../gateway.ts'

/** A JWT that counts once. */
export interface Use {
  /** Keeps the uses of two kinds of JWT apart. */
  readonly purpose: 'client-assertion' | 'id-jag' | 'operator' | 'logout-token'
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
 * @param act what it is used for. When that fails, it counts as not used
 * @throws RevocationUnavailableError
 */
export async function useOnce(
  gateway: Gateway,
  { purpose, holder, jti, until }: Use,
  act: () => Promise<void> = () => Promise.resolve(),
): Promise<UseOutcome> {
  const now = gateway.now()
  const owner = JSON.stringify([purpose, holder])
  const outcome = gateway.usedAssertions.add(owner, jti, until, now)
  if (outcome !== 'first') return outcome
  // No token has such a jti, and no token such a subject.
  const name = JSON.stringify([purpose, holder, jti])
  try {
    if (await isUsedElsewhere(gateway, name)) return 'used elsewhere'
    await act()
  } catch (error) {
    gateway.usedAssertions.forget(owner, jti)
    throw error
  }
  tellOthers(gateway, name, until - now)
  return 'first'
}

async function isUsedElsewhere(gateway: Gateway, name: string): Promise<boolean> {
  if (!gateway.config.hasDenylist) return false
  try {
    await checkRevoked(kitOf(gateway), { sub: name, iat: gateway.now(), jti: name })
    return false
  } catch (error) {
    if (error instanceof TokenError) return true
    throw error
  }
}

/** @param seconds for how long it may come again */
function tellOthers(gateway: Gateway, name: string, seconds: number): void {
  if (!gateway.config.hasDenylist) return
  waitUntil(
    revokeFor(kitOf(gateway), { jti: name }, Math.ceil(seconds)).catch(() =>
      gateway.logger.event({ event: 'assertion_use_not_recorded', level: 'error' }),
    ),
  )
}

function kitOf(gateway: Gateway): Kit {
  const [audience = ''] = gateway.config.audiences.keys()
  return gateway.kitFor(audience)
}
