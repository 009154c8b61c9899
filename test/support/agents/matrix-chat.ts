import { AIChatAgent } from '@cloudflare/ai-chat'
import { policy } from '@sealgate/kit'
import { AuthAgent, guardTools } from '@sealgate/kit/agents'
import { convertToModelMessages, stepCountIs, streamText, tool } from 'ai'
import { MockLanguageModelV3 } from 'ai/test'
import { z } from 'zod'
import { obey } from './scripted-model.ts'

/** The same Worker, and a chat that either major of the AI SDK takes as it is. */
export * from './matrix.ts'
export { default } from './matrix.ts'

type Env = Cloudflare.Env

// The newer major takes models of the older.
const model = new MockLanguageModelV3({ doStream: (sent) => Promise.resolve({ stream: obey(sent) }) })

const mayUse = (permission: string) => policy().needAll(permission)

export class Chat extends AuthAgent(AIChatAgent<Env>) {
  override async onChatMessage(): Promise<Response> {
    const tools = guardTools(this, {
      weather: {
        tool: tool({
          inputSchema: z.object({ city: z.string() }),
          execute: ({ city }) => `sun in ${city}, for ${this.auth.sub}`,
        }),
        policy: mayUse('use:weather'),
      },
      secrets: {
        tool: tool({ inputSchema: z.object({}), execute: () => 'a secret' }),
        policy: mayUse('read:secrets'),
      },
      transfer: {
        tool: tool({
          inputSchema: z.object({ amount: z.number() }),
          execute: ({ amount }) => `${amount} sent, for ${this.auth.sub}`,
        }),
        policy: mayUse('write:payments'),
        confirm: true,
      },
    })
    const messages = await convertToModelMessages(this.messages, { tools })
    const stream = streamText({ model, messages, tools, stopWhen: stepCountIs(4) })
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- Version 6 has no other.
    return stream.toUIMessageStreamResponse()
  }
}
