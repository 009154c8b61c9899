import type { Server } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { createHub, createPublicServer, type Live } from './hub.ts'
import { type Instance, startInstance } from './instance.ts'
import { KvStore } from './kv.ts'
import type { CloudflareState, Script, Share } from './state.ts'

export interface RuntimeOptions {
  /** Milliseconds in which requests still go to the old deployment as often as to the new one. Default 0. */
  readonly overlapMs?: number
  /** Replaces the limit of every rate limiter: a load is one caller's. */
  readonly rateLimit?: number
  /** 0 ≤ random < 1: what picks a version for a request. Default `Math.random`. */
  readonly random?: () => number
}

/**
 * Runs what a local Cloudflare holds on real workerd: each version that is part of a deployment in a process of its own,
 * public requests and calls over bindings split by weight for each request. So two versions of a gateway serve two
 * JWKS during a gradual rollout, by URL and by binding, while the isolates of their callers live on.
 *
 * A Durable Object is one version's own: its storage goes with the version.
 */
export interface Runtime {
  /**
   * Brings a script to its latest deployment. Versions that are no longer part of it get no new request, and end when
   * their last one has. Deployments of one script take turns.
   */
  reconcile(script: string): Promise<void>
  /** Where a script's public requests go: the same address for all its versions. */
  url(script: string): Promise<string>
  /** Ends every version of a script: until its next deployment nothing responds. */
  stop(script: string): Promise<void>
  /** All KV namespaces, by the ids in the bindings. */
  readonly kv: KvStore
  /** What the versions of a script logged last, the oldest line first. */
  logs(script: string): readonly string[]
  /** How many calls over bindings went to each version, by its id. */
  readonly calls: ReadonlyMap<string, number>
  close(): Promise<void>
}

/** How long a version's requests may take to end. */
const DRAIN_MS = 5000
const MAX_LOGS = 1000

export async function startRuntime(state: CloudflareState, options: RuntimeOptions = {}): Promise<Runtime> {
  const { overlapMs = 0, rateLimit, random = Math.random } = options
  const kv = new KvStore()
  const live = new Map<string, readonly Live[]>()
  const logs = new Map<string, string[]>()
  const calls = new Map<string, number>()
  const publicServers = new Map<string, Promise<string>>()
  const turns = new Map<string, Promise<void>>()
  const drains = new Set<Promise<void>>()
  const servers: Server[] = []
  const liveOf = (script: string): readonly Live[] => live.get(script) ?? []
  const listen = async (server: Server): Promise<string> => {
    servers.push(server)
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    return `127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
  }
  const hub = await listen(
    createHub(liveOf, kv, random, (version) => void calls.set(version, (calls.get(version) ?? 0) + 1)),
  )

  const start = (script: Script, { version_id: id }: Share): Promise<Instance> => {
    const version = script.versions.find((one) => one.id === id)
    if (!version) throw new Error(`${script.name} has no version ${id}`)
    const lines = logs.get(script.name) ?? []
    logs.set(script.name, lines)
    return startInstance(script, version, {
      ...{ hub, rateLimit },
      onLog(line) {
        lines.push(line)
        if (lines.length > MAX_LOGS) lines.shift()
      },
    })
  }

  const deploy = async (name: string): Promise<void> => {
    const script = state.scripts.get(name)
    const shares = script?.deployments.at(-1)?.versions ?? []
    const before = liveOf(name)
    const next = await Promise.all(
      shares.map(async (share): Promise<Live> => {
        const { percentage, version_id: versionId } = share
        const running = before.find((one) => one.versionId === versionId)
        if (running) return { ...running, percentage }
        if (!script) throw new Error(`there is no script ${name}`)
        return { versionId, percentage, instance: await start(script, share), load: { open: 0 } }
      }),
    )
    if (overlapMs > 0 && before.length > 0) {
      live.set(name, halves(before, next))
      await sleep(overlapMs)
    }
    live.set(name, next)
    for (const old of before) {
      if (next.some(({ versionId }) => versionId === old.versionId)) continue
      const drain = drained(old).finally(() => drains.delete(drain))
      drains.add(drain)
    }
  }

  return {
    kv,
    calls,
    reconcile(name) {
      const turn = (turns.get(name) ?? Promise.resolve()).then(() => deploy(name))
      turns.set(
        name,
        turn.catch(() => undefined),
      )
      return turn
    },
    async url(name) {
      const known = publicServers.get(name) ?? listen(createPublicServer(name, liveOf, random))
      publicServers.set(name, known)
      return `http://${await known}`
    },
    async stop(name) {
      const all = liveOf(name)
      live.set(name, [])
      await Promise.all(all.map(({ instance }) => instance.stop()))
    },
    logs: (name) => [...(logs.get(name) ?? [])],
    async close() {
      await Promise.all(turns.values())
      const all = [...live.values()].flat()
      live.clear()
      await Promise.all([...drains, ...all.map(({ instance }) => instance.stop())])
      await Promise.all(
        servers.map((server) => {
          server.closeAllConnections()
          return new Promise((resolve) => server.close(resolve))
        }),
      )
    },
  }
}

/** Both deployments at once, each with half of the requests. */
function halves(before: readonly Live[], next: readonly Live[]): readonly Live[] {
  const weights = new Map<string, Live>()
  for (const one of [...before, ...next]) {
    const percentage = one.percentage / 2 + (weights.get(one.versionId)?.percentage ?? 0)
    weights.set(one.versionId, { ...one, percentage })
  }
  return [...weights.values()]
}

async function drained({ instance, load }: Live): Promise<void> {
  const until = Date.now() + DRAIN_MS
  // A request that was on its way when the deployment changed may not be counted yet.
  do await sleep(100)
  while (load.open > 0 && Date.now() < until)
  await instance.stop()
}
