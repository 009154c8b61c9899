/** An error as Cloudflare's API returns it. */
export class CloudflareError extends Error {
  readonly status: number
  readonly code: number

  constructor(status: number, code: number, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

/**
 * The errors that deployments of ours can meet, in Cloudflare's own words as far as users quoted them in wrangler's
 * issues (2025 and 2026).
 */
export const ERRORS = {
  noWorker: () => new CloudflareError(404, 10_007, 'This Worker does not exist on your account.'),
  noVersion: () => new CloudflareError(404, 10_009, 'This version could not be found.'),
  noToken: () => new CloudflareError(401, 9109, 'Invalid access token'),
  noPermission: () => new CloudflareError(403, 10_000, 'Authentication error'),
  noService: (binding: string, target: string) =>
    new CloudflareError(
      400,
      10_143,
      `Could not resolve service binding '${binding}'. Target script '${target}' not found. Please verify the target script and try again.`,
    ),
  badNamespaceId: (id: string) =>
    new CloudflareError(
      400,
      10_042,
      `KV namespace '${id}' is not valid. Please verify the namespace_id in your configuration.`,
    ),
  noNamespace: (id: string) =>
    new CloudflareError(
      400,
      10_041,
      `KV namespace '${id}' not found. Please verify the namespace_id in your configuration.`,
    ),
  noClass: (name: string) =>
    new CloudflareError(
      400,
      10_061,
      `Cannot create binding for class '${name}' because it is not currently configured to implement Durable Objects. Ensure a --new-class migration has been applied to it.`,
    ),
  /** wrangler finds the names of missing secrets in it. */
  badInherit: (name: string) =>
    new CloudflareError(
      400,
      10_057,
      `inherit binding '${name}' is invalid: the previous version has no binding of that name`,
    ),
  migrationInVersion: () =>
    new CloudflareError(
      400,
      10_211,
      'Version upload failed. You attempted to upload a version of a Worker that includes a Durable Object migration, but migrations must be fully applied via a non-versioned deployment. Refer to the documentation for more information.',
    ),
  settingsNotDeployed: () =>
    new CloudflareError(
      400,
      10_214,
      "Script edit failed. You attempted to deploy the latest version with modified settings, but the latest version isn't currently deployed. Either upload a new version to edit the version settings, or use the script-level settings API (/workers/scripts/{script_id}/script-settings) to update non-versioned settings (logpush, tail_consumers).",
    ),
  secretNotDeployed: () =>
    new CloudflareError(
      400,
      10_215,
      "Secret edit failed. You attempted to modify a secret, but the latest version of your Worker isn't currently deployed. Please ensure that the latest version of your Worker is fully deployed (wrangler versions deploy) before modifying secrets.",
    ),
  badShares: () =>
    new CloudflareError(400, 10_212, 'The percentages of the versions of a deployment must sum up to 100.'),
  nameTaken: () =>
    new CloudflareError(400, 10_014, 'a namespace with this account ID and title already exists'),
  routeTaken: (pattern: string, worker: string) =>
    new CloudflareError(
      409,
      10_020,
      `A route with the same pattern already exists: ${pattern} is assigned to ${worker}.`,
    ),
  unavailable: () =>
    new CloudflareError(
      503,
      10_013,
      'An unknown error has occurred. If this error persists, please visit https://www.cloudflarestatus.com/',
    ),
  unknownPath: (path: string) => new CloudflareError(404, 7003, `the local Cloudflare API has no ${path}`),
} as const
