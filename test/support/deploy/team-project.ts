import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { ROOT } from '../root.ts'

/** A project as a team has it, in a folder of its own: a gateway and the services `reports` and `archive`. */
export interface TeamProject {
  readonly root: string
  /** Writes a file of it. */
  write(path: string, content: string | object): void
  remove(): void
}

export interface TeamOptions {
  /** What the file of `reports` says that it accepts tokens for. Default: `reports`. */
  readonly reportsAudience?: string
  /** What the code of `reports` puts in place of that, which no file tells. */
  readonly reportsAudienceInCode?: string
  /** Members of `env.staging` of the gateway, besides the usual ones. */
  readonly gateway?: Readonly<Record<string, unknown>>
  /** Variables of the gateway, besides the usual ones. */
  readonly gatewayVars?: Readonly<Record<string, unknown>>
  /** Variables in place of the usual ones: the gateway issues with a shared secret. */
  readonly isHs512?: boolean
}

const DATE = '2026-10-23'

export function makeTeamProject(options: TeamOptions = {}): TeamProject {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'team-')))
  symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'))
  const write: TeamProject['write'] = (path, content) => {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(
      join(root, path),
      typeof content === 'string' ? content : JSON.stringify(content, undefined, 2),
    )
  }
  write('package.json', { name: 'team', type: 'module' })
  write('gateway/index.ts', GATEWAY)
  write('gateway/gateway.config.ts', DEFINITION)
  write('gateway/wrangler.jsonc', gatewayConfig(options))
  for (const [name, audience] of [
    ['reports', options.reportsAudience ?? 'reports'],
    ['archive', 'archive'],
  ] as const) {
    const inCode = name === 'reports' ? options.reportsAudienceInCode : undefined
    write(`services/${name}/index.ts`, serviceCode(inCode))
    write(`services/${name}/wrangler.jsonc`, serviceConfig(name, audience, options))
  }
  return { root, write, remove: () => rmSync(root, { recursive: true }) }
}

const GATEWAY = `import { createGateway } from '@sealgate/gateway'
import definition from './gateway.config.ts'

const gateway = createGateway(definition)
export default gateway
export const { Keys, Exchange, Admin, Session } = gateway
`

const DEFINITION = `import { defineGateway } from '@sealgate/gateway'

export default defineGateway({
  audiences: {
    reports: { permissions: ['read:reports'], roles: [] },
    archive: { permissions: ['read:archive'], roles: [] },
  },
  routes: [
    { match: '/reports/*', methods: ['GET'], service: 'REPORTS', audience: 'reports' },
    { match: '/archive/*', methods: ['GET'], service: 'ARCHIVE', audience: 'archive' },
  ],
})
`

/** @param audience in place of `JWT_AUD` */
function serviceCode(audience?: string): string {
  const vars = audience === undefined ? 'env' : `{ ...env, JWT_AUD: '${audience}' }`
  return `import { probe, sealgate, type SealgateEnv } from '@sealgate/kit/hono'
import { Hono } from 'hono'

const app = new Hono<SealgateEnv>().use(sealgate()).use(probe()).get('/', (c) => c.text('here'))
export default {
  fetch: (request: Request, env: object, context: object) => app.fetch(request, ${vars}, context as never),
}
`
}

function gatewayConfig({ gateway = {}, gatewayVars = {}, isHs512 = false }: TeamOptions): object {
  return {
    name: 'gateway',
    main: 'index.ts',
    compatibility_date: DATE,
    workers_dev: false,
    preview_urls: false,
    minify: true,
    migrations: [{ tag: 'v1', new_sqlite_classes: ['Session'] }],
    env: {
      staging: {
        routes: [{ pattern: 'staging.example.com', custom_domain: true }],
        vars: {
          WORKER_ENV: 'staging',
          AUTH0_DOMAIN: 'tenant.us.auth0.com',
          AUTH0_AUDIENCE: 'https://api.example.com',
          AUTH0_CLIENTS: 'web',
          JWT_ISS: 'https://gateway.staging.internal',
          JWT_AUD: 'gateway',
          ...(isHs512
            ? { JWT_SECRET_NAME: 'JWT_SECRET_NEW,JWT_SECRET_OLD' }
            : { JWT_PRIVATE_JWK_NAME: 'GATEWAY_PRIVATE_A,GATEWAY_PRIVATE_B' }),
          ...gatewayVars,
        },
        secrets: { required: [isHs512 ? 'JWT_SECRET_NEW' : 'GATEWAY_PRIVATE_A', 'OPERATOR_KEYS'] },
        services: [
          { binding: 'REPORTS', service: 'reports-staging' },
          { binding: 'ARCHIVE', service: 'archive-staging' },
        ],
        durable_objects: { bindings: [{ name: 'SESSIONS', class_name: 'Session' }] },
        ratelimits: [{ name: 'RATE_LIMITER', namespace_id: '1', simple: { limit: 600, period: 60 } }],
        version_metadata: { binding: 'CF_VERSION_METADATA' },
        ...gateway,
      },
    },
  }
}

function serviceConfig(name: string, audience: string, { isHs512 = false }: TeamOptions): object {
  return {
    name,
    main: 'index.ts',
    compatibility_date: DATE,
    workers_dev: false,
    preview_urls: false,
    env: {
      staging: {
        vars: {
          JWT_ISS: 'https://gateway.staging.internal',
          JWT_AUD: audience,
          ...(isHs512
            ? { JWT_SECRET_NAME: 'JWT_SECRET_NEW,JWT_SECRET_OLD' }
            : { JWT_JWKS_SERVICE_NAME: 'GATEWAY_KEYS' }),
        },
        ...(!isHs512 && {
          services: [{ binding: 'GATEWAY_KEYS', service: 'gateway-staging', entrypoint: 'Keys' }],
        }),
      },
    },
  }
}
