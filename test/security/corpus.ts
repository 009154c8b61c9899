import type { TokenReason } from '@sealgate/kit'
import { base64UrlAttacks } from './base64url.ts'
import { internalClaimAttacks, partyAttacks, timeAttacks } from './claims.ts'
import {
  algAttacks,
  criticalAttacks,
  internalTypeAttacks,
  keyInHeaderAttacks,
  kidAttacks,
  typeAttacks,
} from './header.ts'
import { duplicateAttacks, jsonAttacks } from './json.ts'
import { ed25519Attacks, es256Attacks, keyConfusionAttacks, signatureAttacks } from './signature.ts'
import { structureAttacks } from './structure.ts'
import type { Draft, Target } from './target.ts'

/** A token that must be rejected. */
export interface Attack {
  /** The number of its class in docs/reference/security.md. */
  readonly attackClass: number
  readonly name: string
  /** Why it is rejected: this very word, not just any. */
  readonly reason: TokenReason
  readonly token: string
}

type Family = (target: Target) => readonly Draft[] | Promise<readonly Draft[]>

const EVERYWHERE: readonly Family[] = [
  structureAttacks,
  base64UrlAttacks,
  jsonAttacks,
  duplicateAttacks,
  algAttacks,
  keyInHeaderAttacks,
  kidAttacks,
  criticalAttacks,
  typeAttacks,
  signatureAttacks,
  keyConfusionAttacks,
  timeAttacks,
  partyAttacks,
]
const INTERNAL: readonly Family[] = [internalTypeAttacks, internalClaimAttacks]

/** What only tokens of one algorithm can suffer. */
const OWN: Readonly<Record<string, readonly Family[]>> = {
  EdDSA: [...INTERNAL, ed25519Attacks],
  HS512: INTERNAL,
  ES256: [es256Attacks],
}

/** Every attack on a target. With the same keys and clock the tokens are the same each time, where signatures are. */
export async function attacksOn(target: Target): Promise<readonly Attack[]> {
  const families = [...EVERYWHERE, ...(OWN[target.alg] ?? [])]
  const drafts = (await Promise.all(families.map(async (family) => family(target)))).flat()
  return Promise.all(
    drafts.map(async ([attackClass, reason, name, token]) => ({
      attackClass,
      reason,
      name,
      token: await token,
    })),
  )
}
