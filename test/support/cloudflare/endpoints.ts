import { type Account, type StoredDeployment, type StoredScript, versionOf } from './account.ts'
import { ERRORS } from './cloudflare-error.ts'
import type { Share, Version } from './state.ts'
import { readUpload, type UploadMetadata } from './upload.ts'

/** A permission of an API token, as Cloudflare's dashboard names it. */
export type Permission =
  | 'Workers Scripts: Edit'
  | 'Workers KV Storage: Edit'
  | 'Workers Observability: Edit'
  | 'Workers Tail: Read'
  | 'Workers Routes: Edit'
  | 'Zone: Read'
  | 'User Details: Read'

/** A request, as an endpoint sees it. */
export interface Call {
  readonly account: Account
  readonly accountId: string
  /** Where the API listens: name and port. */
  readonly host: string
  /** The named groups of the endpoint's path. */
  readonly path: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  readonly body: Buffer<ArrayBuffer>
  readonly contentType: string
}

export interface Endpoint {
  readonly method: string
  readonly path: RegExp
  /** What a test can make fail. */
  readonly step: string
  readonly needs?: Permission
  readonly respond: (call: Call) => unknown
}

const ACCOUNT = '^/accounts/[^/]+'
const SCRIPT = `${ACCOUNT}/workers/scripts/(?<name>[^/]+)`

export function endpoint(
  method: string,
  path: string,
  step: string,
  needs: Permission | undefined,
  respond: (call: Call) => unknown,
): Endpoint {
  return { method, path: new RegExp(`${path}$`), step, respond, ...(needs && { needs }) }
}

/** Of a group that the path of the endpoint has. */
export const part = ({ path }: Call, group: string): string => decodeURIComponent(path[group] ?? '')
const scriptOf = (call: Call): StoredScript => call.account.script(part(call, 'name'))
export const json = ({ body }: Pick<Call, 'body'>): unknown => JSON.parse(body.toString())

const SCRIPTS = 'Workers Scripts: Edit'
const ROUTES = 'Workers Routes: Edit'
const KV = 'Workers KV Storage: Edit'

/** What wrangler 4.155 requests when it deploys, puts secrets, and handles versions. */
export const ENDPOINTS: readonly Endpoint[] = [
  endpoint('GET', '^/user', 'user', 'User Details: Read', () => ({
    id: 'user',
    email: 'operator@example.com',
  })),
  endpoint('GET', '^/user/tokens/verify', 'token', undefined, () => ({ id: 'token', status: 'active' })),
  endpoint('GET', '^/accounts', 'accounts', undefined, ({ accountId }) => [{ id: accountId, name: 'Test' }]),
  endpoint('GET', '^/memberships', 'accounts', undefined, ({ accountId }) => [
    { account: { id: accountId, name: 'Test' } },
  ]),

  endpoint('GET', `${ACCOUNT}/workers/services/(?<name>[^/]+)`, 'services', SCRIPTS, (call) => {
    const { tags, migrationTag } = scriptOf(call)
    const script = {
      tag: part(call, 'name'),
      tags,
      migration_tag: migrationTag,
      last_deployed_from: 'wrangler',
    }
    return { id: part(call, 'name'), default_environment: { environment: 'production', script } }
  }),
  endpoint('PUT', SCRIPT, 'script', SCRIPTS, async (call) => {
    const version = await call.account.deployUpload(
      part(call, 'name'),
      await readUpload(call.body, call.contentType),
    )
    const deployment_id = version.id.replaceAll('-', '')
    return {
      id: part(call, 'name'),
      tag: part(call, 'name'),
      etag: version.id,
      deployment_id,
      startup_time_ms: 1,
    }
  }),
  endpoint('PATCH', `${SCRIPT}/script-settings`, 'settings', SCRIPTS, (call) => {
    const script = scriptOf(call)
    script.tags = (json(call) as Pick<UploadMetadata, 'tags'>).tags ?? script.tags
    return { tags: script.tags }
  }),
  endpoint(
    'GET',
    `${SCRIPT}/settings`,
    'settings',
    SCRIPTS,
    (call) => versionView(latestOf(scriptOf(call))).resources,
  ),
  endpoint('POST', `${SCRIPT}/assets-upload-session`, 'assets', SCRIPTS, () => ({
    jwt: 'assets',
    buckets: [],
  })),

  endpoint('POST', `${SCRIPT}/versions`, 'versions', SCRIPTS, async (call) => {
    const version = call.account.addVersion(part(call, 'name'), await readUpload(call.body, call.contentType))
    return { ...versionView(version), startup_time_ms: 1, metadata: { has_preview: false } }
  }),
  endpoint('GET', `${SCRIPT}/versions`, 'version-list', SCRIPTS, (call) => ({
    items: scriptOf(call).versions.map(versionView).reverse(),
  })),
  endpoint('GET', `${SCRIPT}/versions/(?<id>[^/]+)`, 'version-list', SCRIPTS, (call) =>
    versionView(versionOf(scriptOf(call), part(call, 'id'))),
  ),
  endpoint(
    'PATCH',
    `${ACCOUNT}/workers/workers/(?<name>[^/]+)/versions/latest`,
    'version-secrets',
    SCRIPTS,
    (call) => {
      const { env, annotations } = json(call) as VersionPatch
      const secrets = Object.entries(env).map(([key, value]) => [key, value?.text ?? null] as const)
      return versionView(
        call.account.addSecretsVersion(part(call, 'name'), Object.fromEntries(secrets), annotations),
      )
    },
  ),
  endpoint('GET', `${SCRIPT}/deployments`, 'deployment-list', SCRIPTS, (call) => ({
    deployments: scriptOf(call).deployments.map(deploymentView).reverse(),
  })),
  endpoint('POST', `${SCRIPT}/deployments`, 'deployments', SCRIPTS, async (call) => {
    const { versions, annotations } = json(call) as DeploymentRequest
    return deploymentView(
      await call.account.deploy(part(call, 'name'), versions, annotations?.['workers/message']),
    )
  }),

  endpoint('GET', `${SCRIPT}/secrets`, 'secret-list', SCRIPTS, (call) =>
    Object.keys(scriptOf(call).versions.at(-1)?.secrets ?? {}).map((name) => ({ name, type: 'secret_text' })),
  ),
  endpoint('PUT', `${SCRIPT}/secrets`, 'secret-put', SCRIPTS, async (call) => {
    const { name, text } = json(call) as { readonly name: string; readonly text: string }
    await call.account.putSecrets(part(call, 'name'), { [name]: text }, ERRORS.secretNotDeployed)
    return { name, type: 'secret_text' }
  }),
  endpoint('PATCH', `${SCRIPT}/secrets-bulk`, 'secret-bulk', SCRIPTS, async (call) => {
    const { secrets } = json(call) as {
      readonly secrets: Readonly<Record<string, { readonly text: string } | null>>
    }
    const texts = Object.entries(secrets).map(([name, value]) => [name, value?.text ?? null] as const)
    await call.account.putSecrets(part(call, 'name'), Object.fromEntries(texts), ERRORS.settingsNotDeployed)
    return Object.keys(secrets).map((name) => ({ name, type: 'secret_text' }))
  }),

  endpoint('GET', `${ACCOUNT}/workers/subdomain`, 'subdomain', SCRIPTS, () => ({ subdomain: 'test' })),
  endpoint('GET', `${ACCOUNT}/workers/workers/(?<name>[^/]+)`, 'subdomain', SCRIPTS, (call) => {
    const { name, subdomain, tags } = scriptOf(call)
    return { id: name, name, subdomain, tags }
  }),
  endpoint('GET', `${SCRIPT}/subdomain`, 'subdomain', SCRIPTS, (call) => scriptOf(call).subdomain),
  endpoint('POST', `${SCRIPT}/subdomain`, 'subdomain', SCRIPTS, (call) => {
    const script = scriptOf(call)
    script.subdomain = json(call) as StoredScript['subdomain']
    return script.subdomain
  }),

  endpoint('GET', '^/zones', 'zones', 'Zone: Read', ({ account, query }) =>
    [...account.zones].flatMap(([name, id]) => (name === query.get('name') ? [{ id, name }] : [])),
  ),
  endpoint('GET', '^/zones/(?<zone>[^/]+)/workers/routes', 'routes', ROUTES, ({ account }) =>
    [...account.routes].map(([pattern, script]) => ({ id: pattern, pattern, script })),
  ),
  endpoint('PUT', `${SCRIPT}/routes`, 'routes', ROUTES, (call) => {
    const patterns = (json(call) as readonly { readonly pattern: string }[]).map(({ pattern }) => pattern)
    const { routes } = call.account
    assign(routes, patterns, part(call, 'name'), (pattern, owner) => {
      throw ERRORS.routeTaken(pattern, owner)
    })
    return patterns
  }),
  endpoint('POST', `${SCRIPT}/domains/changeset`, 'domains', ROUTES, (call) => {
    const hostnames = (json(call) as readonly Origin[]).map(({ hostname }) => hostname)
    const owned = hostnames.filter((hostname) => call.account.domains.has(hostname))
    return {
      added: hostnames.filter((hostname) => !owned.includes(hostname)).map((hostname) => ({ hostname })),
      updated: owned.map((hostname) => ({
        ...domainView(call.account, hostname),
        modified: call.account.domains.get(hostname) !== part(call, 'name'),
      })),
      ...{ removed: [], conflicting: [] },
    }
  }),
  endpoint('GET', `${ACCOUNT}/workers/domains/records/(?<id>[^/]+)`, 'domains', ROUTES, (call) =>
    domainView(call.account, part(call, 'id')),
  ),
  // Without a terminal wrangler overrides whoever has the hostname.
  endpoint('PUT', `${SCRIPT}/domains/records`, 'domains', ROUTES, (call) => {
    const hostnames = (json(call) as { readonly origins: readonly Origin[] }).origins.map(
      ({ hostname }) => hostname,
    )
    assign(call.account.domains, hostnames, part(call, 'name'))
    return hostnames.map((hostname) => domainView(call.account, hostname))
  }),
  endpoint('PUT', `${SCRIPT}/schedules`, 'schedules', SCRIPTS, () => ({ schedules: [] })),

  // wrangler goes on until a page is empty.
  endpoint('GET', `${ACCOUNT}/storage/kv/namespaces`, 'kv', KV, ({ account, query }) =>
    Number(query.get('page') ?? 1) > 1 ? [] : [...account.namespaces].map(([id, title]) => ({ id, title })),
  ),
  endpoint('POST', `${ACCOUNT}/storage/kv/namespaces`, 'kv', KV, (call) => {
    const { title } = json(call) as { readonly title: string }
    return { id: call.account.createNamespace(title), title }
  }),
]

interface VersionPatch {
  readonly env: Readonly<Record<string, { readonly text: string } | null>>
  readonly annotations?: Readonly<Record<string, string>>
}

interface DeploymentRequest {
  readonly versions: readonly Share[]
  readonly annotations?: Readonly<Record<string, string>>
}

interface Origin {
  readonly hostname: string
}

function latestOf({ versions }: StoredScript): Version {
  const latest = versions.at(-1)
  if (!latest) throw ERRORS.noVersion()
  return latest
}

/** Gives patterns to a script, and takes from it those that are not among them. */
function assign(
  owners: Map<string, string>,
  patterns: readonly string[],
  script: string,
  onTaken: (pattern: string, owner: string) => void = () => undefined,
): void {
  for (const pattern of patterns) {
    const owner = owners.get(pattern)
    if (owner !== undefined && owner !== script) onTaken(pattern, owner)
  }
  for (const [pattern, owner] of owners) if (owner === script) owners.delete(pattern)
  for (const pattern of patterns) owners.set(pattern, script)
}

function domainView({ domains }: Account, hostname: string): object {
  return { id: hostname, hostname, service: domains.get(hostname), environment: 'production' }
}

function annotationsOf(message: string | undefined, tag?: string): object {
  return {
    ...(message !== undefined && { 'workers/message': message }),
    ...(tag !== undefined && { 'workers/tag': tag }),
    'workers/triggered_by': 'upload',
  }
}

function versionView(version: Version): { readonly id: string; readonly resources: object } {
  const { id, number, createdOn, tag, message, metadata, secrets } = version
  return {
    ...{ id, number },
    ...{ metadata: { created_on: createdOn, author_email: 'operator@example.com', source: 'wrangler' } },
    ...{ annotations: annotationsOf(message, tag) },
    resources: {
      bindings: [
        ...metadata.bindings,
        ...Object.keys(secrets).map((name) => ({ name, type: 'secret_text' })),
      ],
      script: { etag: id, handlers: ['fetch'] },
      script_runtime: { compatibility_date: metadata.compatibility_date },
    },
  }
}

function deploymentView({ id, versions, createdOn, message }: StoredDeployment): object {
  return {
    ...{ id, versions, source: 'wrangler', strategy: 'percentage', author_email: 'operator@example.com' },
    ...{ annotations: annotationsOf(message), created_on: createdOn },
  }
}
