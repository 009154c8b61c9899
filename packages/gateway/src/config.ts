/**
 * What a gateway makes of its environment, for programs that check a configuration before it is deployed; and what it
 * responds to operators.
 *
 * @module @sealgate/gateway/config
 */
export { rejectEqualSecrets } from './config/distinct-secrets.ts'
export { type Config, parseConfig } from './config/read-config.ts'
export { OPERATOR_PATH, OPERATOR_TOKEN } from './config/operator-protocol.ts'
export { misspeltVariables } from './config/schema.ts'
export { SECRET_NAMES, type SecretName } from './config/secret-names.ts'
export type { ErrorCode } from './errors.ts'
export type { DeploymentHealth, PublishedKey } from './operations/health.ts'
export type { Probed, ProbeReply, ProbeVerdict, ServiceState } from './operations/probe.ts'
export type { ExchangeView, TokenReport } from './operations/whois.ts'
