import { checkEnvironment } from '../config/bindings.ts'
import { splitList } from '../config/values.ts'
import { BoundedMap } from '../primitives/bounded-map.ts'
import { MAX_KITS } from '../constants.ts'
import { ConfigError } from '../errors.ts'
import type { ExternalAlg } from './algorithms.ts'
import { ExternalVerifier, type ExternalVerifierConfig } from './external-verifier.ts'

/**
 * Makes a verifier for the tokens of another issuer: RS, PS, ES and EdDSA on jose, behind the kit's strict parsing and
 * its JWKS cache. RSA keys have at least 2048 bits. Keep it: each call makes a new one.
 *
 * @throws ConfigError naming the option
 */
export function createExternalVerifier(config: ExternalVerifierConfig): ExternalVerifier {
  return new ExternalVerifier(config)
}

/** The verifiers of this isolate by what their environment says, the last made last. */
const verifiers = new BoundedMap<string, ExternalVerifier>(MAX_KITS)

/**
 * The verifier that an environment describes: `AUTH_ISSUER`, `AUTH_AUDIENCE` (or several, with commas),
 * `AUTH_JWKS_URL`, `AUTH_ALGORITHMS` (default `RS256`). The same values give the same verifier, whatever object
 * carries them.
 *
 * @throws ConfigError naming the variable
 */
export function externalVerifier(env: object): ExternalVerifier {
  checkEnvironment(env, 'externalVerifier(env)')
  const issuer = read(env, 'AUTH_ISSUER')
  const audience = read(env, 'AUTH_AUDIENCE')
  const jwksUri = read(env, 'AUTH_JWKS_URL')
  const algorithms = read(env, 'AUTH_ALGORITHMS', 'RS256')
  const fingerprint = JSON.stringify([issuer, audience, jwksUri, algorithms])
  const known = verifiers.get(fingerprint)
  if (known) return known
  const verifier = new ExternalVerifier({
    issuer,
    audience: splitList(audience),
    jwksUri,
    // The verifier rejects names that are no algorithm.
    algorithms: splitList(algorithms) as ExternalAlg[],
  })
  verifiers.set(fingerprint, verifier)
  return verifier
}

function read(env: object, name: string, fallback?: string): string {
  const given: unknown = Reflect.get(env, name)
  const value: unknown = Array.isArray(given) ? given.join(',') : given
  if (typeof value === 'string' && value.trim() !== '') return value.trim()
  if ((value === undefined || value === null || value === '') && fallback !== undefined) return fallback
  throw new ConfigError(
    `${name} is not set: external tokens need AUTH_ISSUER, AUTH_AUDIENCE and AUTH_JWKS_URL`,
  )
}
