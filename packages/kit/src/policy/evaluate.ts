import type { Auth, VerifiedClaims } from '../claims/types.ts'
import { ConfigError } from '../errors.ts'
import type { PolicyParts } from './parts.ts'
import { every, type Rule } from './rules.ts'
import type { SchemaResult, StandardSchema } from './standard-schema.ts'

/** The outcome of a policy for one caller. */
export interface Evaluated<Custom> {
  readonly passed: boolean
  /** The rules that did not pass, in words. */
  readonly failed: readonly string[]
  /** The caller, its claims narrowed by the policy's schema. */
  readonly auth: Auth<Custom>
}

/** What the schema rule is called. */
export const SCHEMA_WORDS = 'its claims satisfy the schema'

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
 * Holds a verified caller against a policy. Synchronous unless the policy's schema is asynchronous. `Custom` is
 * what the schema gives; the policy that the parts come from knows it.
 *
 * @throws ConfigError for a predicate that returns a promise
 */
export function evaluate<Custom>(
  { rules, schema }: PolicyParts,
  auth: Auth,
): Evaluated<Custom> | Promise<Evaluated<Custom>> {
  if (!schema) return judge(rules, auth as Auth<Custom>)
  const narrowed = narrow(schema, auth)
  const finish = (caller: Auth | undefined): Evaluated<Custom> =>
    caller
      ? judge(rules, caller as Auth<Custom>)
      : { passed: false, failed: [SCHEMA_WORDS], auth: auth as Auth<Custom> }
  return narrowed instanceof Promise ? narrowed.then(finish) : finish(narrowed)
}

function judge<Custom>(rules: readonly Rule[], auth: Auth<Custom>): Evaluated<Custom> {
  if (every(rules, auth) === true) return { passed: true, failed: [], auth }
  const failed = rules.filter((rule) => rule.test(auth) !== true).map(({ words }) => words)
  return { passed: false, failed, auth }
}

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
