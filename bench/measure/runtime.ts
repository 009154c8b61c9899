import { Agent, request } from 'node:http'
import type { Miniflare } from 'miniflare'
import { type GroupOutline, Runner } from './candidate.ts'
import type { Fixtures } from './fixtures.ts'
import { median } from './stats.ts'
import { makeGroups } from '../candidates/groups.ts'
import { nodeCandidates } from '../candidates/node-only.ts'
import { startWorkers } from './miniflare.ts'

/** Where work is done and timed. */
export interface Runtime {
  readonly name: string
  readonly groups: readonly GroupOutline[]
  /** Does the work of one candidate `count` times and gives nanoseconds for each. */
  time(group: string, candidate: string, count: number): Promise<number>
  close(): Promise<void>
}

export async function nodeRuntime(fixtures: Fixtures): Promise<Runtime> {
  const extra = nodeCandidates(fixtures)
  const groups = await makeGroups(fixtures)
  const runner = new Runner(
    groups.map((group) => ({ ...group, candidates: [...group.candidates, ...(extra[group.title] ?? [])] })),
  )
  return {
    name: `Node ${process.versions.node}`,
    groups: runner.outlines,
    async time(group, name, count) {
      const start = process.hrtime.bigint()
      await runner.run(group, name, count)
      return Number(process.hrtime.bigint() - start) / count
    },
    close: () => Promise.resolve(),
  }
}

/** Empty requests that are timed to know what a request itself costs. */
const EMPTY_REQUESTS = 200

export async function workerdRuntime(fixtures: Fixtures): Promise<Runtime> {
  const { miniflare, version } = await startWorkers([{ name: 'bench', entry: 'worker.ts' }])
  const call = await callerOf(miniflare)
  const groups = JSON.parse((await call('/fixtures', JSON.stringify(fixtures))).text) as GroupOutline[]
  const [first] = groups
  if (!first) throw new Error('the Worker has no groups')
  const path = (group: string, candidate: string, count: number): string =>
    `/run?${new URLSearchParams({ group, candidate, count: String(count) }).toString()}`
  const empty: number[] = []
  for (let i = 0; i < EMPTY_REQUESTS; i++)
    empty.push((await call(path(first.title, first.base, 0))).nanoseconds)
  const overhead = median(empty)
  return {
    name: `workerd ${version}`,
    groups,
    time: async (group, name, count) =>
      ((await call(path(group, name, count))).nanoseconds - overhead) / count,
    close: () => miniflare.dispose(),
  }
}

interface Timed {
  readonly text: string
  readonly nanoseconds: number
}

/** Makes requests on one connection that stays open, and times them. */
async function callerOf(miniflare: Miniflare): Promise<(path: string, body?: string) => Promise<Timed>> {
  const base = await miniflare.unsafeGetDirectURL('bench')
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  return (path, body) =>
    new Promise((resolve, reject) => {
      const start = process.hrtime.bigint()
      const outgoing = request(
        new URL(path, base),
        { agent, method: body === undefined ? 'GET' : 'POST' },
        (response) => {
          let text = ''
          response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
          response.on('end', () => {
            const nanoseconds = Number(process.hrtime.bigint() - start)
            if (response.statusCode === 200) resolve({ text, nanoseconds })
            else reject(new Error(`the Worker answered ${response.statusCode ?? 'nothing'}: ${text}`))
          })
        },
      )
      outgoing.on('error', reject)
      outgoing.end(body)
    })
}
