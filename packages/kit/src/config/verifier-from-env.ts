import { bindingOf, namedValues, valueOf } from './bindings.ts'
import type { KitOptions } from './from-env.ts'
import { checkPins, readVerifyKeys } from './mode.ts'
import { readSettings, type Table } from './row.ts'
import { type PartPlain, VERIFY_KEYS, VERIFY_SETTINGS, type VerifyPlain } from './schema-verify.ts'
import { runtimeOf, type VerifierSettings } from './settings.ts'
import { keyLabelOf, rawOf, variableLabel, type Variables, variablesOf } from './variables.ts'

/** The settings that the parts of a verifier need besides. */
type More = Partial<Table<PartPlain>> | undefined

/** The variables that a verifier reads. */
export function verifierVariables(more: More): Variables {
  return variablesOf({ ...VERIFY_SETTINGS, ...more }, VERIFY_KEYS)
}

/**
 * Reads what a verifier needs of the environment (docs/reference/environment.md). Variables to sign with are not looked at.
 *
 * @throws ConfigError naming the variable and the remedy
 */
export function verifierSettingsFromEnv(
  env: object,
  options: KitOptions | undefined,
  more: More,
): VerifierSettings {
  const table = { ...VERIFY_SETTINGS, ...more } as Table<VerifyPlain & Partial<PartPlain>>
  const plain = readSettings(table, (row) => rawOf(env, row), variableLabel)
  const { secret, publicJwk, jwksService, jwksUrl } = VERIFY_KEYS
  const verifySecret = keyLabelOf(secret)
  const verify = readVerifyKeys(
    {
      verifySecret: namedValues(env, secret.variable, { isList: true }),
      publicJwk: namedValues(env, publicJwk.variable, { isSingle: true })?.[0],
      jwksService: bindingOf(env, jwksService.variable),
      jwksUrl: valueOf(env, jwksUrl.variable),
    },
    {
      verifySecret,
      publicJwk: keyLabelOf(publicJwk),
      jwksService: jwksService.variable,
      jwksUrl: jwksUrl.variable,
    },
  )
  checkPins(verify, plain.allowedThumbprints, variableLabel(table.allowedThumbprints), verifySecret)
  return { ...plain, verify, ...runtimeOf(options ?? {}, plain, env) }
}
