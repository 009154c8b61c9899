import type { Auth, VerifiedClaims } from '../claims/types.ts'
import { ConfigError } from '../errors.ts'
import type { SchemaResult, StandardSchema } from './standard-schema.ts'

/** Claims that a schema's output never replaces: the kit verified them, or decides by them. */
const VERIFIED_CLAIMS = [
  'iss',
  'sub',
  'aud',
  'exp',
  'iat',
  'nbf',
  'jti',
  'kind',
  'auth_iat',
  'act',
  'email_verified',
  'req',
] as const

/**
 * The caller with the schema's output over its claims, or `undefined` when the claims do not satisfy it. A schema
 * that throws is not satisfied.
 */
export function narrow(schema: StandardSchema, auth: Auth): Auth | undefined | Promise<Auth | undefined> {
  const finish = (result: SchemaResult<unknown>): Auth | undefined =>
    result.issues ? undefined : withOutput(auth, result.value)
  let result: SchemaResult<unknown> | Promise<SchemaResult<unknown>>
  try {
    result = schema['~standard'].validate(auth.claims)
  } catch {
    return undefined
  }
  // A schema from another realm may give any thenable.
  return 'then' in result
    ? Promise.resolve(result).then(
        (value) => finish(value),
        () => undefined,
      )
    : finish(result)
}

function withOutput(auth: Auth, output: unknown): Auth {
  if (typeof output !== 'object' || output === null || Array.isArray(output)) {
    throw new ConfigError('the schema of claims() must give an object')
  }
  const kept = VERIFIED_CLAIMS.flatMap((name) =>
    auth.claims[name] === undefined ? [] : [[name, auth.claims[name]] as const],
  )
  const merged = { ...auth.claims, ...output }
  for (const name of VERIFIED_CLAIMS) Reflect.deleteProperty(merged, name)
  const claims: VerifiedClaims = Object.freeze(Object.assign(merged, Object.fromEntries(kept)))
  return Object.freeze({ ...auth, claims, payload: claims })
}
