import { type KitConfig, settingsFromOptions } from '../config/from-options.ts'
import { assembleKit, type Kit } from './kit.ts'

/**
 * Makes a kit from explicit options, without any environment. Each call makes a new kit: keep it.
 *
 * @throws ConfigError naming the option and the remedy
 */
export function createKit(config: KitConfig): Kit {
  return assembleKit(settingsFromOptions(config))
}
