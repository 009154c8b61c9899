import { rmSync } from 'node:fs'
import {
  checkEndToEnd,
  controlSecret,
  type DevPlan,
  type DevSystem,
  findProject,
  folderOf,
  planOf,
  type Ports,
  type RunningSystem,
  startDevSystem,
} from 'sealgate/internal'
import { ends } from './ends.ts'
import { freePort } from './free-port.ts'
import { ROOT } from './root.ts'
import { PATIENCE } from './setup/patience.ts'

/** What `sealgate dev` runs, for tests: on ports of its own, and it leaves nothing. */
export interface Dev extends Pick<DevSystem, 'system'>, RunningSystem {
  readonly consumer: string
  /** What the printed line does, and others like it. */
  order(path: string): Promise<Response>
  stop(): Promise<void>
}

/** The mock IdP's port is the first. */
export async function freePorts({ gateway, services }: DevPlan): Promise<Ports> {
  const names = ['mock-idp', gateway.name, ...services.map(({ name }) => name)]
  return new Map(await Promise.all(names.map(async (name) => [name, await freePort()] as const)))
}

/** Starts the development system of a folder, this repository by default, and waits until it fits together. */
export async function startDev(
  onLine: (program: string, line: string) => void = () => undefined,
  folder: string = ROOT,
): Promise<Dev> {
  const plan = planOf(findProject(folder))
  const ports = await freePorts(plan)
  const dev = await startDevSystem({ plan, ports, onLine })
  const stop = ends(async () => {
    await dev.stop()
    rmSync(folderOf(plan, ports), { recursive: true, force: true })
  })
  try {
    const running = await dev.untilReady()
    await untilItFits(running)
    return {
      ...running,
      system: dev.system,
      consumer: running.addresses.services.get('consumer') ?? '',
      order: (path) => {
        const headers = { Authorization: `Bearer ${controlSecret(plan)}` }
        return fetch(`${dev.url}/${path}`, { method: 'POST', headers })
      },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** The Workers have to find each other. */
export async function untilItFits(running: RunningSystem): Promise<void> {
  for (const until = Date.now() + PATIENCE.wait; ;) {
    try {
      await checkEndToEnd(running)
      return
    } catch (error) {
      if (Date.now() > until) throw error
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
}
