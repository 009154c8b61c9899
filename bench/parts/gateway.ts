import { join } from 'node:path'
import { createTestHarness } from 'wrangler'
import { demoClients, demoUsers, PASSWORD_REALM, REALM, startTenant, type Tenant } from 'sealgate/internal'
import { exchangeOf, newSlots } from '../../test/support/system.ts'
import { cpuOfWorkerd } from '../measure/cpu.ts'
import { median, shuffled, type Spread, spreadOf } from '../measure/stats.ts'

/** What one way to the consumer costs, held against a Worker that only passes the request on. */
export interface Hop {
  readonly name: string
  /** Median of the rounds. */
  readonly milliseconds: number
  /** To plain forwarding just before and just after. */
  readonly ratio: Spread
  /** CPU time of all Workers together; `null` where /proc does not tell. */
  readonly cpuMicroseconds: number | null
  readonly cpuRatio: Spread | null
}

interface Sample {
  readonly milliseconds: number
  readonly cpu: number | null
}

/** The way of a hop, and what plain forwarding did around it. */
interface Between {
  readonly own: Sample
  readonly before: Sample
  readonly after: Sample
}

const ROOT = join(import.meta.dirname, '../..')
const PLAIN = 'through a Worker that only passes it on'
export const EXCHANGING = 'through the gateway, which exchanges the token'
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
      [EXCHANGING]: () => ask('sealgate-gateway-dev', '/api/whoami', external),
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
  const samples = new Map<string, Between[]>(names.map((name) => [name, []]))
  const sample = async (name: string): Promise<Sample> => {
    const cpu = cpuOfWorkerd()
    const start = performance.now()
    for (let i = 0; i < BATCH; i++) await ways[name]?.()
    const milliseconds = (performance.now() - start) / BATCH
    const cpuAfter = cpuOfWorkerd()
    return { milliseconds, cpu: cpu === null || cpuAfter === null ? null : (cpuAfter - cpu) / BATCH }
  }
  // The first round warms up: keys are fetched, code is compiled.
  for (const name of names) await sample(name)
  let before = await sample(PLAIN)
  for (let round = 0; round < rounds; round++) {
    for (const name of shuffled(names)) {
      const own = await sample(name)
      const after = await sample(PLAIN)
      samples.get(name)?.push({ own, before, after })
      before = after
    }
  }
  return names.map((name) => summaryOf(name, samples.get(name) ?? []))
}

function summaryOf(name: string, samples: readonly Between[]): Hop {
  const cpus = samples.flatMap(({ own, before, after }) =>
    own.cpu === null || before.cpu === null || after.cpu === null
      ? []
      : [{ own: own.cpu, ratio: (2 * own.cpu) / (before.cpu + after.cpu) }],
  )
  return {
    name,
    milliseconds: median(samples.map(({ own }) => own.milliseconds)),
    ratio: spreadOf(
      samples.map(
        ({ own, before, after }) => (2 * own.milliseconds) / (before.milliseconds + after.milliseconds),
      ),
    ),
    cpuMicroseconds: cpus.length > 0 ? median(cpus.map(({ own }) => own)) : null,
    cpuRatio: cpus.length > 0 ? spreadOf(cpus.map(({ ratio }) => ratio)) : null,
  }
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
