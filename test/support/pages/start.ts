import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { demoClients, startTenant, type Tenant } from 'sealgate/internal'
import { createTestHarness } from 'wrangler'
import { newSlots } from '../system.ts'
import { ends } from '../ends.ts'

/** A gateway for people, a shop behind it, and the mock IdP, which knows where the gateway is. */
export interface Pages {
  readonly origin: string
  readonly tenant: Tenant
  close(): Promise<void>
}

const COMPATIBILITY_DATE = '2026-10-23'

export async function startPages(): Promise<Pages> {
  const worker = (name: string) => ({
    name,
    main: `test/support/pages/${name}.ts`,
    compatibility_date: COMPATIBILITY_DATE,
  })
  const options = (vars: Readonly<Record<string, string>>) => ({
    root: join(import.meta.dirname, '../../..'),
    workers: [
      {
        config: {
          ...worker('gateway'),
          services: [
            { binding: 'SHOP', service: 'shop' },
            { binding: 'NOBODY', service: 'nobody' },
          ],
          durable_objects: { bindings: [{ name: 'SESSIONS', class_name: 'Session' }] },
          migrations: [{ tag: 'v1', new_sqlite_classes: ['Session'] }],
        },
        vars: {
          WORKER_ENV: 'dev',
          AUTH0_DOMAIN: 'tenant.test',
          AUTH0_CLIENTS: demoClients.web.clientId,
          AUTH0_CLIENT_ID: demoClients.web.clientId,
          AUTH0_AUDIENCE: 'https://api.sealgate.test',
          JWT_ISS: 'https://gateway.internal',
          JWT_AUD: 'gateway',
          JWT_PRIVATE_JWK_NAME: 'GATEWAY_PRIVATE_A,GATEWAY_PRIVATE_B',
          ...vars,
        },
        secrets,
      },
      { config: worker('shop') },
      { config: worker('nobody') },
    ],
  })
  const secrets = {
    ...newSlots(),
    AUTH0_CLIENT_SECRET: demoClients.web.clientSecret,
    SESSION_SECRET: randomBytes(32).toString('base64url'),
  }
  const server = createTestHarness(options({}))
  const closeServer = ends(() => server.close())
  const { url } = await server.listen()
  const tenant = await startTenant({ quiet: true, callbackUrls: [`${url.origin}/auth/callback`] })
  await server.update(
    options({
      AUTH0_DOMAIN: new URL(tenant.baseUrl).host,
      AUTH0_BASE_URL: tenant.baseUrl,
      BASE_URL: url.origin,
    }),
  )
  return {
    origin: url.origin,
    tenant,
    async close() {
      await closeServer()
      await tenant.close()
    },
  }
}
