import { checkEnvironment } from '../config/bindings.ts'
import type { KitOptions } from '../config/from-env.ts'
import { VERIFY_SETTINGS } from '../config/schema-verify.ts'
import { reportMisspelt, variableLabel, type Variables } from '../config/variables.ts'
import { verifierSettingsFromEnv, verifierVariables } from '../config/verifier-from-env.ts'
import { assembleVerifier, joinParts } from './assemble-verifier.ts'
import { publicKeys, sharedSecrets, type VerifierPart } from './verifier-parts.ts'
import { Registry } from './registry.ts'
import type { Verifier } from './verifier.ts'

/** What `makeVerifier` accepts beside the environment. */
export interface VerifierOptions extends KitOptions {
  /** `denylist` where `JWT_DENYLIST_NAME` is set, `boundRequests` where tokens are bound to requests. Default: none. */
  readonly parts?: readonly VerifierPart[]
}

const verifiers: Registry<Verifier> = /* @__PURE__ */ new Registry()

/**
 * Makes the verifier that an environment describes, or finds it again, as `makeKit` does: by the environment object, else
 * by the values in it. For a service that verifies and does not sign, in half of the bytes. Does no I/O, reads no clock,
 * draws no random number: it works at module scope.
 *
 * @param env the Worker's environment (`import { env } from 'cloudflare:workers'`, or the handler's)
 * @param options other options make another verifier
 * @throws ConfigError naming the variable and the remedy; for a part that the environment requires, what to import
 */
export function makeVerifier(env: object, options?: VerifierOptions): Verifier {
  checkEnvironment(env, 'makeVerifier(env)')
  const variables = (): Variables => verifierVariables(joinParts(options).settings)
  return verifiers.find(env, options, variables, () => {
    const part = { ...publicKeys, ...sharedSecrets, ...joinParts(options) }
    const settings = verifierSettingsFromEnv(env, options, part.settings)
    reportMisspelt(variables(), env, settings.onEvent)
    return assembleVerifier(settings, part, variableLabel(VERIFY_SETTINGS.denylist))
  })
}
