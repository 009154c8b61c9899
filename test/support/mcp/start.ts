import { join } from 'node:path'
import { startTenant, type Tenant } from 'sealgate/internal'
import { createTestHarness } from 'wrangler'
import { ends } from '../ends.ts'
import { newSlots } from '../system.ts'

/** A gateway in front of MCP servers, and the mock IdP. */
export interface McpSystem {
  readonly origin: string
  readonly tenant: Tenant
  close(): Promise<void>
}

const COMPATIBILITY_DATE = '2026-10-23'
const ISSUER = 'https://gateway.internal'

/** @param ttlSeconds of internal tokens, and so of streams */
export async function startMcp(ttlSeconds: number): Promise<McpSystem> {
  const tenant = await startTenant({ quiet: true })
  const secrets = newSlots()
  const options = (vars: Readonly<Record<string, string>>) => ({
    root: join(import.meta.dirname, '../../..'),
    workers: [
      {
        config: {
          name: 'mcp-gateway',
          main: 'test/support/mcp/gateway.ts',
          compatibility_date: COMPATIBILITY_DATE,
          services: [{ binding: 'TOOLS', service: 'mcp-tools' }],
          durable_objects: { bindings: [{ name: 'SESSIONS', class_name: 'Session' }] },
          migrations: [{ tag: 'v1', new_sqlite_classes: ['Session'] }],
        },
        vars: {
          WORKER_ENV: 'dev',
          AUTH0_DOMAIN: new URL(tenant.baseUrl).host,
          AUTH0_BASE_URL: tenant.baseUrl,
          AUTH0_CLIENTS: 'sealgate-spa',
          AUTH0_AUDIENCE: tenant.audience,
          JWT_ISS: ISSUER,
          JWT_AUD: 'gateway',
          JWT_PRIVATE_JWK_NAME: 'GATEWAY_PRIVATE_A,GATEWAY_PRIVATE_B',
          JWT_TTL_SECONDS: String(ttlSeconds),
          ...vars,
        },
        secrets,
      },
      {
        config: {
          name: 'mcp-tools',
          main: 'test/support/mcp/tools.ts',
          compatibility_date: COMPATIBILITY_DATE,
          compatibility_flags: ['nodejs_compat'],
          services: [{ binding: 'GATEWAY_KEYS', service: 'mcp-gateway', entrypoint: 'Keys' }],
          durable_objects: { bindings: [{ name: 'MCP_OBJECT', class_name: 'Tools' }] },
          migrations: [{ tag: 'v1', new_sqlite_classes: ['Tools'] }],
        },
        vars: { JWT_ISS: ISSUER, JWT_AUD: 'tools', JWT_JWKS_SERVICE_NAME: 'GATEWAY_KEYS' },
      },
    ],
  })
  const server = createTestHarness(options({ BASE_URL: 'http://127.0.0.1' }))
  const close = ends(() => Promise.all([server.close(), tenant.close()]))
  const { url } = await server.listen()
  await server.update(options({ BASE_URL: url.origin }))
  return {
    origin: url.origin,
    tenant,
    async close() {
      await close()
    },
  }
}
