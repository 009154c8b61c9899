/**
 * What a gateway makes of its environment, for programs that check a configuration before it is deployed.
 *
 * @module @sealgate/gateway/config
 */
export { type Config, parseConfig } from './config/read-config.ts'
export { SECRET_NAMES, type SecretName } from './config/secret-names.ts'
