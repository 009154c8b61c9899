import type { Settings } from '../config/settings.ts'
import type { InternalAlg } from '../jose/algorithms.ts'
import type { KeySource, SourceDescription } from '../keys/key-source.ts'
import type { SlotDescription } from '../keys/signing-slots.ts'
import type { Signer } from './signer.ts'

/** What a kit is made of and how it is doing; no secret in it. */
export interface KitDescription {
  /** Of its own tokens, and of those that it accepts. */
  readonly issuer: string
  /** Of which a token must carry one. */
  readonly audiences: readonly string[]
  /** What it signs with; `undefined`: it only verifies. */
  readonly sign: { readonly mode: InternalAlg; readonly slots: readonly SlotDescription[] } | undefined
  /** What it verifies with. */
  readonly verify: { readonly mode: InternalAlg } & SourceDescription
}

/** @throws as `Kit.describe` */
export async function describe(
  { issuer, audiences, sign, verify, now }: Settings,
  signer: Signer | undefined,
  source: KeySource,
): Promise<KitDescription> {
  const ring = signer && (await signer.ring())
  // Which slots are pairs is known once they are published.
  if (ring) await ring.published(now())
  return {
    issuer,
    audiences,
    sign: sign && ring && { mode: sign.alg, slots: ring.describe(now()) },
    verify: { mode: verify.alg, ...(await source.describe()) },
  }
}
