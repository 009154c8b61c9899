import { relative } from 'node:path'
import { UsageError } from '../errors.ts'
import { environmentsOf } from './environments.ts'
import type { Project, WorkerFolder } from './find-project.ts'
import { readWorkerConfig, type WorkerConfig } from './worker-config.ts'

/** A Worker of a project in one environment. */
export interface WorkerView {
  readonly folder: WorkerFolder
  readonly environment: string
  /** As Cloudflare knows it. */
  readonly name: string
  readonly config: WorkerConfig
}

/** All Workers of a project in one environment. */
export interface EnvironmentView {
  readonly gateway: WorkerView
  readonly services: readonly WorkerView[]
}

/** @throws UsageError naming the file that does not have the environment, or cannot be read */
export function viewEnvironment(project: Project, environment: string): EnvironmentView {
  const view = (folder: WorkerFolder): WorkerView => viewWorker(project, folder, environment)
  return { gateway: view(project.gateway), services: project.services.map(view) }
}

/** Every Worker in every environment that its file has. */
export function viewEverything(project: Project): readonly WorkerView[] {
  return [project.gateway, ...project.services].flatMap((folder) =>
    environmentsOf(folder).map((environment) => viewWorker(project, folder, environment)),
  )
}

function viewWorker({ root }: Project, folder: WorkerFolder, environment: string): WorkerView {
  const file = relative(root, folder.config)
  if (!environmentsOf(folder).includes(environment)) {
    throw new UsageError(`${file} has no env.${environment}: each Worker of the project needs it`)
  }
  const config = readWorkerConfig(folder.config, environment)
  if (config.name === undefined) throw new UsageError(`${file} has no "name"`)
  return { folder, environment, name: config.name, config }
}
