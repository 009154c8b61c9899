import { createServer, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'

/** What of Cloudflare's API `wrangler secret put`, `list` and `bulk` need, on loopback. */
export interface CloudflareApi {
  /** For `wrangler`: where the API is, and credentials that only this API accepts. */
  readonly env: Readonly<Record<string, string>>
  /** The secrets of a Worker. */
  secrets(worker: string): Readonly<Record<string, string>>
  close(): Promise<void>
}

const ACCOUNT = 'account-of-the-test'
const TOKEN = 'token-of-the-test'
const SECRETS = new RegExp(`^/client/v4/accounts/${ACCOUNT}/workers/scripts/([^/]+)/secrets(-bulk)?$`)

/** @param stored the secrets that Workers have already */
export async function startCloudflareApi(
  stored: Readonly<Record<string, Readonly<Record<string, string>>>>,
): Promise<CloudflareApi> {
  const workers = new Map(Object.entries(stored).map(([name, secrets]) => [name, { ...secrets }]))
  const server = createServer((request, response) => {
    void answer(request, workers).then(({ status, result }) => {
      const errors = status === 200 ? [] : [{ code: status === 404 ? 10007 : 10000, message: 'rejected' }]
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ success: status === 200, errors, messages: [], result }))
    })
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  return {
    env: {
      CLOUDFLARE_API_BASE_URL: `http://127.0.0.1:${port}/client/v4`,
      CLOUDFLARE_API_TOKEN: TOKEN,
      CLOUDFLARE_ACCOUNT_ID: ACCOUNT,
      WRANGLER_SEND_METRICS: 'false',
      WRANGLER_HIDE_BANNER: 'true',
    },
    secrets: (worker) => ({ ...workers.get(worker) }),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

interface Answer {
  readonly status: number
  readonly result: unknown
}

async function answer(
  request: IncomingMessage,
  workers: ReadonlyMap<string, Record<string, string>>,
): Promise<Answer> {
  const body = await text(request)
  if (request.headers.authorization !== `Bearer ${TOKEN}`) return { status: 403, result: null }
  const [, name = '', isBulk] = SECRETS.exec(request.url ?? '') ?? []
  const secrets = workers.get(name)
  if (!secrets) return { status: 404, result: null }
  if (request.method === 'GET') {
    return { status: 200, result: Object.keys(secrets).map((one) => ({ name: one, type: 'secret_text' })) }
  }
  const put: unknown = JSON.parse(body)
  if (isBulk !== undefined) {
    const many = bulkOf(put)
    if (request.method !== 'PATCH' || !many) return { status: 400, result: null }
    for (const one of many) secrets[one.name] = one.text
    return { status: 200, result: many.map((one) => ({ name: one.name, type: 'secret_text' })) }
  }
  if (request.method !== 'PUT' || !isSecret(put)) return { status: 400, result: null }
  secrets[put.name] = put.text
  return { status: 200, result: { name: put.name, type: 'secret_text' } }
}

interface Secret {
  readonly name: string
  readonly text: string
}

function bulkOf(value: unknown): readonly Secret[] | undefined {
  if (typeof value !== 'object' || value === null || !('secrets' in value)) return undefined
  const { secrets } = value
  if (typeof secrets !== 'object' || secrets === null) return undefined
  const all: unknown[] = Object.values(secrets)
  return all.every(isSecret) ? all : undefined
}

function isSecret(value: unknown): value is Secret {
  return (
    typeof value === 'object' &&
    value !== null &&
    'name' in value &&
    typeof value.name === 'string' &&
    'text' in value &&
    typeof value.text === 'string'
  )
}
