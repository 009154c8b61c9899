import { join } from 'node:path'
import { createTestHarness } from 'wrangler'
import { demoClients, demoUsers, PASSWORD_REALM, REALM, startTenant, type Tenant } from 'sealgate/internal'
import { exchangeOf, newSlots } from '../../test/support/system.ts'
import { cpuOfWorkerd } from '../measure/cpu.ts'
import { median, shuffled } from '../measure/stats.ts'

/** What one way to the consumer costs, held against a Worker that only passes the request on. */
export interface Hop {
  readonly name: string
  /** Median of the rounds. */
  readonly milliseconds: number
  readonly ratio: number
  /** CPU time of all Workers together; `null` where /proc does not tell. */
  readonly cpuMicroseconds: number | null
}

const ROOT = join(import.meta.dirname, '../..')
const PLAIN = 'through a Worker that only passes it on'
/** Requests in a round. */
const BATCH = 25
/** In development the gateway lets a caller exchange 600 times a minute: rounds above this would measure rejections. */
const MAX_ROUNDS = 21

/**
 * Times requests through the gateway, the consumer and a plain forwarder, one after the other, all warm, in at most 21
 * rounds.
 */
export async function measureGateway(rounds: number): Promise<readonly Hop[]> {
  const tenant = await startTenant({ quiet: true })
  const host = new URL(tenant.baseUrl).host
  const server = createTestHarness({
    root: ROOT,
    workers: [
      {
        configPath: './workers/gateway/wrangler.jsonc',
        env: 'dev',
        vars: { AUTH0_DOMAIN: host, AUTH0_BASE_URL: tenant.baseUrl },
        secrets: { ...newSlots() },
      },
      { configPath: './workers/consumer/wrangler.jsonc', env: 'dev' },
      { configPath: './bench/workers/forward/wrangler.jsonc' },
    ],
  })
  try {
    await server.listen()
    const ask = async (worker: string, path: string, token: string): Promise<string> => {
      const headers = { Authorization: `Bearer ${token}` }
      return textOf(await server.getWorker(worker).fetch(`http://${worker}.test${path}`, { headers }))
    }
    const external = await login(tenant)
    const exchange = async (): Promise<string> => {
      const answer = await server.getWorker('sealgate-gateway-dev').fetch('http://gateway.test/oauth/token', {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams(exchangeOf(external)).toString(),
      })
      return tokenIn(await textOf(answer))
    }
    const internal = await exchange()
    const ways: Readonly<Record<string, () => Promise<unknown>>> = {
      'straight to the consumer': () => ask('sealgate-consumer-dev', '/whoami', internal),
      [PLAIN]: () => ask('bench-forward', '/whoami', internal),
      'through the gateway, which exchanges the token': () =>
        ask('sealgate-gateway-dev', '/api/whoami', external),
      'the exchange alone (POST /oauth/token)': exchange,
    }
    return await timeWays(ways, Math.min(rounds, MAX_ROUNDS))
  } finally {
    await server.close()
    await tenant.close()
  }
}

async function timeWays(
  ways: Readonly<Record<string, () => Promise<unknown>>>,
  rounds: number,
): Promise<readonly Hop[]> {
  const names = Object.keys(ways)
  const times = new Map<string, number[]>(names.map((name) => [name, []]))
  const cpus = new Map<string, number[]>(names.map((name) => [name, []]))
  for (let round = -1; round < rounds; round++) {
    for (const name of shuffled(names)) {
      const cpu = cpuOfWorkerd()
      const start = performance.now()
      for (let i = 0; i < BATCH; i++) await ways[name]?.()
      const each = (performance.now() - start) / BATCH
      const cpuAfter = cpuOfWorkerd()
      // The first round warms up: keys are fetched, code is compiled.
      if (round < 0) continue
      times.get(name)?.push(each)
      if (cpu !== null && cpuAfter !== null) cpus.get(name)?.push((cpuAfter - cpu) / BATCH)
    }
  }
  const plain = times.get(PLAIN) ?? []
  return names.map((name) => {
    const own = times.get(name) ?? []
    const cpu = cpus.get(name) ?? []
    return {
      name,
      milliseconds: median(own),
      ratio: median(own.map((each, round) => each / (plain[round] ?? NaN))),
      cpuMicroseconds: cpu.length > 0 ? median(cpu) : null,
    }
  })
}

async function login(tenant: Tenant): Promise<string> {
  const { clientId, clientSecret } = demoClients.cli
  const { alice: user } = demoUsers
  const body = new URLSearchParams({
    grant_type: PASSWORD_REALM,
    realm: REALM,
    client_id: clientId,
    client_secret: clientSecret,
    audience: tenant.audience,
    username: user.email,
    password: user.password,
  })
  return tokenIn(await (await fetch(`${tenant.baseUrl}/oauth/token`, { method: 'POST', body })).text())
}

async function textOf(answer: { readonly status: number; text(): Promise<string> }): Promise<string> {
  const text = await answer.text()
  if (answer.status !== 200) throw new Error(`a good request got ${answer.status}`)
  return text
}

function tokenIn(text: string): string {
  const answer: unknown = JSON.parse(text)
  if (typeof answer === 'object' && answer !== null && 'access_token' in answer)
    return String(answer.access_token)
  throw new Error('the response holds no token')
}
