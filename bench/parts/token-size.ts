import { createKit } from '@sealgate/kit'
import { issueInternal } from '@sealgate/kit/gateway'
import { AUDIENCE, type Fixtures, ISSUER } from '../measure/fixtures.ts'

/** How long a token is for what it carries. */
export interface TokenSize {
  readonly permissions: number
  /** Services that it has come through. */
  readonly actors: number
  /** `null` when the kit rejects to sign it: it would be larger than 8 KiB. */
  readonly bytes: number | null
}

const PERMISSIONS = [0, 10, 50, 100, 200, 250]
const ACTORS = [1, 5]

/** Signs tokens with more and more in them. A permission is 16 characters long, as `read:reports-123` is. */
export async function measureTokenSizes(fixtures: Fixtures): Promise<readonly TokenSize[]> {
  const kit = createKit({ issuer: ISSUER, audience: AUDIENCE, sign: { privateJwk: fixtures.privateJwk } })
  const sizes: TokenSize[] = []
  for (const actors of ACTORS) {
    for (const count of PERMISSIONS) {
      const permissions = Array.from(
        { length: count },
        (_, index) => `read:reports-${String(index).padStart(3, '0')}`,
      )
      const claims = {
        sub: 'auth0|65f1c2a7e4b0d93f8a1b2c3d',
        permissions,
        kind: 'user',
        act: actorChain(actors),
      } as const
      const expiresAt = Math.floor(Date.now() / 1000) + 300
      const token = await issueInternal(kit, { claims, aud: AUDIENCE, expiresAt }).catch(() => null)
      sizes.push({ permissions: count, actors, bytes: token?.length ?? null })
    }
  }
  return sizes
}

interface Link {
  readonly iss: string
  readonly sub: string
  readonly act?: Link
}

function actorChain(length: number): Link {
  const link = { iss: ISSUER, sub: `service-${length}` }
  return length === 1 ? link : { ...link, act: actorChain(length - 1) }
}
