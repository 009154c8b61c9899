import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { problemsOf } from './proto.ts'

/** How a receiver behaves: a status, never a response, or one after ten seconds. */
export type Behaviour = 'takes' | 'takes half' | 'fails' | 'hangs' | 'slow'

export interface Received {
  readonly headers: IncomingHttpHeaders
  readonly path: string
  readonly text: string
}

/** A receiver of logs on loopback: OTLP over HTTP under `/v1/logs`, which holds each request to its definition; else Datadog's. */
export interface Receiver {
  readonly url: string
  readonly received: readonly Received[]
  /** What was wrong with requests. */
  readonly problems: readonly string[]
  /** Log records, or lines, that were taken. */
  readonly taken: readonly unknown[]
  behave(behaviour: Behaviour): void
  close(): void
}

export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = []
  const problems: string[] = []
  const taken: unknown[] = []
  let behaviour: Behaviour = 'takes'
  const respond = (path: string, body: unknown, response: ServerResponse): void => {
    const send = (status: number, value: object): void => {
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(value))
    }
    if (behaviour === 'hangs') return
    if (behaviour === 'fails') {
      send(500, {})
      return
    }
    if (behaviour === 'slow') {
      setTimeout(() => {
        send(200, {})
      }, 10_000).unref()
      return
    }
    const records = path === '/v1/logs' ? recordsOf(body) : (body as readonly unknown[])
    // The first half: what is told of lost lines comes last.
    const rejected = behaviour === 'takes half' ? Math.floor(records.length / 2) : 0
    taken.push(...records.slice(rejected))
    const partialSuccess = { rejectedLogRecords: String(rejected), errorMessage: 'too old' }
    send(path === '/v1/logs' ? 200 : 202, rejected > 0 ? { partialSuccess } : {})
  }
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8')
      const path = request.url ?? ''
      received.push({ headers: request.headers, path, text })
      const body: unknown = JSON.parse(text)
      if (request.method !== 'POST') problems.push(`${request.method} is no POST`)
      if (request.headers['content-type'] !== 'application/json') problems.push('Content-Type is not JSON')
      if (path === '/v1/logs') problems.push(...problemsOf(body, 'ExportLogsServiceRequest'))
      respond(path, body, response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    ...{ received, problems, taken },
    behave(next) {
      behaviour = next
    },
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

interface ExportRequest {
  readonly resourceLogs: readonly {
    readonly scopeLogs: readonly { readonly logRecords: readonly unknown[] }[]
  }[]
}

function recordsOf(body: unknown): readonly unknown[] {
  return (body as ExportRequest).resourceLogs.flatMap(({ scopeLogs }) =>
    scopeLogs.flatMap(({ logRecords }) => logRecords),
  )
}
