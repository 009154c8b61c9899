/** The gateway's own secrets. Those that sign have names of the team's own: see `signing-secrets.ts`. */
export const SECRET_NAMES = [
  'AUTH0_CLIENT_SECRET',
  'SESSION_SECRET',
  'AUTH0_SESSION_ENCRYPTION_KEY',
  'EXCHANGE_CLIENTS',
  'LOG_HASH_KEY',
  'DATADOG_API_KEY',
] as const
