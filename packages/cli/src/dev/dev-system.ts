import { existsSync, readdirSync, rmdirSync, rmSync, unwatchFile, watchFile } from 'node:fs'
import { join } from 'node:path'
import type { ControlPlace } from './banner.ts'
import { type Control, startControl } from './control-server.ts'
import { type DevDefinition, readDefinition, UNKNOWN } from './definition.ts'
import { controlSecret, makeSecrets, watchSecrets } from './dev-secrets.ts'
import type { RunningSystem } from './end-to-end-check.ts'
import { idpSettings } from './idp-settings.ts'
import { type DevPlan, type DevWorker, workersOf } from './dev-plan.ts'
import { LineStore } from './line-store.ts'
import { startLocalModel } from './local-model.ts'
import type { Ports } from './ports.ts'
import { writePrivateFile } from '../project/private-files.ts'
import { CONTROL_FILE, devFolderName } from '../project/running-dev.ts'
import { stateDirectory } from '../project/state.ts'
import { explainInDev } from '../why/explanation.ts'
import { addressesOf, type OnLine, programNames, startSystem, type System } from './system.ts'

/** How often it is looked whether the gateway's definition changed, in milliseconds. */
const LOOK_MS = 500
/** How long the gateway may take to run with a definition that changed, in milliseconds. */
const RELOAD_MS = 2000

export interface DevSystemOptions {
  readonly plan: DevPlan
  readonly ports: Ports
  readonly onLine: OnLine
  /** Where the mock IdP may send people back to, besides the gateway. Default: nowhere. */
  readonly callbackUrls?: readonly string[]
  readonly isVerbose?: boolean
}

/** All of a development system: its programs, its control server, and what looks after its secrets. */
export interface DevSystem extends ControlPlace {
  readonly system: System
  /** Waits until all runs. @throws Error when a program ends first */
  untilReady(): Promise<RunningSystem>
  /** Ends all, and removes what is not kept for the next start. */
  stop(): Promise<void>
}

/** What a project keeps of a system whose gateway listens on this port. */
export function folderOf({ root, gateway }: DevPlan, ports: Ports): string {
  return join(root, '.sealgate', folderName(gateway, ports))
}

const folderName = (gateway: DevWorker, ports: Ports): string => devFolderName(ports.get(gateway.name) ?? 0)

/** What is kept for the next start; all else goes when the system ends. */
const KEPT = 'state'

/** wrangler's own folders beside a configuration. Whatever is in them is another program's. */
function removeEmpty(...folders: readonly string[]): void {
  for (const folder of folders) {
    if (existsSync(folder) && readdirSync(folder).length === 0) rmdirSync(folder)
  }
}

/** Starts it. Rejects, and leaves nothing, when the mock IdP or the control server do not start. */
export async function startDevSystem({
  plan,
  ports,
  onLine,
  callbackUrls = [],
  isVerbose = false,
}: DevSystemOptions): Promise<DevSystem> {
  makeSecrets(plan)
  const folder = stateDirectory(plan, folderName(plan.gateway, ports))
  const idp = idpSettings(plan.gateway)
  const addresses = addressesOf(plan, ports)
  let definition: DevDefinition = UNKNOWN
  const control: Control = await startControl(plan, {
    names: programNames(plan),
    obey: async (order, name) => (await starting)[order](name),
    explain: (requestId) => explainInDev(plan.root, String(ports.get(plan.gateway.name) ?? 0), requestId),
  })
  const headerFile = join(folder, CONTROL_FILE)
  writePrivateFile(headerFile, `Authorization: Bearer ${controlSecret(plan)}\n`)
  const lines = new LineStore(folder)
  const model = await startLocalModel(plan.services)
  const starting = startSystem({
    callbackUrls,
    ...{ plan, ports, idp, folder, onLine, isVerbose },
    onLogged: (line) => lines.add(line),
    definition: () => definition,
    controlUrl: control.url,
    modelUrl: model?.url,
  }).catch(async (error: unknown) => {
    control.close()
    await model?.close()
    lines.close()
    throw error
  })
  const running = await starting

  const stopWatching = watchSecrets(plan, (name) => running.reload(name))
  const source = join(plan.gateway.dir, 'gateway.config.ts')
  const readAgain = async (): Promise<void> => {
    await new Promise((resolve) => setTimeout(resolve, RELOAD_MS).unref())
    definition = await readDefinition(addresses.gateway).catch(() => definition)
  }
  watchFile(source, { interval: LOOK_MS }, () => void readAgain())

  return {
    system: running,
    url: control.url,
    headerFile,
    async untilReady() {
      await running.untilReady()
      definition = await readDefinition(addresses.gateway)
      return { plan, idp, addresses, definition, modelUrl: model?.url }
    },
    async stop() {
      stopWatching()
      unwatchFile(source)
      control.close()
      await Promise.all([running.stopAll(), model?.close()])
      lines.close()
      for (const name of readdirSync(folder)) {
        if (name !== KEPT) rmSync(join(folder, name), { recursive: true, force: true })
      }
      for (const { dir } of workersOf(plan)) removeEmpty(join(dir, '.wrangler/tmp'), join(dir, '.wrangler'))
    },
  }
}
