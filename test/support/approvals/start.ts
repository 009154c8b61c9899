import { join } from 'node:path'
import { startTenant, type Tenant } from 'sealgate/internal'
import { createTestHarness } from 'wrangler'
import { ends } from '../ends.ts'
import { newSlots } from '../system.ts'

/** The Workers that pay: two isolates with one namespace of used approvals, and one with KV. */
export type PaymentsName = 'payments' | 'payments-two' | 'payments-kv'

/** A gateway, an agent's service and services that pay, in real workerd. */
export interface Approvals {
  /** Sends what a person said yes to, over their own connection. */
  assistant(path: 'pay' | 'tokens' | 'alone', args: unknown, sub?: string): Promise<Response>
  /** Sends a request to a service that pays, as whoever is bound to it could. */
  pay(name: PaymentsName, args: unknown, headers: Readonly<Record<string, string>>): Promise<Response>
  /** The public keys of the gateway. */
  jwks(): Promise<unknown>
  close(): Promise<void>
}

/** What is sent, but for its address. */
interface Sent {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

const ISSUER = 'https://gateway.internal'

export async function startApprovals(): Promise<Approvals> {
  const tenant = await startTenant({ quiet: true })
  const closeTenant = ends(() => tenant.close())
  const server = createTestHarness({
    root: join(import.meta.dirname, '../../..'),
    workers: [
      gateway(tenant),
      {
        config: {
          ...worker('assistant', 'assistant'),
          services: [...ofGateway('assistant'), { binding: 'PAYMENTS', service: 'payments' }],
        },
        vars: ofService('assistant'),
      },
      payments('payments', {}),
      payments('payments-two', { script_name: 'payments' }),
      {
        config: {
          ...worker('payments-kv', 'payments'),
          services: ofGateway('payments'),
          kv_namespaces: [{ binding: 'USED', id: 'used' }],
        },
        vars: { ...ofService('payments'), JWT_APPROVALS_NAME: 'USED' },
      },
    ],
  })
  const closeServer = ends(() => server.close())
  await server.listen()
  /** What the harness gives is another class of the same name. */
  const send = async (name: string, url: string, init?: Sent): Promise<Response> => {
    const answer = await server.getWorker(name).fetch(url, init)
    return new Response(await answer.text(), { status: answer.status })
  }
  return {
    assistant(path, args, sub = 'auth0|alice') {
      const token = tenant.control.issue({ sub, permissions: ['write:payments'] })
      return send('gateway', `https://gateway.test/assistant/${path}`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${token}` },
        body: JSON.stringify(args),
      })
    },
    pay: (name, args, headers) =>
      send(name, 'https://payments.internal/', { method: 'POST', headers, body: JSON.stringify(args) }),
    jwks: async () => (await send('gateway', 'https://gateway.test/.well-known/jwks.json')).json(),
    async close() {
      await closeServer()
      await closeTenant()
    },
  }
}

function worker(name: string, main: string) {
  return { name, main: `test/support/approvals/${main}.ts`, compatibility_date: '2026-10-23' }
}

function gateway({ baseUrl }: Tenant) {
  return {
    config: {
      ...worker('gateway', 'gateway'),
      services: [{ binding: 'ASSISTANT', service: 'assistant' }],
    },
    vars: {
      WORKER_ENV: 'dev',
      AUTH0_DOMAIN: new URL(baseUrl).host,
      AUTH0_BASE_URL: baseUrl,
      AUTH0_AUDIENCE: 'https://api.sealgate.test',
      JWT_ISS: ISSUER,
      JWT_AUD: 'gateway',
      JWT_PRIVATE_JWK_NAME: 'GATEWAY_PRIVATE_A,GATEWAY_PRIVATE_B',
      JWKS_PUBLIC: 'true',
    },
    secrets: newSlots(),
  }
}

function payments(name: string, where: { readonly script_name?: string }) {
  return {
    config: {
      ...worker(name, 'payments'),
      services: ofGateway('payments'),
      durable_objects: { bindings: [{ name: 'USED', class_name: 'UsedApprovals', ...where }] },
      ...(where.script_name === undefined && {
        migrations: [{ tag: 'v1', new_sqlite_classes: ['UsedApprovals'] }],
      }),
    },
    vars: { ...ofService('payments'), JWT_APPROVALS_NAME: 'USED' },
  }
}

function ofGateway(service: string) {
  return [
    { binding: 'KEYS', service: 'gateway', entrypoint: 'Keys' },
    { binding: 'EXCHANGE', service: 'gateway', entrypoint: 'Exchange', props: { service } },
  ]
}

function ofService(audience: string) {
  return {
    JWT_ISS: ISSUER,
    JWT_AUD: audience,
    JWT_JWKS_SERVICE_NAME: 'KEYS',
    JWT_EXCHANGE_SERVICE_NAME: 'EXCHANGE',
  }
}
