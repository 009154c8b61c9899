import { denialResponse, makeKit } from '@sealgate/kit'
import {
  authenticateUpgrade,
  closeEnded,
  closeIfEnded,
  heldCaller,
  type HeldCaller,
} from '@sealgate/kit/agents'
import { DurableObject } from 'cloudflare:workers'

/** What somebody says is sent to all. */
export class Room extends DurableObject {
  readonly #kit = makeKit(this.env)

  override async fetch(request: Request): Promise<Response> {
    const upgrade = await authenticateUpgrade(request, { kit: this.#kit })
    if (!upgrade.decision.granted) return denialResponse(upgrade.decision, request)
    const { 0: client, 1: server } = new WebSocketPair()
    this.ctx.acceptWebSocket(server)
    server.serializeAttachment(heldCaller(upgrade.decision.auth, request))
    await this.#checkLater()
    return upgrade.accept(new Response(null, { status: 101, webSocket: client }))
  }

  override async webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): Promise<void> {
    if (await closeIfEnded(this.#kit, socket, callerOf(socket))) return
    for (const one of this.ctx.getWebSockets()) one.send(message)
  }

  override async alarm(): Promise<void> {
    const open = await closeEnded(this.#kit, this.ctx.getWebSockets(), callerOf)
    if (open.length > 0) await this.#checkLater()
  }

  async #checkLater(): Promise<void> {
    if ((await this.ctx.storage.getAlarm()) === null) await this.ctx.storage.setAlarm(Date.now() + 30_000)
  }
}

const callerOf = (socket: WebSocket): HeldCaller => socket.deserializeAttachment() as HeldCaller
