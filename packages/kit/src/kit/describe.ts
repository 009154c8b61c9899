import type { InternalAlg } from '../jose/algorithms.ts'
import type { SlotDescription } from '../keys/signing-slots.ts'
import type { Settings } from '../config/settings.ts'
import type { Signer } from './signer.ts'
import type { VerifierDescription } from './verifier.ts'

/** What a kit is made of and how it is doing; no secret in it. */
export interface KitDescription extends VerifierDescription {
  /** What it signs with; `undefined`: it only verifies. */
  readonly sign: { readonly mode: InternalAlg; readonly slots: readonly SlotDescription[] } | undefined
}

/** @throws as `Kit.describe` */
export async function describeSigner(
  { sign, now }: Settings,
  signer: Signer | undefined,
): Promise<KitDescription['sign']> {
  const ring = signer && (await signer.ring())
  // Which slots are pairs is known once they are published.
  if (ring) await ring.published(now())
  return sign && ring && { mode: sign.alg, slots: ring.describe(now()) }
}
