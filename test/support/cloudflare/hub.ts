import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Instance } from './instance.ts'
import type { KvOperation, KvStore } from './kv.ts'
import { TARGET_HEADER, type Target } from './modules.ts'
import { type Backend, forward, overrideIn, pick, tunnel } from './splitter.ts'

/** An instance that gets requests, or has some left to end. */
export interface Live extends Backend {
  readonly instance: Instance
  /** How many requests and sockets of the instance are open. */
  readonly load: { open: number }
}

/** Where requests to a script go now. */
export type LiveOf = (script: string) => readonly Live[]

/**
 * Receives calls over bindings, and picks a version of the script for each.
 *
 * @param onCall receives the id of the version
 */
export function createHub(
  liveOf: LiveOf,
  kv: KvStore,
  random: () => number,
  onCall: (versionId: string) => void,
): Server {
  const choose = (incoming: IncomingMessage): Live | undefined => {
    const { service } = JSON.parse(String(incoming.headers[TARGET_HEADER])) as Target
    const live = pick(liveOf(service), random())
    if (live) onCall(live.versionId)
    return live
  }
  const server = createServer((incoming, response) => {
    if (incoming.url === '/kv') void answerKv(incoming, response, kv)
    else route(choose(incoming), incoming, response, ({ doorUrl }) => doorUrl)
  })
  return server.on('upgrade', (incoming, socket, head) => {
    const live = choose(incoming)
    if (live) void counted(live, tunnel(incoming, socket, head, live.instance.doorUrl))
    else socket.destroy()
  })
}

/** Receives a script's public requests, and picks a version of it for each. */
export function createPublicServer(script: string, liveOf: LiveOf, random: () => number): Server {
  const choose = (incoming: IncomingMessage): Live | undefined =>
    pick(liveOf(script), random(), overrideIn(incoming, script))
  const server = createServer((incoming, response) => {
    route(choose(incoming), incoming, response, ({ publicUrl }) => publicUrl)
  })
  return server.on('upgrade', (incoming, socket, head) => {
    const live = choose(incoming)
    if (live) void counted(live, tunnel(incoming, socket, head, live.instance.publicUrl))
    else socket.destroy()
  })
}

function route(
  live: Live | undefined,
  incoming: IncomingMessage,
  response: ServerResponse,
  urlOf: (instance: Instance) => URL,
): void {
  if (live) void counted(live, forward(incoming, response, urlOf(live.instance)))
  else response.writeHead(530).end('the Worker has no deployment')
}

async function counted(live: Live, ended: Promise<void>): Promise<void> {
  live.load.open++
  await ended
  live.load.open--
}

async function answerKv(incoming: IncomingMessage, response: ServerResponse, kv: KvStore): Promise<void> {
  const operation = JSON.parse(await text(incoming)) as KvOperation
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end(JSON.stringify(kv.answer(operation)))
}
