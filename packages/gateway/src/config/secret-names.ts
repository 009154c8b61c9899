/**
 * The gateway's own secrets: read from a Secrets Store where they are in one, and each unlike all others. Those that sign have
 * names of the team's own: see `signing-secrets.ts`.
 */
export const SECRET_NAMES = [
  'AUTH0_CLIENT_SECRET',
  'SESSION_SECRET',
  'AUTH0_SESSION_ENCRYPTION_KEY',
  'EXCHANGE_CLIENTS',
  'LOG_HASH_KEY',
  'DATADOG_API_KEY',
  'OTEL_EXPORTER_OTLP_HEADERS',
] as const

export type SecretName = (typeof SECRET_NAMES)[number]
