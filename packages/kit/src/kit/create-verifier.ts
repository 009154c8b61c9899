import { optionLabel } from '../config/from-options.ts'
import { VERIFY_SETTINGS } from '../config/schema-verify.ts'
import { type VerifierOnly, verifierSettingsFromOptions } from '../config/verifier-from-options.ts'
import type { KitConfig } from '../config/from-options.ts'
import { assembleVerifier, joinParts } from './assemble-verifier.ts'
import type { VerifierPart } from './verifier-parts.ts'
import type { Verifier } from './verifier.ts'

/** Everything that `createVerifier` accepts. `issuer`, `audience` and `verify` are required; defaults are `createKit`'s. */
export interface VerifierConfig extends VerifierOnly {
  /** `secret` needs the part `sharedSecrets`, `publicJwk` the part `publicKeys`; a JWKS needs none. */
  readonly verify: NonNullable<KitConfig['verify']>
  /** Default: none. */
  readonly parts?: readonly VerifierPart[]
}

/**
 * Makes a verifier from explicit options, without any environment. Each call makes a new one: keep it.
 *
 * @throws ConfigError naming the option and the remedy; for a part that an option requires, what to import
 */
export function createVerifier(config: VerifierConfig): Verifier {
  const part = joinParts(config)
  const settings = verifierSettingsFromOptions(config, part.settings)
  return assembleVerifier(settings, part, optionLabel(VERIFY_SETTINGS.denylist))
}
