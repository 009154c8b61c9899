import { setTimeout as sleep } from 'node:timers/promises'
import { Agent, request } from 'node:http'
import { base64url } from 'jose'
import { at } from '../candidates/inputs.ts'
import type { Fixtures } from '../measure/fixtures.ts'
import { startWorkers } from '../measure/miniflare.ts'

/** How often one baseline fetched the JWKS in one situation. */
export interface FetchCount {
  readonly situation: string
  readonly baseline: string
  readonly fetches: number
  readonly good: number
  readonly rejected: number
}

interface Situation {
  readonly title: string
  readonly requests: number
  readonly concurrent: number
  readonly isUpstreamDown: boolean
  readonly token: (fixtures: Fixtures, index: number) => string
}

const BASELINES = ['ours', 'jose', 'hono']
/** How long the JWKS service takes to answer. */
const UPSTREAM_MS = 50

const goodToken = ({ eddsa }: Fixtures, index: number): string => at(eddsa, index)
const SITUATIONS: readonly Situation[] = [
  {
    title: '500 first verifications at once',
    requests: 500,
    concurrent: 500,
    isUpstreamDown: false,
    token: goodToken,
  },
  {
    title: '1,000 unknown kids, nothing cached, 50 at a time',
    requests: 1000,
    concurrent: 50,
    isUpstreamDown: false,
    token: (fixtures, index) => withKid(goodToken(fixtures, index), `unknown-${index}`),
  },
  {
    title: '1,000 good tokens while the JWKS service is down, 50 at a time',
    requests: 1000,
    concurrent: 50,
    isUpstreamDown: true,
    token: goodToken,
  },
]

/** Counts JWKS fetches over a real service binding, each time from a cold isolate. */
export async function countFetches(fixtures: Fixtures): Promise<readonly FetchCount[]> {
  const counts: FetchCount[] = []
  for (const situation of SITUATIONS) {
    for (const baseline of BASELINES) counts.push(await count(fixtures, situation, baseline))
  }
  return counts
}

async function count(fixtures: Fixtures, situation: Situation, baseline: string): Promise<FetchCount> {
  let fetches = 0
  const keys = async (): Promise<{ status: number; body: string }> => {
    fetches++
    await sleep(UPSTREAM_MS)
    return {
      status: situation.isUpstreamDown ? 500 : 200,
      body: JSON.stringify({ keys: [fixtures.publicJwk] }),
    }
  }
  const { miniflare } = await startWorkers([
    { name: 'baseline', entry: 'baseline-worker.ts', bindings: { BASELINE: baseline }, keys },
  ])
  const agent = new Agent({ keepAlive: true, maxSockets: situation.concurrent })
  try {
    const url = await miniflare.unsafeGetDirectURL('baseline')
    let next = 0
    const statuses: number[] = []
    const client = async (): Promise<void> => {
      while (next < situation.requests)
        statuses.push(await statusOf(url, agent, situation.token(fixtures, next++)))
    }
    await Promise.all(Array.from({ length: situation.concurrent }, client))
    const good = statuses.filter((status) => status === 200).length
    return { situation: situation.title, baseline, fetches, good, rejected: statuses.length - good }
  } finally {
    agent.destroy()
    await miniflare.dispose()
  }
}

function statusOf(url: URL, agent: Agent, token: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { agent, headers: { Authorization: `Bearer ${token}` } }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0))
    })
    outgoing.on('error', reject).end()
  })
}

function withKid(token: string, kid: string): string {
  const header = JSON.stringify({ alg: 'EdDSA', typ: 'JWT', kid })
  return `${base64url.encode(header)}${token.slice(token.indexOf('.'))}`
}
