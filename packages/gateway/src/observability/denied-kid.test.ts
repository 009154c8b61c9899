/** Which key a token names that does not count: the first question about a tenant whose keys were rotated. */
import { generateKeyPair } from 'jose'
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  catchLogs,
  type FakeAuth0,
  fakeAuth0,
  gatewayEnv,
  newSlot,
  recordingService,
  type TokenOptions,
} from '../testing/fixtures.ts'
import { app } from '../testing/test-gateway.ts'

let auth0: FakeAuth0
let env: Record<string, unknown>
const logs = catchLogs()

beforeAll(async () => {
  auth0 = await fakeAuth0()
  env = gatewayEnv({
    JWT_PRIVATE_JWK_NAME: 'SLOT_A',
    SLOT_A: await newSlot('slot-a'),
    CONSUMER: recordingService(),
  })
})
beforeEach(() => {
  vi.spyOn(globalThis, 'fetch').mockImplementation(auth0.fetch)
})

async function kidOf(response: Response): Promise<unknown> {
  const [line] = await logs.of(response)
  return (line as { readonly kid?: unknown }).kid
}

const call = async (token: string): Promise<Response> =>
  app.request('https://gateway.test/api/x', { headers: { Authorization: `Bearer ${token}` } }, env)

const exchange = async (subject_token: string): Promise<Response> =>
  app.request(
    'https://gateway.test/oauth/token',
    {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token,
        subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        audience: 'reports',
      }),
    },
    env,
  )

describe.each([
  ['a route', call],
  ['the exchange', exchange],
])('the line of a denial at %s', (_, send) => {
  const forged = async (options: TokenOptions): Promise<string> =>
    auth0.token({}, { ...options, key: (await generateKeyPair('RS256')).privateKey })

  it('names the key that the token names', async () => {
    expect(await kidOf(await send(await forged({})))).toBe('auth0-key')
    expect(await kidOf(await send(await forged({ header: { kid: 'of-last-year' } })))).toBe('of-last-year')
  })

  it.each([['two words'], ['a@b.test'], ['k'.repeat(65)], [7]])(
    'has no kid that is not plain: it is anybody’s text (%j)',
    async (kid) => {
      expect(await kidOf(await send(await forged({ header: { kid } })))).toBeUndefined()
    },
  )

  it('has none of what is no token', async () => {
    expect(await kidOf(await send('nonsense'))).toBeUndefined()
  })
})
