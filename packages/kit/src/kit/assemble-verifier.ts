import type { VerifierSettings } from '../config/settings.ts'
import { missingPart } from '../errors.ts'
import type { VerifierPart } from './verifier-parts.ts'
import { sourceOf } from './verifier-source.ts'
import { Verifier } from './verifier.ts'

/** All that the parts of some options bring. */
export function joinParts(options: { readonly parts?: readonly VerifierPart[] } = {}): VerifierPart {
  const { parts = [] } = options
  const settings: unknown = Object.assign({}, ...parts.map((part) => part.settings))
  return Object.assign({}, ...parts, { settings }) as VerifierPart
}

/**
 * Puts a verifier together from checked settings.
 *
 * @param denylistLabel how the deny-list is called where it was configured
 * @throws ConfigError for keys that are malformed, and for a part that is not there
 */
export function assembleVerifier(
  settings: VerifierSettings,
  part: VerifierPart,
  denylistLabel: string,
): Verifier {
  const { denylist, checkBinding, hashSubject, takeApproval } = part
  if (settings.denylist && !denylist) throw missingPart(denylistLabel, 'denylist')
  const { allowedThumbprints, deniedThumbprints } = settings
  const needsThumbprints =
    settings.denylist !== undefined || allowedThumbprints.size + deniedThumbprints.size > 0
  return new Verifier({
    settings,
    source: sourceOf({ ...settings, needsThumbprints }, part),
    denylist: denylist?.(settings),
    checkBinding,
    hashSubject,
    takeApproval,
  })
}
