import { createServer, type Server } from 'node:http'
import type { DeploymentHealth, Probed } from '@sealgate/gateway/config'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { smoke, type SmokeReport, type SmokeTarget } from './smoke.ts'

const PAIR = {
  service: 'REPORTS',
  audience: 'reports',
  verdict: 'ok',
  genuine: { status: 200 },
  forged: { status: 401 },
} satisfies Probed

let server: Server
let url: string
let ready: { status: number; error?: string }
beforeAll(async () => {
  server = createServer((_, response) => {
    response.writeHead(ready.status, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ error: ready.error }))
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
})
beforeEach(() => {
  ready = { status: 200 }
})
afterAll(() => void server.close())

/** As much of a deployment's health as is looked at. */
function health(change: object = {}): DeploymentHealth {
  const whole = {
    version: { id: 'new' },
    keys: [{ kid: 'a', thumbprint: 't' }],
    settings: { mode: 'EdDSA' },
    kit: { sign: { slots: [{ name: 'GATEWAY_PRIVATE_A', kid: 'a', state: 'signing' }] } },
    ...change,
  }
  return whole as unknown as DeploymentHealth
}

function look(target: Partial<Omit<SmokeTarget, 'url'>>, patienceMs = 0): Promise<SmokeReport> {
  return smoke(
    { url, health: () => Promise.resolve(health()), probe: () => Promise.resolve([PAIR]), ...target },
    { version: 'new', nameOf: (binding) => binding.toLowerCase() },
    { patienceMs, pauseMs: 1 },
  )
}

const withPair = (change: Partial<Probed>): Partial<SmokeTarget> => ({
  probe: () => Promise.resolve([{ ...PAIR, ...change }]),
})
const withHealth = (change: object): Partial<SmokeTarget> => ({
  health: () => Promise.resolve(health(change)),
})

describe('the smoke test of a deploy', () => {
  it('passes what serves this version, is ready, signs, and whose services accept good tokens alone', async () => {
    expect(await look({})).toEqual({
      ...{ ok: true, problems: [], warnings: [] },
      pairs: [{ service: 'REPORTS', audience: 'reports', verdict: 'ok' }],
    })
  })

  it.each<[string, Partial<SmokeTarget>, RegExp]>([
    ['another version', withHealth({ version: { id: 'old' } }), /serves version old, not new/],
    ['no slot that signs', withHealth({ kit: { sign: { slots: [] } } }), /no slot of the gateway signs/],
    ['a key that is not published', withHealth({ keys: [] }), /signs with a, which its JWKS does not have/],
    [
      'a service of another audience',
      withPair({ verdict: 'rejects', takesAudience: 'archive' }),
      /^gateway → reports \(binding REPORTS, audience reports\) rejects .* takes those for archive: its JWT_AUD must be reports$/,
    ],
    ['a service with other keys', withPair({ verdict: 'rejects' }), /its JWT_ISS, JWT_AUD or keys/],
    ['a service that verifies nothing', withPair({ verdict: 'accepts_forged' }), /accepts a forged token/],
    ['a service without keys', withPair({ verdict: 'unavailable' }), /cannot have its keys/],
    [
      'a service that throws',
      withPair({ verdict: 'failed', genuine: { status: null, reason: 'threw' } }),
      /failed \(threw\)/,
    ],
    ['a gateway that nobody reaches', { health: () => Promise.reject(new Error('no route')) }, /no route/],
  ])('says of %s what is wrong', async (_, target, problem) => {
    const { ok, problems } = await look(target)
    expect(ok).toBe(false)
    expect(problems).toEqual([expect.stringMatching(problem)])
  })

  it('says why a gateway is not ready', async () => {
    ready = { status: 503, error: 'temporarily_unavailable' }
    const notReady = { reason: 'sessions_unavailable' as const, detail: 'the Durable Object threw' }
    expect((await look(withHealth({ notReady }))).problems).toEqual([
      `${url}/ready responds with 503 (temporarily_unavailable): everybody would be denied: the Durable Object threw`,
    ])
    expect((await look({})).problems).toEqual([
      expect.stringMatching(/everybody would be denied: .* log says why$/),
    ])
  })

  it('waits for what passes, and not for what stays', async () => {
    const versions = ['old', 'old', 'new']
    const passing = { health: () => Promise.resolve(health({ version: { id: versions.shift() ?? 'new' } })) }
    expect((await look(passing, 5000)).ok).toBe(true)
    let looks = 0
    const staying = {
      probe: () => {
        looks++
        return Promise.resolve([{ ...PAIR, verdict: 'rejects' as const, takesAudience: 'archive' }])
      },
    }
    expect((await look(staying, 5000)).ok).toBe(false)
    expect(looks).toBe(1)
  })

  it('passes with a warning what cannot be looked at', async () => {
    const { ok, warnings } = await look({
      ...withPair({ verdict: 'unsupported' }),
      ...withHealth({ version: undefined }),
    })
    expect(ok).toBe(true)
    expect(warnings).toEqual([
      expect.stringContaining('it has no probe()'),
      expect.stringContaining('CF_VERSION_METADATA'),
    ])
  })
})
