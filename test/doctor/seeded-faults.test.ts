/** What people get wrong, seeded one by one into a project in which nothing is wrong: doctor names each, with its remedy. */
import { diagnose, type DoctorWorld, type Finding, keygen, startTenant, type Tenant } from 'sealgate/internal'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  type EnvironmentBlock,
  goodProject,
  kvId,
  type ProjectFiles,
  WrittenProject,
} from '../support/doctor/project.ts'
import { networkTo } from '../support/doctor/tenant.ts'

const NOW = Math.floor(Date.now() / 1000)
const DAY = 86_400

let tenant: Tenant
let written: WrittenProject | undefined
beforeAll(async () => {
  const callbackUrls = ['staging', 'production'].map((env) => `https://${env}.acme.example/auth/callback`)
  tenant = await startTenant({ quiet: true, callbackUrls })
})
afterEach(() => written?.remove())
afterAll(() => tenant.close())

/** What doctor finds wrong in a project, on a machine whose clock is right unless the test says otherwise. */
async function faults(
  files: ProjectFiles,
  env: string,
  world: Partial<DoctorWorld> = {},
): Promise<readonly Finding[]> {
  written = new WrittenProject(files)
  const defaults: DoctorWorld = { fetch: networkTo(tenant), now: () => Date.now() / 1000, run: undefined }
  const findings = await diagnose(written.project, env, { ...defaults, ...world })
  return findings.filter(({ status }) => status === 'fail' || status === 'warn')
}

describe.each(['dev', 'staging', 'production'])('a project in which nothing is wrong, in %s', (env) => {
  it('has no finding', async () => {
    expect(await faults(goodProject(tenant.baseUrl), env)).toEqual([])
  })
})

it('of a Node that is too old nothing else is said: it runs no more of doctor', async () => {
  const found = await faults(goodProject(tenant.baseUrl), 'dev', {
    versions: { node: '20.20.2', wrangler: '4.155.0' },
  })
  expect(found).toMatchObject([{ id: 'node', status: 'fail', message: 'Node 20.20.2 is older than 22.18.0' }])
})

interface Seed {
  readonly fault: string
  /** Default `production`. */
  readonly env?: string
  change(files: Blocks): void
  readonly world?: Partial<DoctorWorld>
  readonly finds: {
    readonly id: string
    readonly message: RegExp
    readonly fix: RegExp
    /** Default `fail`. */
    readonly status?: 'warn'
  }
}

/** The files, and the two blocks of the seed's environment. */
interface Blocks {
  readonly files: ProjectFiles
  readonly gateway: EnvironmentBlock
  readonly reports: EnvironmentBlock
}

const slot = (...flags: readonly string[]): string => keygen(...flags, '--private')
const truncated = (text: string): string => text.slice(0, text.length / 2)
const keyWith = (members: object): string =>
  JSON.stringify({ ...(JSON.parse(slot('--kid=x')) as object), ...members })
const secretOf = (text: string): string => (JSON.parse(text) as { readonly d: string }).d

const PARTNER = 'https://partner.example'
const issuer = (name: string, more: object = {}): string =>
  JSON.stringify([{ issuer: name, audience: 'api', clients: ['web'], ...more }])

const SEEDS: readonly Seed[] = [
  {
    fault: 'a typo in a variable of the gateway',
    change: ({ gateway }) => rename(gateway.vars, 'AUTH0_CLIENTS', 'AUTH0_CLIENT'),
    finds: {
      id: 'gateway-config',
      message: /^AUTH0_CLIENTS .*is required in production/,
      fix: /^"AUTH0_CLIENTS": "…" in gateway.*: the client ids .*, with commas$/,
    },
  },
  {
    fault: 'a typo in a variable of the gateway that may be unset',
    change: ({ gateway }) => Object.assign(gateway.vars, { AUTH0_ROLES_CLIAM: 'https://acme.example/roles' }),
    finds: {
      id: 'misspelt-variable',
      message: /nobody reads AUTH0_ROLES_CLIAM \(gateway/,
      fix: /write AUTH0_ROLES_CLAIM/,
    },
  },
  {
    fault: 'a typo in a variable of a service',
    change: ({ reports }) => Object.assign(reports.vars, { JWT_LEEWEY: '30' }),
    finds: {
      id: 'misspelt-variable',
      message: /nobody reads JWT_LEEWEY \(services/,
      fix: /write JWT_LEEWAY/,
    },
  },
  {
    fault: 'a typo in a variable that a service needs',
    change: ({ reports }) => rename(reports.vars, 'JWT_ISS', 'JWT_IS'),
    finds: {
      id: 'misspelt-variable',
      message: /nobody reads JWT_IS \(services/,
      fix: /write JWT_ISS/,
    },
  },
  {
    fault: 'a service without any variable for tokens',
    change: ({ reports }) => (reports.vars = {}),
    finds: {
      id: 'service-config',
      status: 'warn',
      message: /reports .*has no JWT_… variable, and routes send it tokens for reports/,
      fix: /"JWT_ISS":"https:\/\/gateway.production.internal","JWT_AUD":"reports"/,
    },
  },
  {
    fault: 'a typo in a secret',
    env: 'dev',
    change: ({ files }) => rename(files.secrets, 'SESSION_SECRET', 'SESION_SECRET'),
    finds: { id: 'secret-missing', message: /\.dev\.vars has no SESSION_SECRET/, fix: /openssl rand/ },
  },
  {
    fault: 'an environment that there is not',
    change: ({ gateway }) => Object.assign(gateway.vars, { WORKER_ENV: 'prod' }),
    finds: {
      id: 'gateway-config',
      message: /^WORKER_ENV .* is "prod": .*did you mean production\?/,
      fix: /"WORKER_ENV": "production"/,
    },
  },
  {
    fault: 'another JWT_ISS at a service',
    change: ({ reports }) => Object.assign(reports.vars, { JWT_ISS: 'https://gateway.internal' }),
    finds: {
      id: 'pair-issuer',
      message: /"https:\/\/gateway.internal", and the gateway's is "https:\/\/gateway.production.internal"/,
      fix: /"JWT_ISS": "https:\/\/gateway.production.internal" in services/,
    },
  },
  {
    fault: 'a service without JWT_ISS',
    change: ({ reports }) => delete reports.vars.JWT_ISS,
    finds: {
      id: 'service-config',
      message: /^JWT_ISS \(services.* is not set/,
      fix: /"JWT_ISS": "https:\/\/gateway.production.internal" in services/,
    },
  },
  {
    fault: 'another JWT_AUD at a service',
    change: ({ reports }) => Object.assign(reports.vars, { JWT_AUD: 'report' }),
    finds: {
      id: 'pair-audience',
      message: /JWT_AUD \(services.*"report".*route \/api\/\* sends it tokens for "reports"/,
      fix: /"JWT_AUD": "reports"/,
    },
  },
  {
    fault: 'a binding that a service’s variables name and that is not there',
    change: ({ reports }) => Object.assign(reports.vars, { JWT_JWKS_SERVICE_NAME: 'KEYS' }),
    finds: {
      id: 'service-config',
      message: /^JWT_JWKS_SERVICE_NAME .*names the binding KEYS, which does not exist/,
      fix: /"binding":"KEYS","service":"acme-gateway-production","entrypoint":"Keys"/,
    },
  },
  {
    fault: 'a binding of a service that goes to another environment’s gateway',
    change: ({ reports }) => Object.assign(reports.services[0] ?? {}, { service: 'acme-gateway-staging' }),
    finds: {
      id: 'pair-keys-binding',
      message: /GATEWAY_KEYS of reports .*"acme-gateway-staging".* is "acme-gateway-production"/,
      fix: /"service":"acme-gateway-production"/,
    },
  },
  {
    fault: 'a binding of the gateway that goes to no Worker of the environment',
    change: ({ gateway }) => Object.assign(gateway.services[0] ?? {}, { service: 'acme-reports' }),
    finds: {
      id: 'gateway-binding',
      message: /binding REPORTS .*"acme-reports"/,
      fix: /"service": "acme-reports-production"/,
    },
  },
  {
    fault: 'a route for a binding that is not there',
    change: ({ gateway }) => (gateway.services = []),
    finds: {
      id: 'gateway-config',
      message: /^ROUTES \(gateway\/gateway.config.ts\) names the service REPORTS/,
      fix: /"binding": "REPORTS", "service": "acme-reports-production" \} in "services" in gateway/,
    },
  },
  {
    fault: 'an MCP server that has no address',
    change: ({ gateway }) => {
      const mcp = { name: 'Reports', scopes: [] }
      gateway.vars.ROUTES = JSON.stringify([{ match: '/mcp', service: 'REPORTS', audience: 'reports', mcp }])
      // Without logins, which need it too.
      gateway.vars.AUTH0_CLIENT_ID = gateway.vars.BASE_URL = ''
    },
    finds: {
      id: 'gateway-config',
      message: /^BASE_URL .*is missing: the address of the MCP server at \/mcp is made of it/,
      fix: /BASE_URL/,
    },
  },
  {
    fault: 'a binding to the keys without its entrypoint',
    change: ({ reports }) => delete reports.services[0]?.entrypoint,
    finds: {
      id: 'pair-keys-entrypoint',
      message: /GATEWAY_KEYS of reports .*has no "entrypoint"/,
      fix: /"entrypoint":"Keys"/,
    },
  },
  {
    fault: 'a binding to the keys at another entrypoint',
    change: ({ reports }) => Object.assign(reports.services[0] ?? {}, { entrypoint: 'Key' }),
    finds: { id: 'pair-keys-entrypoint', message: /has the entrypoint "Key"/, fix: /"entrypoint":"Keys"/ },
  },
  {
    fault: 'a binding to the exchange without the service’s name',
    change: ({ reports }) => delete reports.services[1]?.props,
    finds: {
      id: 'pair-exchange',
      message: /GATEWAY_EXCHANGE of reports .*without "props"/,
      fix: /"props":\{"service":"reports"\}/,
    },
  },
  {
    fault: 'an entrypoint that the gateway does not export',
    change: ({ files }) => (files.main = files.main.replace('Keys, Exchange, ', '')),
    finds: {
      id: 'gateway-entrypoint',
      message: /gateway\/index.ts does not export Keys/,
      fix: /export const \{ Keys, Exchange, Admin, Session \} = gateway/,
    },
  },
  {
    fault: 'a service that verifies with a secret where the gateway signs with a key',
    change: ({ reports }) => {
      delete reports.vars.JWT_JWKS_SERVICE_NAME
      Object.assign(reports.vars, { JWT_SECRET_NAME: 'JWT_SECRET_NEW' })
    },
    finds: {
      id: 'pair-algorithm',
      message: /the gateway signs with EdDSA, and reports verifies with a secret/,
      fix: /"JWT_JWKS_SERVICE_NAME"/,
    },
  },
  {
    fault: 'a service that verifies with keys where the gateway signs with a secret',
    change: ({ gateway }) => {
      delete gateway.vars.JWT_PRIVATE_JWK_NAME
      Object.assign(gateway.vars, { JWT_SECRET_NAME: 'JWT_SECRET_NEW' })
    },
    finds: {
      id: 'pair-algorithm',
      message: /the gateway signs with a secret \(HS512\), and reports verifies with public keys/,
      fix: /"JWT_SECRET_NAME"/,
    },
  },
  {
    fault: 'another deny-list at a service',
    change: ({ reports }) => (reports.kv_namespaces = [{ binding: 'DENYLIST', id: 'a'.repeat(32) }]),
    finds: { id: 'pair-denylist', message: /deny-list of reports/, fix: new RegExp(kvId(2)) },
  },
  {
    fault: 'an empty key',
    env: 'dev',
    change: ({ files }) => (files.secrets.GATEWAY_PRIVATE_A = ''),
    finds: {
      id: 'slot-empty',
      status: 'warn',
      message: /GATEWAY_PRIVATE_A \(gateway\/\.dev\.vars\) is empty/,
      fix: /kit-keygen --private/,
    },
  },
  {
    fault: 'no key at all',
    env: 'dev',
    change: ({ files }) => Object.assign(files.secrets, { GATEWAY_PRIVATE_A: '', GATEWAY_PRIVATE_B: '' }),
    finds: {
      id: 'slot-unusable',
      message: /GATEWAY_PRIVATE_A, GATEWAY_PRIVATE_B, which are not set/,
      fix: /kit-keygen --private/,
    },
  },
  {
    fault: 'a truncated key',
    env: 'dev',
    change: ({ files }) => (files.secrets.GATEWAY_PRIVATE_A = truncated(slot('--kid=a'))),
    finds: {
      id: 'slot-unusable',
      message: /GATEWAY_PRIVATE_A .*it is not a JWK in JSON/,
      fix: /kit-keygen --private/,
    },
  },
  {
    fault: 'a key whose halves are of two pairs',
    env: 'dev',
    change: ({ files }) => (files.secrets.GATEWAY_PRIVATE_A = keyWith({ d: secretOf(slot('--kid=y')) })),
    finds: {
      id: 'slot-unusable',
      message: /GATEWAY_PRIVATE_A .*its halves do not belong together/,
      fix: /kit-keygen --private/,
    },
  },
  {
    fault: 'an expired key',
    env: 'dev',
    change: ({ files }) =>
      (files.secrets.GATEWAY_PRIVATE_A = keyWith({ nbf: NOW - 90 * DAY, exp: NOW - 3 * DAY })),
    finds: {
      id: 'slot-expired',
      message: /GATEWAY_PRIVATE_A .*kid x: it expired 3 days ago/,
      fix: /kit-keygen --private/,
    },
  },
  {
    fault: 'a key that is about to expire',
    env: 'dev',
    change: ({ files }) =>
      (files.secrets.GATEWAY_PRIVATE_A = keyWith({ nbf: NOW - 80 * DAY, exp: NOW + 9.5 * DAY })),
    finds: {
      id: 'slot-expires-soon',
      status: 'warn',
      message: /GATEWAY_PRIVATE_A .*expires in 9 days/,
      fix: /kit-keygen --private/,
    },
  },
  {
    fault: 'keys that do not sign yet',
    env: 'dev',
    change: ({ files }) => {
      files.secrets.GATEWAY_PRIVATE_A = keyWith({ nbf: NOW + DAY })
      files.secrets.GATEWAY_PRIVATE_B = ''
    },
    finds: {
      id: 'no-signer',
      message: /none of GATEWAY_PRIVATE_A, GATEWAY_PRIVATE_B .* signs now/,
      fix: /kit-keygen --private/,
    },
  },
  {
    fault: 'one key in two slots',
    env: 'dev',
    change: ({ files }) => (files.secrets.GATEWAY_PRIVATE_B = files.secrets.GATEWAY_PRIVATE_A ?? ''),
    finds: {
      id: 'slot-unusable',
      message: /GATEWAY_PRIVATE_B .*the same kid as GATEWAY_PRIVATE_A/,
      fix: /kit-keygen --private/,
    },
  },
  {
    fault: 'two environments with one hostname',
    change: ({ files, gateway }) =>
      Object.assign(files.gateway.env.staging ?? {}, { routes: gateway.routes }),
    finds: {
      id: 'environment-host',
      message: /hostname "production.acme.example" is in .*env.staging and .*env.production/,
      fix: /hostname of its own/,
    },
  },
  {
    fault: 'routes at the top of the file, which every environment inherits',
    change: ({ files }) => (files.gateway.routes = ['www.acme.example/*']),
    finds: {
      id: 'top-level-routes',
      message: /"routes" with www.acme.example stand at the top of gateway\/wrangler.jsonc/,
      fix: /into "env"/,
    },
  },
  {
    fault: 'two environments with one Worker name',
    change: ({ gateway }) => (gateway.name = 'acme-gateway-staging'),
    finds: {
      id: 'environment-worker',
      message: /Worker "acme-gateway-staging" is in .*env.staging and .*env.production/,
      fix: /remove "name"/,
    },
  },
  {
    fault: 'two environments with one KV namespace',
    change: ({ gateway, reports }) => {
      for (const block of [gateway, reports]) block.kv_namespaces = [{ binding: 'DENYLIST', id: kvId(1) }]
    },
    finds: {
      id: 'environment-kv',
      message: /KV namespace "1{32}" is in .*env.staging.*env.production/,
      fix: /kv namespace create/,
    },
  },
  {
    fault: 'a Durable Object without its migration',
    change: ({ files }) => delete files.gateway.migrations,
    finds: {
      id: 'durable-object-migration',
      message: /SESSIONS .* Durable Object Session, which no migration makes/,
      fix: /"new_sqlite_classes":\["Session"\]/,
    },
  },
  {
    fault: 'the password realm without a rate limiter',
    change: ({ gateway }) => {
      gateway.vars.AUTH0_CONNECTION = 'users'
      gateway.ratelimits = []
    },
    finds: {
      id: 'gateway-config',
      message: /AUTH0_CONNECTION .* needs RATE_LIMITER_PASSWORD in production/,
      fix: /"name": "RATE_LIMITER_PASSWORD"/,
    },
  },
  {
    fault: 'the password realm without a rate limiter, in staging',
    env: 'staging',
    change: ({ gateway }) => {
      gateway.vars.AUTH0_CONNECTION = 'users'
      gateway.ratelimits = []
    },
    finds: {
      id: 'rate-limiter',
      message: /no rate limiter RATE_LIMITER_PASSWORD .*passwords can be guessed/,
      fix: /"name": "RATE_LIMITER_PASSWORD"/,
    },
  },
  {
    fault: 'a tenant with https://',
    change: ({ gateway }) => (gateway.vars.AUTH0_DOMAIN = 'https://acme.us.auth0.com'),
    finds: {
      id: 'gateway-config',
      message: /AUTH0_DOMAIN .* is "https:\/\/acme.us.auth0.com": must be a host name alone/,
      fix: /"AUTH0_DOMAIN": "acme.us.auth0.com" in gateway/,
    },
  },
  {
    fault: 'a tenant with a path behind it',
    change: ({ gateway }) => (gateway.vars.AUTH0_DOMAIN = 'acme.us.auth0.com/'),
    finds: {
      id: 'gateway-config',
      message: /AUTH0_DOMAIN .* is "acme.us.auth0.com\/"/,
      fix: /"AUTH0_DOMAIN": "acme.us.auth0.com" in gateway/,
    },
  },
  {
    fault: 'a tenant that does not exist',
    change: ({ gateway }) => (gateway.vars.AUTH0_DOMAIN = 'amce.us.auth0.com'),
    finds: {
      id: 'idp',
      message: /tenant https:\/\/amce.us.auth0.com\/ of AUTH0_DOMAIN .*cannot be reached/,
      fix: /AUTH0_DOMAIN/,
    },
  },
  {
    fault: 'logouts of the tenant that nothing could follow',
    change: ({ gateway, reports }) => {
      gateway.vars.SESSION_STORE = 'cookie'
      delete gateway.vars.JWT_DENYLIST_NAME
      delete reports.vars.JWT_DENYLIST_NAME
    },
    finds: {
      id: 'idp-logout',
      status: 'warn',
      message: /sessions are in cookies, without a deny-list/,
      fix: /"SESSION_STORE": "do" in .*, or a deny-list \(JWT_DENYLIST_NAME\)/,
    },
  },
  {
    fault: 'an audience that is no API of the tenant',
    change: ({ gateway }) => (gateway.vars.AUTH0_AUDIENCE = 'https://api.acme.example'),
    finds: {
      id: 'idp-audience',
      message:
        /AUTH0_AUDIENCE .* "https:\/\/api.acme.example", and the tenant has no API of that identifier: Service not found/,
      fix: /"AUTH0_AUDIENCE"/,
    },
  },
  {
    fault: 'a callback that the tenant does not allow',
    change: ({ gateway }) => {
      gateway.vars.BASE_URL = 'https://www.acme.example'
      gateway.routes = ['www.acme.example/*']
    },
    finds: {
      id: 'idp-client',
      message: /"sealgate-web" with the callback https:\/\/www.acme.example\/auth\/callback/,
      fix: /Allowed Callback URLs/,
    },
  },
  {
    fault: 'a clock ten minutes ahead',
    env: 'dev',
    change: () => undefined,
    world: { now: () => Date.now() / 1000 + 600 },
    finds: {
      id: 'clock',
      message: /clock of this machine is 10 minutes ahead of the tenant's/,
      fix: /set-ntp/,
    },
  },
  {
    fault: 'a clock ten minutes behind',
    change: () => undefined,
    world: { now: () => Date.now() / 1000 - 600 },
    finds: { id: 'clock', message: /10 minutes behind/, fix: /set-ntp/ },
  },
  {
    fault: 'a service on workers.dev',
    change: ({ files }) => (files.reports.workers_dev = true),
    finds: {
      id: 'service-public',
      message: /workers_dev of reports .* is true: anybody reaches it/,
      fix: /"workers_dev": false/,
    },
  },
  {
    fault: 'a service that says nothing of workers.dev',
    change: ({ files }) => delete files.reports.workers_dev,
    finds: {
      id: 'service-public',
      message: /workers_dev of reports .* is unset, and so true/,
      fix: /"workers_dev": false/,
    },
  },
  {
    fault: 'a secret with a line break behind it',
    env: 'dev',
    change: ({ files }) =>
      (files.secrets.AUTH0_CLIENT_SECRET = `${files.secrets.AUTH0_CLIENT_SECRET ?? ''}\n`),
    finds: {
      id: 'secret-wrapped',
      message: /AUTH0_CLIENT_SECRET \(gateway\/\.dev\.vars\) ends with a line break/,
      fix: /AUTH0_CLIENT_SECRET='…'/,
    },
  },
  {
    fault: 'a secret with quotes around it',
    env: 'dev',
    change: ({ files }) =>
      (files.secrets.AUTH0_CLIENT_SECRET = `"${files.secrets.AUTH0_CLIENT_SECRET ?? ''}"`),
    finds: {
      id: 'secret-wrapped',
      message: /AUTH0_CLIENT_SECRET .* has quotes around it/,
      fix: /AUTH0_CLIENT_SECRET='…'/,
    },
  },
  {
    fault: 'a secret in wrangler.jsonc',
    change: ({ gateway }) => (gateway.vars.AUTH0_CLIENT_SECRET = 'xyz'),
    finds: {
      id: 'secret-in-file',
      message: /AUTH0_CLIENT_SECRET stands in gateway\/wrangler.jsonc, env.production/,
      fix: /wrangler secret put AUTH0_CLIENT_SECRET/,
    },
  },
  {
    fault: 'a definition that does not load',
    change: ({ files }) => (files.definition = files.definition.replace('audiences: {', 'audiences: ')),
    finds: {
      id: 'gateway-definition',
      message: /gateway\/gateway.config.ts cannot be loaded/,
      fix: /mend gateway\/gateway.config.ts/,
    },
  },
  {
    fault: 'a service without the environment',
    change: ({ files }) => delete files.reports.env.production,
    finds: {
      id: 'service-environment',
      message: /services\/reports\/wrangler.jsonc has no env.production/,
      fix: /add "production" to "env"/,
    },
  },
  {
    fault: 'a main module that is not there',
    change: ({ files }) => (files.gateway.main = 'worker.ts'),
    finds: {
      id: 'gateway-main',
      message: /"main" \(gateway\/wrangler.jsonc\) is gateway\/worker.ts, and there is no such file/,
      fix: /mend "main"/,
    },
  },
  {
    fault: 'a KV namespace without its id',
    change: ({ gateway }) => (gateway.kv_namespaces = [{ binding: 'DENYLIST' }]),
    finds: {
      id: 'kv-id',
      message: /KV namespace DENYLIST \(gateway\/wrangler.jsonc, env.production\) has no id/,
      fix: /kv namespace create DENYLIST/,
    },
  },
  {
    fault: 'two environments with one rate limiter',
    change: ({ files, gateway }) => (gateway.ratelimits = files.gateway.env.staging?.ratelimits),
    finds: {
      id: 'environment-limiter',
      status: 'warn',
      message: /rate limiter "1001" is in .*env.staging.*env.production/,
      fix: /each its own/,
    },
  },
  {
    fault: 'one key under two names',
    env: 'dev',
    change: ({ files: { secrets } }) => {
      const key = JSON.parse(secrets.GATEWAY_PRIVATE_A ?? '') as object
      secrets.GATEWAY_PRIVATE_B = JSON.stringify({ ...key, kid: 'b' })
    },
    finds: {
      id: 'slot-repeated',
      message: /GATEWAY_PRIVATE_B .*GATEWAY_PRIVATE_A/,
      fix: /kit-keygen --private/,
    },
  },
  {
    fault: 'a tenant that calls itself otherwise',
    change: () => undefined,
    world: { fetch: networkThatSays('openid-configuration', { issuer: 'https://other.us.auth0.com/' }) },
    finds: {
      id: 'idp-issuer',
      message: /the tenant calls itself "https:\/\/other.us.auth0.com\/"/,
      fix: /"AUTH0_DOMAIN": "other.us.auth0.com"/,
    },
  },
  {
    fault: 'a tenant without a key',
    change: () => undefined,
    world: { fetch: networkThatSays('jwks.json', { keys: [] }) },
    finds: {
      id: 'idp-keys',
      message: /the tenant has no key for RS256/,
      fix: /Signing Algorithm: RS256/,
    },
  },
  {
    fault: 'a further issuer whose keys are elsewhere',
    change: ({ gateway }) => (gateway.vars.ISSUERS = issuer('https://nobody.example')),
    finds: {
      id: 'issuer-keys',
      message: /the keys of https:\/\/nobody.example, .*cannot be reached/,
      fix: /jwksUri of https:\/\/nobody.example in gateway.config.ts/,
    },
  },
  {
    fault: 'a further issuer that signs with another algorithm',
    change: ({ gateway }) => (gateway.vars.ISSUERS = issuer(PARTNER, { algorithms: ['ES256'] })),
    world: { fetch: networkWithPartner(PARTNER) },
    finds: {
      id: 'issuer-keys',
      message: /https:\/\/partner.example has no key for ES256/,
      fix: /algorithms of https:\/\/partner.example/,
    },
  },
  {
    fault: 'a further issuer that writes itself with a slash',
    change: ({ gateway }) => (gateway.vars.ISSUERS = issuer(PARTNER)),
    world: { fetch: networkWithPartner(`${PARTNER}/`) },
    finds: {
      id: 'issuer-name',
      message: /calls itself "https:\/\/partner.example\/"/,
      fix: /issuer: "https:\/\/partner.example\/" in gateway.config.ts/,
    },
  },
  {
    fault: 'a further issuer that a route needs and that is not there',
    change: ({ gateway }) =>
      (gateway.vars.ROUTES = JSON.stringify([
        {
          match: '/api/*',
          methods: ['GET'],
          service: 'REPORTS',
          audience: 'reports',
          cloudflareAccess: true,
        },
      ])),
    finds: {
      id: 'gateway-config',
      message: /has cloudflareAccess, and no issuer is Cloudflare Access/,
      fix: /ROUTES/,
    },
  },
]

describe('doctor names, with its remedy,', () => {
  it.each(SEEDS)(
    '$fault',
    async ({ env = 'production', world, finds: { id, message, fix, status = 'fail' }, ...seed }) => {
      const files = goodProject(tenant.baseUrl)
      const [gateway, reports] = [files.gateway.env[env], files.reports.env[env]]
      if (!gateway || !reports) throw new Error(`there is no ${env}`)
      seed.change({ files, gateway, reports })
      const found = await faults(files, env, world)
      const same = found.filter((one) => one.id === id && one.status === status)
      expect(same.map((one) => one.message)).toContainEqual(expect.stringMatching(message))
      expect(same.map((one) => one.fix)).toContainEqual(expect.stringMatching(fix))
      // No secret is in what is printed.
      for (const value of Object.values(files.secrets)) {
        if (value.length > 12) expect(JSON.stringify(found)).not.toContain(value)
      }
    },
  )
})

/** The network to the tenant, which says something else at one path. */
function networkThatSays(path: string, more: object): DoctorWorld['fetch'] {
  return async (input, init) => {
    const response = await networkTo(tenant)(input, init)
    const url = input instanceof Request ? input.url : String(input)
    if (!url.endsWith(path)) return response
    return Response.json({ ...((await response.json()) as object), ...more })
  }
}

/** The network in which there is a partner with a key for RS256, too. @param named what it calls itself */
function networkWithPartner(named: string): DoctorWorld['fetch'] {
  return (input, init) => {
    const url = input instanceof Request ? input.url : String(input)
    if (!url.startsWith(PARTNER)) return networkTo(tenant)(input, init)
    const jwksUri = `${PARTNER}/.well-known/jwks.json`
    return Promise.resolve(
      Response.json(
        url === jwksUri
          ? { keys: [{ kty: 'RSA', alg: 'RS256', use: 'sig' }] }
          : { issuer: named, jwks_uri: jwksUri },
      ),
    )
  }
}

function rename(members: Record<string, string>, from: string, to: string): void {
  members[to] = members[from] ?? ''
  Reflect.deleteProperty(members, from)
}
