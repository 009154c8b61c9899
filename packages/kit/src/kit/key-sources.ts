import type { SignKeys } from '../config/mode.ts'
import type { Settings } from '../config/settings.ts'
import { SecretRing } from '../keys/hmac-secrets.ts'
import type { KeySource } from '../keys/key-source.ts'
import { type LazyBinding, lazyBinding, type NamedValue } from '../keys/lazy-binding.ts'
import { type KeyRing, SlotRing, slotTailSeconds } from '../keys/signing-slots.ts'
import { OwnSource, SecretSource } from '../keys/static-source.ts'
import { publicKeys } from './verifier-parts.ts'
import { sourceOf } from './verifier-source.ts'

/** Makes the ring of a list of secrets, once for one list: a kit that signs and verifies with it never sees two. */
export type SecretRings = (values: readonly NamedValue[]) => LazyBinding<SecretRing>

export function secretRings(settings: Settings): SecretRings {
  const rings = new Map<readonly NamedValue[], LazyBinding<SecretRing>>()
  return (values) => {
    const ring =
      rings.get(values) ?? lazyBinding(values, (texts) => new SecretRing(texts, settings.onEvent), settings)
    rings.set(values, ring)
    return ring
  }
}

/** @throws ConfigError for keys that are malformed */
export function signingRing(
  { alg, values }: SignKeys,
  settings: Settings,
  secretRing: SecretRings,
): LazyBinding<KeyRing> {
  if (alg === 'HS512') return secretRing(values)
  const tail = slotTailSeconds(settings.maxTtlSeconds, settings.leewaySeconds)
  return lazyBinding(values, (texts) => new SlotRing(texts, tail, settings.onEvent, settings.kid), settings)
}

/** @throws ConfigError for keys that are malformed */
export function keySource(
  settings: Settings,
  ring: LazyBinding<KeyRing> | undefined,
  secretRing: SecretRings,
): KeySource {
  if (settings.verify.source === 'own' && ring) return new OwnSource(ring, settings.now)
  return sourceOf(settings, { ...publicKeys, secret: ({ values }) => new SecretSource(secretRing(values)) })
}
