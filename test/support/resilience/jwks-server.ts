import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

/** Answers one request for a JWKS. */
export type JwksAnswer = (response: ServerResponse) => void | Promise<void>

/** A JWKS over real HTTP that answers each path as the test says, and counts. */
export interface JwksServer {
  readonly url: string
  /** How a path answers from now on. */
  answer(path: string, answer: JwksAnswer): void
  /** How often a path was requested. */
  fetches(path: string): number
  close(): Promise<void>
}

export async function startJwksServer(): Promise<JwksServer> {
  const answers = new Map<string, JwksAnswer>()
  const fetches = new Map<string, number>()
  const server = createServer((request, response) => {
    const path = (request.url ?? '').slice(1)
    fetches.set(path, (fetches.get(path) ?? 0) + 1)
    const answer = answers.get(path) ?? ((missing) => void missing.writeHead(404).end())
    // A client that goes away in the middle is what some tests are about.
    response.on('error', () => undefined)
    void answer(response)
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}`,
    answer: (path, answer) => void answers.set(path, answer),
    fetches: (path) => fetches.get(path) ?? 0,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** A JWK Set, or whatever else, as JSON. */
export function json(body: unknown): JwksAnswer {
  return text(JSON.stringify(body))
}

export function text(body: string | Uint8Array, headers: Readonly<Record<string, string>> = {}): JwksAnswer {
  return (response) =>
    void response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(body)
}

export function status(code: number, headers: Readonly<Record<string, string>> = {}): JwksAnswer {
  return (response) => void response.writeHead(code, headers).end('an error page')
}

/** The connection ends without an answer. */
export const hangUp: JwksAnswer = (response) => void response.socket?.destroy()

/** Nothing comes, ever. */
export const silence: JwksAnswer = () => undefined

/** Sends a chunk again and again, as fast as the reader takes it or every so many milliseconds, until it is cut off. */
export function stream(chunk: string, { everyMs = 0, times = Infinity } = {}): JwksAnswer {
  return async (response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    const closed = once(response, 'close')
    for (let sent = 0; sent < times && !response.destroyed; sent++) {
      const isFull = !response.write(chunk)
      if (everyMs > 0) await sleep(everyMs)
      // The reader may go away instead of reading on.
      else if (isFull) await Promise.race([once(response, 'drain'), closed])
    }
    response.end()
  }
}
