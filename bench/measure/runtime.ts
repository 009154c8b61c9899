import { randomUUID } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Miniflare } from 'miniflare'
import { type GroupOutline, Runner } from './candidate.ts'
import type { Fixtures } from './fixtures.ts'
import { median } from './stats.ts'
import type * as NodeGroups from '../candidates/node-groups.ts'
import { bundle, ROOT } from './bundle.ts'
import { startWorkers } from './miniflare.ts'

/** Where work is done and timed. */
export interface Runtime {
  readonly name: string
  readonly groups: readonly GroupOutline[]
  /** Does the work of one candidate `count` times and gives nanoseconds for each. */
  time(group: string, candidate: string, count: number): Promise<number>
  close(): Promise<void>
}

/** Starts a runtime with the kit of one checkout. */
export type StartRuntime = (fixtures: Fixtures, checkout?: string) => Promise<Runtime>

export const RUNTIMES: Readonly<Record<string, StartRuntime>> = {
  workerd: workerdRuntime,
  node: nodeRuntime,
}

/** In this process. The candidates come as a bundle here too, so that what differs from workerd is the runtime. */
async function nodeRuntime(fixtures: Fixtures, checkout: string = ROOT): Promise<Runtime> {
  const folder = join(ROOT, '.sealgate/bench')
  mkdirSync(folder, { recursive: true })
  const file = join(folder, `node-${randomUUID()}.mjs`)
  const entry = join(import.meta.dirname, '../candidates/node-groups.ts')
  const { text } = await bundle(
    { file: entry },
    { checkout, minify: false, runtime: 'node', external: ['fast-jwt'] },
  )
  writeFileSync(file, text)
  try {
    const { makeNodeGroups } = (await import(pathToFileURL(file).href)) as typeof NodeGroups
    const runner = new Runner(await makeNodeGroups(fixtures))
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
  } finally {
    rmSync(file)
  }
}

/** Empty requests that are timed to know what a request itself costs. */
const EMPTY_REQUESTS = 200

async function workerdRuntime(fixtures: Fixtures, checkout: string = ROOT): Promise<Runtime> {
  const { miniflare, version } = await startWorkers([
    { name: 'bench', entry: 'worker.ts', build: { checkout } },
  ])
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
