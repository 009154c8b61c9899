import { expect, it } from 'vitest'
import { startLocalModel, wantsModel } from './local-model.ts'

it('a service gets a local model by naming its variable, whatever stands there', () => {
  expect(wantsModel({ vars: { LOCAL_MODEL_URL: '' } })).toBe(true)
  expect(wantsModel({ vars: { OPENAI_BASE_URL: 'https://model.example' } })).toBe(false)
})

it('nothing is started when no service wants it', async () => {
  expect(await startLocalModel([])).toBeUndefined()
})
