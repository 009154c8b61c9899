import type { SignKeys, VerifyKeys } from '../config/mode.ts'
import type { Settings } from '../config/settings.ts'
import { ConfigError } from '../errors.ts'
import { serviceLoader, urlLoader } from '../keys/fetch-jwks.ts'
import { SecretRing } from '../keys/hmac-secrets.ts'
import { JwksSource } from '../keys/jwks-source.ts'
import type { KeySource } from '../keys/key-source.ts'
import { type LazyBinding, lazyBinding, type NamedValue } from '../keys/lazy-binding.ts'
import { type KeyRing, SlotRing, slotTailSeconds } from '../keys/signing-slots.ts'
import { InlineSource, OwnSource, SecretSource } from '../keys/static-source.ts'

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
  verify: VerifyKeys,
  settings: Settings,
  ring: LazyBinding<KeyRing> | undefined,
  secretRing: SecretRings,
): KeySource {
  const jwks = {
    ttlSeconds: settings.jwksTtlSeconds,
    maxStaleSeconds: settings.jwksMaxStaleSeconds,
    cooldownSeconds: settings.jwksCooldownSeconds,
    now: settings.now,
    onEvent: settings.onEvent,
  }
  switch (verify.source) {
    case 'secret':
      return new SecretSource(secretRing(verify.values))
    case 'inline':
      return new InlineSource(verify.value, settings)
    case 'service':
      return new JwksSource({ ...jwks, source: 'service', load: serviceLoader(verify.service) })
    case 'url':
      return new JwksSource({ ...jwks, source: 'url', load: urlLoader(verify.url, settings.fetch) })
    case 'own':
      if (!ring) throw new ConfigError('there is no key of its own to verify with')
      return new OwnSource(ring, settings.now)
  }
}
