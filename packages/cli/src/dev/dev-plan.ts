import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { UsageError } from '../errors.ts'
import type { Project, WorkerFolder } from '../project/find-project.ts'
import { environmentsOf } from '../project/environments.ts'
import { readWorkerConfig, type WorkerConfig } from '../project/worker-config.ts'

/** The environment of a `wrangler.jsonc` that runs in development. */
export const DEV = 'dev'

/** A Worker of a project, as it runs in development. */
export interface DevWorker extends WorkerFolder, Pick<WorkerConfig, 'vars' | 'kv_namespaces'> {
  /** What bindings of other Workers call it. */
  readonly workerName: string
  /** Its bindings to Workers: the name of the binding, and of the Worker. */
  readonly services: ReadonlyMap<string, string>
  /** Where wrangler reads its secrets from. Ignored by git. */
  readonly secretsFile: string
}

/** A project, as it runs in development. */
export interface DevPlan {
  readonly root: string
  readonly gateway: DevWorker
  readonly services: readonly DevWorker[]
}

/** @throws UsageError when a Worker has no environment `dev` */
export function planOf({ root, gateway, services }: Project): DevPlan {
  return { root, gateway: devWorker(gateway), services: services.map(devWorker) }
}

/** The gateway and the services. */
export function workersOf({ gateway, services }: DevPlan): readonly DevWorker[] {
  return [gateway, ...services]
}

function devWorker(folder: WorkerFolder): DevWorker {
  if (!environmentsOf(folder).includes(DEV)) {
    throw new UsageError(`${folder.config} has no environment ${DEV}: add "env": { "${DEV}": { … } } to it`)
  }
  const { name = folder.name, vars, services, kv_namespaces } = readWorkerConfig(folder.config, DEV)
  return {
    ...folder,
    vars,
    kv_namespaces,
    workerName: name,
    services: new Map(services?.map(({ binding, service }) => [binding, service])),
    secretsFile: secretsFileOf(folder),
  }
}

/** wrangler's own rule: the file of the environment, where there is one, takes the place of the common one. */
function secretsFileOf({ dir }: WorkerFolder): string {
  const own = join(dir, `.dev.vars.${DEV}`)
  return existsSync(own) ? own : join(dir, '.dev.vars')
}

/** A variable that is text and not empty. */
export function variableOf({ vars }: DevWorker, name: string): string | undefined {
  const value = vars[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}
