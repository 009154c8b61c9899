import { ConfigError } from '@sealgate/kit'
import { describe, expect, it } from 'vitest'
import { modelOf } from './model.ts'

const LOCAL_MODEL_URL = 'http://127.0.0.1:9/v1'
const binding = {} as unknown as Ai
const nameOf = (env: Parameters<typeof modelOf>[0]): unknown => {
  const model = modelOf(env)
  return typeof model === 'string' ? model : [model.provider, model.modelId]
}

describe('the model of the chat', () => {
  it.each([
    ['a key', { OPENAI_API_KEY: 'sk-x', AI: binding, LOCAL_MODEL_URL }, ['openai.chat', 'gpt-5-mini']],
    [
      'Workers AI',
      { AI: binding, LOCAL_MODEL_URL },
      ['workersai.chat', '@cf/meta/llama-3.3-70b-instruct-fp8-fast'],
    ],
    ['the local one', { OPENAI_API_KEY: '', LOCAL_MODEL_URL }, ['openai.chat', 'local-rules']],
    ['a key, by name', { OPENAI_API_KEY: 'sk-x', CHAT_MODEL: 'other' }, ['openai.chat', 'other']],
  ])('is that of %s', (_, env, expected) => {
    expect(nameOf(env)).toEqual(expected)
  })

  it.each([{}, { LOCAL_MODEL_URL: 'https://model.example' }, { LOCAL_MODEL_URL: 'no address' }])(
    'is missing with %j: the error names the three ways',
    (env) => {
      expect(() => modelOf(env)).toThrow(ConfigError)
      expect(() => modelOf(env)).toThrow(/OPENAI_API_KEY.*"ai".*sealgate dev/)
    },
  )
})
