import { createOpenAI } from '@ai-sdk/openai'
import { ConfigError } from '@sealgate/kit'
import type { LanguageModel } from 'ai'
import { createWorkersAI } from 'workers-ai-provider'

/** Where a model may come from; the first that is set is taken. */
export interface ModelEnv {
  /** Secret. Of OpenAI, or of whatever speaks its chat completions at `OPENAI_BASE_URL`. */
  readonly OPENAI_API_KEY?: string
  /** Default: OpenAI's own. */
  readonly OPENAI_BASE_URL?: string
  /** A binding to Workers AI. */
  readonly AI?: Ai
  /** Set by `sealgate dev`: rules on this machine, and no AI. */
  readonly LOCAL_MODEL_URL?: string
  /** The model's name. Default: `gpt-5-mini`, or {@link WORKERS_AI_MODEL} of Workers AI. */
  readonly CHAT_MODEL?: string
}

/** Calls tools, and is fast. */
const WORKERS_AI_MODEL = '@cf/meta/llama-3.3-70b-instruct-fp8-fast'

/** @throws ConfigError when there is none: it names the three ways */
export function modelOf(env: ModelEnv): LanguageModel {
  const { OPENAI_API_KEY: apiKey, OPENAI_BASE_URL: baseURL, AI: binding, LOCAL_MODEL_URL: local } = env
  if (apiKey) {
    return createOpenAI({ apiKey, ...(baseURL && { baseURL }) }).chat(env.CHAT_MODEL || 'gpt-5-mini')
  }
  if (binding) return createWorkersAI({ binding })(env.CHAT_MODEL || WORKERS_AI_MODEL)
  if (local && isLoopback(local)) return createOpenAI({ apiKey: 'none', baseURL: local }).chat('local-rules')
  throw new ConfigError(
    'the chat has no model: set the secret OPENAI_API_KEY (and OPENAI_BASE_URL for another provider), ' +
      'or bind Workers AI ("ai": { "binding": "AI" } in wrangler.jsonc), or run it with sealgate dev, which has a model of rules',
  )
}

/** What is on this machine is nobody's model in production. */
function isLoopback(url: string): boolean {
  return URL.parse(url)?.hostname === '127.0.0.1'
}
