/** The Workers of seed 002, unedited: one with a secret, and a gateway and a consumer that agree on keys over a binding. */
import { keygen } from 'sealgate/internal'
import { generateSecret, makeKit } from '@sealgate/kit'
import { beforeAll, describe, expect, it } from 'vitest'
import { devVars, type Running, runWorkers, snippet, snippetWorker } from '../support/snippets.ts'

const FOLDER = '002-flarelette'

describe('the Worker with a secret', () => {
  const secret = generateSecret()
  const issuer = { JWT_ISS: 'https://api.example.com', JWT_AUD: 'api.example.com', JWT_SECRET: secret }
  let running: Running
  beforeAll(async () => {
    running = await runWorkers(
      await snippetWorker({
        entry: `${FOLDER}/index.ts`,
        config: `${FOLDER}/index.toml`,
        bindings: { API_JWT_SECRET: secret },
      }),
      await snippetWorker({
        name: 'local',
        entry: `${FOLDER}/index.ts`,
        bindings: { ...devVars(`${FOLDER}/dev.vars`), MY_SECRET: secret },
      }),
    )
  })
  const secure = (name: string, token?: string): Promise<Response> =>
    running.fetch(
      name,
      '/secure',
      token === undefined ? {} : { headers: { Authorization: `Bearer ${token}` } },
    )

  it('lets in who has a token of its issuer, and nobody else', async () => {
    const token = await makeKit(issuer).createToken({ sub: 'ada' })
    const response = await secure('my-api', token)
    expect([response.status, await response.json()]).toEqual([200, { data: 'secure', user: 'ada' }])
    const forged = await makeKit({ ...issuer, JWT_SECRET: generateSecret() }).createToken({ sub: 'ada' })
    for (const bad of [undefined, '', 'a.b.c', forged]) {
      const denied = await secure('my-api', bad)
      expect([denied.status, await denied.json()]).toEqual([401, { error: 'Unauthorized' }])
    }
  })

  it('runs with its .dev.vars too', async () => {
    const local = { JWT_ISS: 'https://localhost:8787', JWT_AUD: 'localhost', JWT_SECRET: secret }
    const token = await makeKit(local).createToken({ sub: 'ada' })
    expect((await secure('local', token)).status).toBe(200)
    expect((await secure('my-api', token)).status).toBe(401)
  })
})

describe('gateway and consumer', () => {
  const { privateJwk, publicJwk } = JSON.parse(keygen('--kid=ed25519-2025-01')) as Record<string, object>
  const gateway = (bindings: Readonly<Record<string, string>>, name = 'jwt-gateway') =>
    snippetWorker({ entry: `${FOLDER}/gateway.ts`, config: `${FOLDER}/gateway.toml`, bindings, name })
  let running: Running
  beforeAll(async () => {
    const bare = Object.fromEntries(Object.entries(privateJwk ?? {}).filter(([member]) => member !== 'kid'))
    const keys = { GATEWAY_PRIVATE: JSON.stringify(privateJwk), GATEWAY_PUBLIC: JSON.stringify(publicJwk) }
    running = await runWorkers(
      await gateway(keys),
      // `wrangler secret put GATEWAY_PRIVATE < keys.json`, as the text has it for a moment; and a key without its name.
      await gateway({ ...keys, GATEWAY_PRIVATE: JSON.stringify({ publicJwk, privateJwk }) }, 'whole-file'),
      await gateway({ ...keys, GATEWAY_PRIVATE: JSON.stringify(bare) }, 'without-kid'),
      await snippetWorker({ entry: `${FOLDER}/consumer.ts`, config: `${FOLDER}/consumer.toml` }),
    )
  })
  const sign = async (name: string): Promise<string> => {
    const response = await running.fetch(name, '/sign', { method: 'POST', body: '{"sub":"test"}' })
    expect(response.status).toBe(200)
    return ((await response.json()) as { readonly token: string }).token
  }

  it('what the one signs, the other lets in, by keys that it fetches over its binding', async () => {
    const headers = { Authorization: `Bearer ${await sign('jwt-gateway')}` }
    const response = await running.fetch('consumer-api', '/secure', { headers })
    expect([response.status, await response.json()]).toEqual([200, { data: 'secure', user: 'test' }])
    expect((await running.fetch('consumer-api', '/secure')).status).toBe(401)
  })

  it.each(['whole-file', 'without-kid'])('a key that was put as %s signs as well', async (name) => {
    const headers = { Authorization: `Bearer ${await sign(name)}` }
    expect((await running.fetch('consumer-api', '/secure', { headers })).status).toBe(200)
  })
})

describe('what debugs', () => {
  it("envMode('consumer') and auth.payload work in a Worker as the text has them", async () => {
    const code = `
      import { envMode, makeKit } from '@sealgate/kit'
      import { env } from 'cloudflare:workers'
      export default {
        async fetch(request) {
          const jwt = makeKit(env)
          const policy = () => jwt.policy()
          const checkAuth = (...given) => jwt.checkAuth(...given)
          const token = await jwt.createToken({ sub: 'ada', jti: 'one' })
          ${snippet(`${FOLDER}/log-verification.ts`)}
          return Response.json([envMode('consumer'), envMode('producer')])
        },
      }`
    const bindings = { JWT_ISS: 'a', JWT_AUD: 'b', JWT_SECRET: generateSecret() }
    const running = await runWorkers(await snippetWorker({ entry: { code }, bindings }))
    expect(await (await running.fetch('snippet', '/')).json()).toEqual(['HS512', 'HS512'])
    await expect.poll(() => running.log.join('\n')).toMatch(/jti: 'one',\s+sub: 'ada',\s+success: true/)
  })
})
