import type { VerifierSettings } from '../config/settings.ts'
import { ConfigError, missingPart } from '../errors.ts'
import { serviceLoader, urlLoader } from '../keys/fetch-jwks.ts'
import { JwksSource } from '../keys/jwks-source.ts'
import type { KeySource } from '../keys/key-source.ts'
import type { VerifierPart } from './verifier-parts.ts'

/**
 * Where a verifier's keys come from: a JWKS, or what its parts bring.
 *
 * @throws ConfigError for keys that are malformed, and for a source whose part is not there
 */
export function sourceOf(settings: VerifierSettings, { secret, inline }: VerifierPart): KeySource {
  const { verify, needsThumbprints } = settings
  switch (verify.source) {
    case 'service':
    case 'url':
      return new JwksSource(
        {
          source: verify.source,
          load:
            verify.source === 'url' ? urlLoader(verify.url, settings.fetch) : serviceLoader(verify.service),
          ttlSeconds: settings.jwksTtlSeconds,
          maxStaleSeconds: settings.jwksMaxStaleSeconds,
          cooldownSeconds: settings.jwksCooldownSeconds,
          now: settings.now,
          onEvent: settings.onEvent,
        },
        needsThumbprints,
      )
    case 'secret':
      if (!secret) throw missingPart('verify.secret', 'sharedSecrets')
      return secret(verify, settings)
    case 'inline':
      if (!inline) throw missingPart('verify.publicJwk', 'publicKeys')
      return inline(verify, settings)
    case 'own':
      throw new ConfigError('there is no key of its own to verify with')
  }
}
