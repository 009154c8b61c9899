import { expect, it } from 'vitest'
import type { VerifierSettings } from '../config/settings.ts'
import { ConfigError } from '../errors.ts'
import { sourceOf } from './verifier-source.ts'

it('a verifier has no key of its own to verify with: only a kit that signs has one', () => {
  const settings = { verify: { source: 'own', alg: 'EdDSA' } } as VerifierSettings
  expect(() => sourceOf(settings, {})).toThrow(new ConfigError('there is no key of its own to verify with'))
})
