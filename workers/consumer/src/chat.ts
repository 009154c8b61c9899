import { OwnedAgent } from '@sealgate/kit/agents'
import { Agent, type Connection, type WSMessage } from 'agents'
import { ownerOfChat } from './chat-name.ts'
import { errorResponse } from './error-response.ts'

/** One message, as the chat keeps and sends it. */
export interface Message {
  readonly id: number
  /** When it came, in milliseconds since 1970. */
  readonly at: number
  readonly text: string
}

type Row = Message & Record<string, SqlStorageValue>

/** What a client gets: all that is kept, when it connects and when that is less; then each new message. */
type Frame =
  { readonly history: readonly Message[] } | { readonly message: Message } | { readonly problem: string }

const MAX_CHARACTERS = 1000
/** The chat forgets what is older than its last messages. */
const MAX_MESSAGES = 100

/** A chat with oneself: every window of its owner sees the same messages, after a restart too. Nobody else gets in. */
export class Chat extends OwnedAgent(Agent, { ownerOf: ownerOfChat }) {
  override onStart(): void {
    this.#sql.exec(`CREATE TABLE IF NOT EXISTS messages (
      id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, text TEXT NOT NULL
    )`)
  }

  override onConnect(connection: Connection): void {
    connection.send(frame({ history: this.#history() }))
  }

  override onMessage(connection: Connection, sent: WSMessage): void {
    const text = readText(sent)
    if (text === undefined) {
      connection.send(frame({ problem: `Send {"text": "…"}, 1 to ${MAX_CHARACTERS} characters` }))
      return
    }
    const insert = 'INSERT INTO messages (at, text) VALUES (?, ?) RETURNING id, at, text'
    const message = this.#sql.exec<Row>(insert, Date.now(), text).one()
    this.#sql.exec('DELETE FROM messages WHERE id <= ?', message.id - MAX_MESSAGES)
    this.broadcast(frame({ message }))
  }

  /** GET reads the messages, DELETE forgets them. */
  override onRequest(request: Request): Response {
    if (request.method === 'DELETE') {
      this.#sql.exec('DELETE FROM messages')
      this.broadcast(frame({ history: [] }))
    } else if (request.method !== 'GET') {
      const allow = { Allow: 'GET, DELETE' }
      return errorResponse(request, 405, 'method_not_allowed', 'A chat takes GET and DELETE', allow)
    }
    return Response.json({ history: this.#history() }, { headers: { 'Cache-Control': 'no-store' } })
  }

  /** Its clients speak the frames above, not those of the SDK. */
  override shouldSendProtocolMessages(): boolean {
    return false
  }

  /** The SDK lets clients write an Agent's state. This one has none. */
  override shouldConnectionBeReadonly(): boolean {
    return true
  }

  get #sql(): SqlStorage {
    return this.ctx.storage.sql
  }

  #history(): readonly Message[] {
    return this.#sql.exec<Row>('SELECT id, at, text FROM messages ORDER BY id').toArray()
  }
}

const frame = (content: Frame): string => JSON.stringify(content)

function readText(sent: WSMessage): string | undefined {
  const { text } = typeof sent === 'string' ? fieldsOf(sent) : {}
  return typeof text === 'string' && text !== '' && text.length <= MAX_CHARACTERS ? text : undefined
}

function fieldsOf(json: string): { readonly text?: unknown } {
  try {
    const value: unknown = JSON.parse(json)
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {}
  }
}
