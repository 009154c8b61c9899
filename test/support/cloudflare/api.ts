import { createServer, type IncomingMessage } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { Account } from './account.ts'
import { CloudflareError, ERRORS } from './cloudflare-error.ts'
import { ENDPOINTS as DEPLOY_ENDPOINTS, type Permission } from './endpoints.ts'
import { LOG_ENDPOINTS } from './log-endpoints.ts'

/**
 * Cloudflare's API on loopback, as far as wrangler uses it to deploy: Workers, versions, deployments, secrets, routes, KV. And
 * what reads logs: tails, and queries of Workers Logs.
 * Whatever it holds, `runtime.ts` runs.
 */
export interface CloudflareApi {
  /** For wrangler: where the API is, and credentials that only this API accepts. */
  readonly env: Readonly<Record<string, string>>
  readonly state: Account
  /** What was requested, the oldest first. */
  readonly requests: readonly ApiRequest[]
  /** The secrets of a Worker's latest version. */
  secrets(worker: string): Readonly<Record<string, string>>
  /**
   * Makes requests of a step fail, from now on.
   *
   * @param options of which Worker and how often, and whether the failure comes after the effect, so that only the response is lost
   * @returns ends it
   */
  failAt(step: string, options?: FailOptions): () => void
  /** Calls back when a Worker has a new deployment; wrangler's request ends after it. */
  onDeployment(callback: (script: string) => void | Promise<void>): void
  close(): Promise<void>
}

export interface ApiRequest {
  readonly method: string
  readonly path: string
  /** As in the tables of endpoints. */
  readonly step: string
  readonly worker: string | undefined
}

export interface FailOptions {
  /** Default: of every Worker. */
  readonly worker?: string
  /** Default: any method. */
  readonly method?: string
  /** Default: as often as it is requested. */
  readonly times?: number
  readonly isAfterEffect?: boolean
  /** Default: 503. */
  readonly error?: CloudflareError
}

export interface ApiOptions {
  /** The secrets that Workers have already. */
  readonly stored?: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** Names of zones. Default: `example.com`. */
  readonly zones?: readonly string[]
  /** What the API token may do. Default: everything. */
  readonly permissions?: readonly Permission[]
}

export const ACCOUNT_ID = 'account-of-the-test'
const TOKEN = 'token-of-the-test'
const BASE = '/client/v4'
const ALL: readonly Permission[] = [
  'Workers Scripts: Edit',
  'Workers KV Storage: Edit',
  'Workers Observability: Edit',
  'Workers Tail: Read',
  'Workers Routes: Edit',
  'Zone: Read',
  'User Details: Read',
]

const ENDPOINTS = [...DEPLOY_ENDPOINTS, ...LOG_ENDPOINTS]

interface Failure extends FailOptions {
  readonly step: string
  left: number
}

export async function startCloudflareApi(options: ApiOptions = {}): Promise<CloudflareApi> {
  const { stored = {}, zones = ['example.com'], permissions = ALL } = options
  const state = new Account()
  for (const name of zones) state.zones.set(name, `zone-of-${name}`)
  for (const [name, secrets] of Object.entries(stored)) await addWorker(state, name, secrets)
  const requests: ApiRequest[] = []
  const failures: Failure[] = []

  const respond = async (request: IncomingMessage): Promise<unknown> => {
    const body = await buffer(request)
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://api.invalid')
    const path = pathname.slice(BASE.length)
    const method = request.method ?? 'GET'
    const found = ENDPOINTS.flatMap((endpoint) => {
      const match = endpoint.method === method ? endpoint.path.exec(path) : null
      return match ? [{ ...endpoint, groups: { ...match.groups } }] : []
    })[0]
    const worker = found?.groups.name
    requests.push({ method, path, step: found?.step ?? 'unknown', worker })
    if (request.headers.authorization !== `Bearer ${TOKEN}`) throw ERRORS.noToken()
    if (!found) throw ERRORS.unknownPath(`${method} ${path}`)
    if (found.needs && !permissions.includes(found.needs)) throw ERRORS.noPermission()
    const failure = failures.find(
      (one) =>
        one.step === found.step &&
        one.left > 0 &&
        (one.worker ?? worker) === worker &&
        (one.method ?? method) === method,
    )
    if (failure) failure.left--
    const error = failure && (failure.error ?? ERRORS.unavailable())
    if (error && failure.isAfterEffect !== true) throw error
    const result = await found.respond({
      ...{ account: state, accountId: ACCOUNT_ID, path: found.groups, query: searchParams },
      host: request.headers.host ?? '',
      ...{ body: Buffer.from(body), contentType: request.headers['content-type'] ?? '' },
    })
    if (error) throw error
    return result
  }

  const server = createServer((request, response) => {
    const send = (status: number, members: object): void => {
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ messages: [], ...members }))
    }
    respond(request).then(
      (result) => send(200, { success: true, errors: [], result, result_info: { page: 1, total_pages: 1 } }),
      (error: unknown) => {
        const { status, code, message } = error instanceof CloudflareError ? error : unexpected(error)
        send(status, { success: false, errors: [{ code, message }], result: null })
      },
    )
  })
  server.on('upgrade', (request, socket) => state.logs.connect(request, socket))
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0

  return {
    env: {
      CLOUDFLARE_API_BASE_URL: `http://127.0.0.1:${port}${BASE}`,
      CLOUDFLARE_API_TOKEN: TOKEN,
      CLOUDFLARE_ACCOUNT_ID: ACCOUNT_ID,
      WRANGLER_SEND_METRICS: 'false',
      WRANGLER_HIDE_BANNER: 'true',
    },
    state,
    requests,
    secrets: (worker) => ({ ...state.scripts.get(worker)?.versions.at(-1)?.secrets }),
    failAt(step, failOptions = {}) {
      if (!ENDPOINTS.some((endpoint) => endpoint.step === step)) throw new Error(`there is no step ${step}`)
      const failure = { ...failOptions, step, left: failOptions.times ?? Infinity }
      failures.push(failure)
      return () => {
        failure.left = 0
      }
    },
    onDeployment: (callback) => state.onDeployment(callback),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function addWorker(
  state: Account,
  name: string,
  secrets: Readonly<Record<string, string>>,
): Promise<void> {
  const content = new TextEncoder().encode('export default { fetch: () => new Response("before") }')
  await state.deployUpload(name, {
    mainModule: 'index.js',
    modules: new Map([['index.js', { content, type: 'application/javascript+module' }]]),
    metadata: {
      bindings: Object.entries(secrets).map(([key, text]) => ({ name: key, type: 'secret_text', text })),
    },
  })
}

/** A mistake in this API itself: its stack is worth more than a status. */
function unexpected(error: unknown): CloudflareError {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return new CloudflareError(500, 0, `the local Cloudflare API failed: ${text}`)
}
