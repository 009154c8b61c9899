import { type Chat, chatOn, type Message } from './chats.ts'
import { connect } from './client.ts'
import { bearer, request } from './service.ts'

export type { Chat, Message } from './chats.ts'

export async function openChat(path: string, token: string): Promise<Chat> {
  const history = async (): Promise<Message[]> =>
    (await request(`${path}/get-messages`, bearer(token))).json()
  return chatOn(await connect(path, token), history)
}
