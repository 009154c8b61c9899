import type { WorkerView } from '../project/worker-view.ts'

/** A Worker that is to be deployed. */
export interface Candidate {
  readonly view: WorkerView
  /** Whether others can bind it: it is at Cloudflare, with code of its own. */
  readonly isThere: boolean
}

export interface DeploySteps {
  /** Workers that go first without what they bind, so that others can bind them. */
  readonly bootstraps: readonly WorkerView[]
  /** All of them, each after what it binds. */
  readonly deploys: readonly WorkerView[]
}

/**
 * The order in which Workers are deployed: services, then the gateway. Cloudflare rejects a binding to a Worker that does
 * not exist; where two bind each other, and neither exists, one of them is there first without its bindings. A Worker that
 * is live is never cut off from its services so.
 */
export function orderSteps(gateway: Candidate, services: readonly Candidate[]): DeploySteps {
  const all = [...services, gateway]
  const own = new Set(all.map(({ view }) => view.name))
  const there = new Set(all.filter(({ isThere }) => isThere).map(({ view }) => view.name))
  const bootstraps: WorkerView[] = []
  const deploys: WorkerView[] = []
  const waiting = all.map(({ view }) => view)
  while (waiting.length > 0) {
    const next = waiting.findIndex((view) => boundBy(view).every((name) => !own.has(name) || there.has(name)))
    if (next < 0) {
      // A circle. Of those that others wait for, the gateway: it has no route then, and nobody reaches it.
      const awaited = new Set(waiting.flatMap(boundBy))
      const absent = waiting.filter(({ name }) => awaited.has(name) && !there.has(name))
      const first = absent.find((view) => view === gateway.view) ?? absent[0]
      if (!first) break
      bootstraps.push(first)
      there.add(first.name)
      continue
    }
    const [view] = waiting.splice(next, 1)
    if (!view) break
    there.add(view.name)
    deploys.push(view)
  }
  return { bootstraps, deploys }
}

/** The Workers that a Worker binds, but for itself. */
function boundBy({ name, config }: WorkerView): readonly string[] {
  return (config.services ?? []).map(({ service }) => service).filter((service) => service !== name)
}
