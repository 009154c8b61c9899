import { type KitConfig, listOf, optionLabel, optionOf } from './from-options.ts'
import { checkPins, readVerifyKeys, type VerifyLabels } from './mode.ts'
import { readSettings, type Table } from './row.ts'
import { type PartPlain, VERIFY_SETTINGS, type VerifyPlain } from './schema-verify.ts'
import { runtimeOf, type VerifierSettings } from './settings.ts'

const LABELS: VerifyLabels = {
  verifySecret: 'verify.secret',
  publicJwk: 'verify.publicJwk',
  jwksService: 'verify.jwksService',
  jwksUrl: 'verify.jwksUrl',
}

/** What `createVerifier` accepts of the options of `createKit`. */
export type VerifierOnly = Omit<KitConfig, 'sign' | 'verify' | 'exchangeService' | 'ttlSeconds'>

/** @throws ConfigError naming the option and the remedy */
export function verifierSettingsFromOptions(
  config: VerifierOnly & Pick<KitConfig, 'verify'>,
  more: Partial<Table<PartPlain>> | undefined,
): VerifierSettings {
  const table = { ...VERIFY_SETTINGS, ...more } as Table<VerifyPlain & Partial<PartPlain>>
  const plain = readSettings(table, (row) => optionOf(config, row), optionLabel)
  // Callers in plain JavaScript can pass any mixture: read each member, and let conflicts be rejected.
  const { secret, publicJwk, jwksService, jwksUrl }: Record<string, unknown> = { ...config.verify }
  const verify = readVerifyKeys(
    {
      verifySecret: listOf(secret, LABELS.verifySecret),
      publicJwk: publicJwk === undefined ? undefined : { name: LABELS.publicJwk, value: publicJwk },
      jwksService,
      jwksUrl,
    },
    LABELS,
  )
  checkPins(verify, plain.allowedThumbprints, optionLabel(table.allowedThumbprints), LABELS.verifySecret)
  return { ...plain, verify, ...runtimeOf(config, plain) }
}
