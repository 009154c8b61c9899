import { createTestIssuer } from '@sealgate/kit/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestHarness } from 'wrangler'

// An Agent is a Durable Object: this is the real Worker in the real runtime, with the keys of an issuer in memory.
const issuer = await createTestIssuer({ audience: 'notes' })
const { keys } = await (await issuer.binding.fetch('')).json<{ keys: object[] }>()
const server = createTestHarness({
  workers: [
    {
      configPath: 'services/notes/wrangler.jsonc',
      env: 'dev',
      vars: {
        JWT_ISS: issuer.env.JWT_ISS,
        JWT_PUBLIC_JWK: JSON.stringify(keys[0]),
        // if: eddsa
        JWT_JWKS_SERVICE_NAME: '',
        // end
        // if: hs512
        JWT_SECRET_NAME: '',
        // end
      },
      // if: eddsa
      // There is no gateway here.
      bindingOverrides: { GATEWAY_KEYS: 'my-system-notes-dev' },
      // end
    },
  ],
})

beforeAll(async () => {
  await server.listen()
}, 30_000)
afterAll(() => server.close())

async function notes(sub: string, init: { method?: string; body?: string } = {}): Promise<unknown> {
  const headers = { Authorization: `Bearer ${await issuer.token({ sub, kind: 'user' })}` }
  const response = await server.fetch('/api/notes', { ...init, headers })
  return response.json()
}

it('keeps the notes of each user apart', async () => {
  await notes('auth0|ada', { method: 'POST', body: 'buy milk' })
  expect(await notes('auth0|ada')).toEqual({ notes: ['buy milk'] })
  expect(await notes('auth0|bob')).toEqual({ notes: [] })
})

it('has none for nobody', async () => {
  expect((await server.fetch('/api/notes')).status).toBe(401)
})
