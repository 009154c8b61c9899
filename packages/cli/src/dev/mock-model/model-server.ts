import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { readChatRequest } from './chat-request.ts'
import { completionOf } from './completion.ts'
import { nextTurn } from './rules.ts'

/** It knows no caller: it listens where only this machine can reach it. */
const HOST = '127.0.0.1'
/** The most that a request may have, in bytes. */
const MAX_BODY = 1_000_000
/** The pause between two chunks of a stream, in milliseconds: about as fast as one reads. */
const PAUSE_MS = 25

/** A model for development: it speaks OpenAI's chat completions, and follows fixed rules (`nextTurn`). */
export interface ModelServer {
  /** The base URL of the API; `/chat/completions` is below it. */
  readonly url: string
  close(): Promise<void>
}

/** @param pauseMs between two chunks of a stream */
export async function startModelServer(pauseMs: number = PAUSE_MS): Promise<ModelServer> {
  const server = createServer((request, response) => {
    respond(request, response, pauseMs).catch(() => response.destroy())
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, HOST, resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the local model has no port')
  return {
    url: `http://${HOST}:${address.port}/v1`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function respond(request: IncomingMessage, response: ServerResponse, pauseMs: number): Promise<void> {
  // A page of the web cannot send this type to another origin unasked.
  const isJson = request.headers['content-type']?.startsWith('application/json') === true
  if (request.method !== 'POST' || request.url !== '/v1/chat/completions' || !isJson) {
    reject(response, 404, 'There is POST /v1/chat/completions, with JSON')
    return
  }
  const body = await bodyOf(request)
  const read = body === undefined ? undefined : readChatRequest(body)
  if (!read) {
    reject(response, body === undefined ? 413 : 400, 'A chat completion has "messages", and is at most 1 MB')
    return
  }
  const { whole, chunks } = completionOf(nextTurn(read), read.model, Date.now() / 1000)
  if (!read.isStream) {
    response.setHeader('Content-Type', 'application/json').end(JSON.stringify(whole))
    return
  }
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' })
  for (const chunk of chunks) {
    // The person stopped the answer.
    if (response.destroyed) return
    response.write(`data: ${JSON.stringify(chunk)}\n\n`)
    await pause(pauseMs)
  }
  response.end('data: [DONE]\n\n')
}

/** The body as text; `undefined` when it is too long. */
async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const parts: Buffer[] = []
  let length = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length
    if (length > MAX_BODY) return undefined
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

/** An error in OpenAI's form. */
function reject(response: ServerResponse, status: number, message: string): void {
  response
    .writeHead(status, { 'Content-Type': 'application/json' })
    .end(JSON.stringify({ error: { message, type: 'invalid_request_error', code: null, param: null } }))
}
