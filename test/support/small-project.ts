import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { ROOT } from './root.ts'

/** How a project signs. */
export type Signing = 'EdDSA' | 'HS512'

/** A project that shares no name with this repository's own: a gateway and one service, ready to run. */
export class SmallProject {
  readonly folder: string = realpathSync(mkdtempSync(join(tmpdir(), 'small-project-')))

  constructor(signing: Signing) {
    const isEdDSA = signing === 'EdDSA'
    symlinkSync(join(ROOT, 'node_modules'), join(this.folder, 'node_modules'))
    this.write('package.json', JSON.stringify({ private: true, type: 'module' }))
    this.write(
      'edge/gateway.config.ts',
      `import { defineGateway } from '@sealgate/gateway'
export default defineGateway({
  audiences: { billing: { permissions: ['read:invoices'], roles: ['clerk'] } },
  routes: [{ match: '/billing/*', methods: ['GET'], service: 'INVOICES', audience: 'billing', require: ['read:invoices'] }],
})
`,
    )
    this.write(
      'edge/index.ts',
      `import { createGateway } from '@sealgate/gateway'
import definition from './gateway.config.ts'
const gateway = createGateway(definition)
export default gateway
export const { Keys, Exchange, Admin, Session } = gateway
`,
    )
    this.write(
      'edge/wrangler.jsonc',
      JSON.stringify({
        ...COMMON,
        name: 'acme-edge',
        migrations: [{ tag: 'v1', new_sqlite_classes: ['Session'] }],
        env: {
          dev: {
            vars: {
              WORKER_ENV: 'dev',
              AUTH0_DOMAIN: 'acme.example',
              AUTH0_AUDIENCE: 'https://api.acme.test',
              AUTH0_CLIENTS: 'acme-app,acme-jobs',
              AUTH0_ROLES_CLAIM: 'https://acme.test/roles',
              JWT_ISS: 'https://edge.acme.internal',
              JWT_AUD: 'edge',
              JWT_DENYLIST_NAME: 'REVOKED',
              ...(isEdDSA
                ? { JWT_PRIVATE_JWK_NAME: 'EDGE_KEY_1,EDGE_KEY_2' }
                : { JWT_SECRETS_BY_AUDIENCE: { billing: 'BILLING_NEW,BILLING_OLD' } }),
            },
            services: [{ binding: 'INVOICES', service: 'acme-invoices-dev' }],
            durable_objects: { bindings: [{ name: 'SESSIONS', class_name: 'Session' }] },
            kv_namespaces: [{ binding: 'REVOKED', id: 'acme-revoked' }],
          },
        },
      }),
    )
    this.write('services/invoices/index.ts', serviceSaying('one'))
    this.write(
      'services/invoices/wrangler.jsonc',
      JSON.stringify({
        ...COMMON,
        name: 'acme-invoices',
        env: {
          dev: {
            vars: {
              JWT_ISS: 'https://edge.acme.internal',
              JWT_AUD: 'billing',
              JWT_DENYLIST_NAME: 'REVOKED',
              ...(isEdDSA
                ? { JWT_JWKS_SERVICE_NAME: 'EDGE_KEYS' }
                : { JWT_SECRET_NAME: 'BILLING_NEW,BILLING_OLD' }),
            },
            ...(isEdDSA && {
              services: [{ binding: 'EDGE_KEYS', service: 'acme-edge-dev', entrypoint: 'Keys' }],
            }),
            kv_namespaces: [{ binding: 'REVOKED', id: 'acme-revoked' }],
          },
        },
      }),
    )
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.folder, path)), { recursive: true })
    writeFileSync(join(this.folder, path), text)
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

const COMMON = { main: 'index.ts', compatibility_date: '2026-10-23' }

/** The service, which says a word besides who calls. */
export function serviceSaying(word: string): string {
  return `import { guard, sealgate } from '@sealgate/kit/hono'
import { Hono } from 'hono'
export default new Hono()
  .use(sealgate())
  .get('/billing/invoices', guard(), (c) => c.json({ word: '${word}', sub: c.var.auth.sub, permissions: c.var.auth.permissions }))
`
}
