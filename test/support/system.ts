import { join } from 'node:path'
import { createTestHarness, type TestHarness } from 'wrangler'
import {
  demoClients,
  keygen,
  PASSWORD_REALM,
  REALM,
  startTenant,
  type Tenant,
  type TenantUser,
} from 'sealgate/internal'
import { ends } from './ends.ts'

const ROOT = join(import.meta.dirname, '../..')

export type Slot = 'GATEWAY_PRIVATE_A' | 'GATEWAY_PRIVATE_B'

export interface SystemOptions {
  readonly gatewayVars?: Readonly<Record<string, string>>
  readonly gatewaySecrets?: Readonly<Record<string, string>>
  readonly consumerVars?: Readonly<Record<string, string>>
  readonly consumerSecrets?: Readonly<Record<string, string>>
}

/** Gateway and consumer as two real Workers joined by real service bindings, and the mock IdP. */
export interface System {
  readonly tenant: Tenant
  /** Where the gateway listens, for requests that `fetch` would rewrite. */
  readonly url: URL
  /** A request to the gateway, as the internet would make it. */
  gateway(path: string, init?: RequestInit): Promise<Response>
  /** A request to the consumer itself. */
  consumer(path: string, init?: RequestInit): Promise<Response>
  /** An Auth0 access token of this user. */
  login(user: TenantUser): Promise<string>
  /** What the gateway answers to a token exchange. */
  exchange(parameters: Readonly<Record<string, string>>): Promise<Response>
  /** The internal token of this user for the service `reports`. */
  tokenOf(user: TenantUser): Promise<string>
  /** Overwrites secrets of the gateway, as `wrangler secret put` does. */
  putSecrets(secrets: Readonly<Record<string, string>>): Promise<void>
  /** Puts something on the deny-list, as an operator's Worker does. */
  revoke(revocation: Readonly<Record<string, string>>): Promise<void>
  /** The keys in the gateway's deny-list. */
  gatewayKv(): Promise<readonly string[]>
  close(): Promise<void>
}

export const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
export const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'

/** Keys for both slots: B is the one that signs. */
export function newSlots(): Record<Slot, string> {
  const older: { nbf: number } = JSON.parse(keygen('--kid=slot-a', '--private')) as { nbf: number }
  return {
    GATEWAY_PRIVATE_A: JSON.stringify({ ...older, nbf: older.nbf - 86_400 }),
    GATEWAY_PRIVATE_B: keygen('--kid=slot-b', '--private'),
  }
}

/**
 * The harness also reads the `.dev.vars` that `npm start` makes, even in the middle of a run. What it holds for logins must
 * not reach systems that have none. An empty value counts as unset.
 */
const NONE_OF_DEVELOPMENT = { AUTH0_CLIENT_SECRET: '', SESSION_SECRET: '' }

export async function startSystem(options: SystemOptions = {}): Promise<System> {
  const tenant = await startTenant({ quiet: true })
  const host = new URL(tenant.baseUrl).host
  const server: TestHarness = createTestHarness({
    root: ROOT,
    workers: [
      {
        configPath: './workers/gateway/wrangler.jsonc',
        env: 'dev',
        vars: { AUTH0_DOMAIN: host, AUTH0_BASE_URL: tenant.baseUrl, ...options.gatewayVars },
        secrets: { ...NONE_OF_DEVELOPMENT, ...newSlots(), ...options.gatewaySecrets },
      },
      {
        configPath: './workers/consumer/wrangler.jsonc',
        env: 'dev',
        vars: { ...options.consumerVars },
        secrets: { ...options.consumerSecrets },
      },
      {
        config: {
          name: 'operator',
          main: 'test/support/operator/worker.ts',
          compatibility_date: '2026-10-23',
          services: [
            {
              binding: 'ADMIN',
              service: 'sealgate-gateway-dev',
              entrypoint: 'Admin',
              props: { service: 'operator', admin: true },
            },
          ],
        },
      },
    ],
  })
  const close = ends(() => Promise.all([server.close(), tenant.close()]))
  const { url } = await server.listen()
  const to =
    (name: string) =>
    (path: string, init: RequestInit = {}): Promise<Response> =>
      fetchFrom(server, name, path, init)
  const gateway = to('sealgate-gateway-dev')
  const consumer = to('sealgate-consumer-dev')

  const exchange: System['exchange'] = (parameters) =>
    gateway('/oauth/token', { method: 'POST', body: new URLSearchParams(parameters) })

  const login: System['login'] = async (user) => {
    const { clientId, clientSecret } = demoClients.cli
    const body = new URLSearchParams({
      grant_type: PASSWORD_REALM,
      realm: REALM,
      client_id: clientId,
      client_secret: clientSecret,
      audience: tenant.audience,
      username: user.email,
      password: user.password,
    })
    const response = await fetch(`${tenant.baseUrl}/oauth/token`, { method: 'POST', body })
    return tokenIn(response)
  }

  return {
    tenant,
    url,
    gateway,
    consumer,
    login,
    exchange,
    async tokenOf(user) {
      return tokenIn(await exchange(exchangeOf(await login(user))))
    },
    async putSecrets(secrets) {
      await server.update((current) => ({
        ...current,
        workers: current.workers.map((worker, index) =>
          index === 0
            ? { ...worker, secrets: { ...('secrets' in worker ? worker.secrets : {}), ...secrets } }
            : worker,
        ),
      }))
    },
    async revoke(revocation) {
      const response = await to('operator')('/', { method: 'POST', body: JSON.stringify(revocation) })
      const told = (await response.json()) as { ok: boolean }
      if (!told.ok) throw new Error(`not revoked: ${JSON.stringify(told)}`)
    },
    async gatewayKv() {
      const { DENYLIST } = (await server.getWorker('sealgate-gateway-dev').getEnv()) as { DENYLIST: Listed }
      return (await DENYLIST.list()).keys.map(({ name }) => name)
    },
    close,
  }
}

/** The part of a KV namespace that lists its keys. */
interface Listed {
  list(): Promise<{ keys: { name: string }[] }>
}

/** Asks one Worker. The harness answers with a Response of its own kind; tests get the platform's. */
async function fetchFrom(
  server: TestHarness,
  name: string,
  path: string,
  init: RequestInit,
): Promise<Response> {
  const { method = 'GET', body } = init
  const headers = Object.fromEntries(new Headers(init.headers))
  const isForm = body instanceof URLSearchParams
  if (body !== undefined && body !== null && !isForm && typeof body !== 'string') {
    throw new TypeError('bodies of these tests are text or forms')
  }
  if (isForm) headers['content-type'] = 'application/x-www-form-urlencoded'
  const text = isForm ? body.toString() : body
  const answer = await server.getWorker(name).fetch(`http://${name}.test${path}`, {
    method,
    headers,
    redirect: 'manual',
    ...(text !== undefined && text !== null && { body: text }),
  })
  const { status } = answer
  const isEmpty = status === 204 || status === 304
  return new Response(isEmpty ? null : await answer.text(), { status, headers: [...answer.headers] })
}

/** The parameters of a plain exchange for the service `reports`. */
export function exchangeOf(subjectToken: string): Record<string, string> {
  return {
    grant_type: EXCHANGE,
    subject_token_type: ACCESS_TOKEN,
    subject_token: subjectToken,
    audience: 'reports',
  }
}

async function tokenIn(response: Response): Promise<string> {
  const answer: unknown = await response.json()
  if (typeof answer === 'object' && answer !== null && 'access_token' in answer) {
    if (typeof answer.access_token === 'string') return answer.access_token
  }
  throw new Error(`no token, but ${response.status} ${JSON.stringify(answer)}`)
}

export function bearer(token: string): { readonly headers: Readonly<Record<string, string>> } {
  return { headers: { Authorization: `Bearer ${token}` } }
}
