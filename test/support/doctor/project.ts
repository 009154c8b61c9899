import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { findProject, keygen, type Project } from 'sealgate/internal'
import { ROOT } from '../root.ts'

/** A part of a wrangler.jsonc, as a test changes it. */
export type Json = Record<string, unknown>

/** What a project is made of. A test changes a copy of a good one. */
export interface ProjectFiles {
  gateway: Json & { env: Record<string, EnvironmentBlock> }
  reports: Json & { env: Record<string, EnvironmentBlock> }
  /** `gateway/gateway.config.ts`. */
  definition: string
  /** `gateway/index.ts`. */
  main: string
  /** `gateway/.dev.vars`, by name. */
  secrets: Record<string, string>
}

export interface EnvironmentBlock {
  vars: Record<string, string>
  services: Json[]
  [key: string]: unknown
}

const DEFINITION = `import { defineGateway } from '@sealgate/gateway'

export default defineGateway({
  audiences: { reports: { permissions: ['read:reports'], roles: ['analyst'] } },
  routes: [{ match: '/api/*', methods: ['GET'], service: 'REPORTS', audience: 'reports' }],
})
`

const MAIN = `import { createGateway } from '@sealgate/gateway'
import definition from './gateway.config.ts'

const gateway = createGateway(definition)
export default gateway
export const { Keys, Exchange, Admin, Session } = gateway
`

const ENVIRONMENTS = ['dev', 'staging', 'production']

/** The keys of every good project of this process: to make one takes a program of its own. */
let slots: readonly string[] | undefined

/** A project in which nothing is wrong, in any environment. */
export function goodProject(idp = 'http://127.0.0.1:8788'): ProjectFiles {
  const [a, b] = (slots ??= ['a', 'b'].map((kid) => keygen(`--kid=${kid}`, '--private')))
  return {
    gateway: {
      name: 'acme-gateway',
      main: 'index.ts',
      compatibility_date: '2026-10-23',
      workers_dev: false,
      preview_urls: false,
      migrations: [{ tag: 'v1', new_sqlite_classes: ['Session'] }],
      env: Object.fromEntries(ENVIRONMENTS.map((env, index) => [env, gatewayBlock(env, index, idp)])),
    },
    reports: {
      name: 'acme-reports',
      main: 'index.ts',
      compatibility_date: '2026-10-23',
      workers_dev: false,
      preview_urls: false,
      env: Object.fromEntries(ENVIRONMENTS.map((env, index) => [env, reportsBlock(env, index)])),
    },
    definition: DEFINITION,
    main: MAIN,
    secrets: {
      GATEWAY_PRIVATE_A: a ?? '',
      GATEWAY_PRIVATE_B: b ?? '',
      AUTH0_CLIENT_ID: 'sealgate-web',
      AUTH0_CLIENT_SECRET: 'local-secret-of-sealgate-web',
      SESSION_SECRET: Buffer.alloc(32, 7).toString('base64url'),
    },
  }
}

/** The ids of KV namespaces that `goodProject` binds: at Cloudflare they have to be there. */
export function kvId(index: number): string {
  return String(index).repeat(32)
}

function gatewayBlock(env: string, index: number, idp: string): EnvironmentBlock {
  const isDev = env === 'dev'
  const limiter = (name: string, id: number): Json => ({
    name,
    namespace_id: String(id + index),
    simple: { limit: 60, period: 60 },
  })
  return {
    vars: {
      WORKER_ENV: env,
      AUTH0_DOMAIN: isDev ? new URL(idp).host : 'acme.us.auth0.com',
      AUTH0_AUDIENCE: 'https://api.sealgate.test',
      AUTH0_CLIENTS: 'sealgate-web,sealgate-cli',
      JWT_ISS: `https://gateway.${env}.internal`,
      JWT_AUD: 'gateway',
      JWT_PRIVATE_JWK_NAME: 'GATEWAY_PRIVATE_A,GATEWAY_PRIVATE_B',
      JWT_DENYLIST_NAME: 'DENYLIST',
      ...(isDev
        ? { AUTH0_BASE_URL: idp }
        : { AUTH0_CLIENT_ID: 'sealgate-web', BASE_URL: `https://${env}.acme.example` }),
    },
    services: [{ binding: 'REPORTS', service: `acme-reports-${env}` }],
    durable_objects: { bindings: [{ name: 'SESSIONS', class_name: 'Session' }] },
    kv_namespaces: [{ binding: 'DENYLIST', id: kvId(index) }],
    ratelimits: [
      limiter('RATE_LIMITER', 1000),
      limiter('RATE_LIMITER_PASSWORD', 1010),
      limiter('RATE_LIMITER_LOGIN', 1020),
    ],
    ...(!isDev && { routes: [{ pattern: `${env}.acme.example`, custom_domain: true }] }),
  }
}

function reportsBlock(env: string, index: number): EnvironmentBlock {
  const gateway = `acme-gateway-${env}`
  return {
    vars: {
      JWT_ISS: `https://gateway.${env}.internal`,
      JWT_AUD: 'reports',
      JWT_JWKS_SERVICE_NAME: 'GATEWAY_KEYS',
      JWT_EXCHANGE_SERVICE_NAME: 'GATEWAY_EXCHANGE',
      JWT_DENYLIST_NAME: 'DENYLIST',
    },
    services: [
      { binding: 'GATEWAY_KEYS', service: gateway, entrypoint: 'Keys' },
      {
        binding: 'GATEWAY_EXCHANGE',
        service: gateway,
        entrypoint: 'Exchange',
        props: { service: 'reports' },
      },
    ],
    kv_namespaces: [{ binding: 'DENYLIST', id: kvId(index) }],
  }
}

/** A project on disk, with this repository's packages in its `node_modules`. */
export class WrittenProject {
  readonly root: string = realpathSync(mkdtempSync(join(tmpdir(), 'sealgate-doctor-')))

  constructor(files: ProjectFiles) {
    symlinkSync(join(ROOT, 'node_modules'), join(this.root, 'node_modules'))
    this.write('package.json', '{ "private": true, "type": "module" }\n')
    this.write('gateway/wrangler.jsonc', JSON.stringify(files.gateway, undefined, 2))
    this.write('gateway/gateway.config.ts', files.definition)
    this.write('gateway/index.ts', files.main)
    const lines = Object.entries(files.secrets).map(([name, value]) => `${name}=${quoted(value)}\n`)
    if (lines.length > 0) this.write('gateway/.dev.vars', lines.join(''))
    this.write('services/reports/wrangler.jsonc', JSON.stringify(files.reports, undefined, 2))
    this.write('services/reports/index.ts', 'export default { fetch: () => new Response() }\n')
  }

  get project(): Project {
    return findProject(this.root)
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true })
    writeFileSync(join(this.root, path), text)
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true })
  }
}

/** As `.dev.vars` has it; a line break only fits in double quotes. */
function quoted(value: string): string {
  return value.includes('\n') ? `"${value}"` : `'${value}'`
}
