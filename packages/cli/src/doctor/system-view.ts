import { statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { GatewayDefinition } from '@sealgate/gateway'
import { type Config, parseConfig } from '@sealgate/gateway/config'
import { ConfigError } from '@sealgate/kit'
import { UsageError } from '../errors.ts'
import type { Project, WorkerFolder } from '../project/find-project.ts'
import { configProblem } from '../project/config-problem.ts'
import { environmentsOf } from '../project/environments.ts'
import { readWorkerConfig, type WorkerConfig } from '../project/worker-config.ts'
import { environmentOf } from './environment.ts'
import { expectedSecrets } from './expected-secrets.ts'
import { type LocalSecrets, readLocalSecrets } from './local-secrets.ts'

/** A Worker as it stands in one environment. */
export interface WorkerView {
  readonly folder: WorkerFolder
  /** Its wrangler.jsonc, as the project's root sees it. */
  readonly file: string
  readonly config: WorkerConfig
  readonly secrets: LocalSecrets | undefined
  /** What it would start with; secrets that nobody can read back are placeholders. */
  readonly env: Readonly<Record<string, unknown>>
}

/** The gateway's own reading of all that. */
export type Reading =
  { readonly ok: true; readonly config: Config } | { readonly ok: false; readonly problem: string }

/** A project in one environment, read. Nothing in it is checked yet. */
export interface System {
  readonly project: Project
  readonly environment: string
  /** It runs on this machine and is never deployed. */
  readonly isLocal: boolean
  readonly gateway: WorkerView
  readonly services: readonly WorkerView[]
  /** Services that cannot be read in this environment, and why. */
  readonly unreadable: readonly Unreadable[]
  /** Why `gateway.config.ts` could not be loaded. */
  readonly definitionProblem: string | undefined
  readonly definition: GatewayDefinition
  readonly reading: Reading
}

export interface Unreadable {
  readonly folder: WorkerFolder
  readonly file: string
  readonly problem: string
  /** The file is there and right, but for this environment. */
  readonly lacksEnvironment: boolean
}

const NO_DEFINITION: GatewayDefinition = { audiences: {}, routes: [] }

/** @throws UsageError when the gateway's file cannot be read, or has no such environment */
export async function readSystem(project: Project, environment: string): Promise<System> {
  const isLocal = isLocalEnvironment(read(project.root, project.gateway, environment))
  const gateway = viewOf(project, project.gateway, environment, isLocal)
  const views = project.services.map((folder) => {
    try {
      return viewOf(project, folder, environment, isLocal)
    } catch (error) {
      return unreadable(project, folder, error)
    }
  })
  const { definition = NO_DEFINITION, problem } = await loadDefinition(project.gateway)
  return {
    project,
    environment,
    isLocal,
    gateway,
    services: views.filter((view) => 'config' in view),
    unreadable: views.filter((view) => 'problem' in view),
    definition,
    definitionProblem: problem,
    reading: readingOf(gateway, definition),
  }
}

/** A file in the form `gateway/wrangler.jsonc, env.production`. */
export function placeOf(system: System, { file }: Pick<WorkerView, 'file'>): string {
  return `${file}, env.${system.environment}`
}

export function isLocalEnvironment({ vars }: WorkerConfig): boolean {
  return vars.WORKER_ENV === 'dev'
}

/** A Worker's file in one environment; `''` is its top level. @throws UsageError, LacksEnvironment */
function read(root: string, folder: WorkerFolder, environment: string): WorkerConfig {
  // wrangler's own message, of an environment that is not there, goes over six lines.
  if (environment !== '' && !environmentsOf(folder).includes(environment)) {
    throw new LacksEnvironment(`${relative(root, folder.config)} has no env.${environment}`)
  }
  return readWorkerConfig(folder.config, environment)
}

/** Every Worker in every environment that its file has, or in those that are named. What cannot be read is left out. */
export function readAll(
  project: Project,
  environments?: readonly string[],
): readonly { readonly environment: string; readonly file: string; readonly config: WorkerConfig }[] {
  return [project.gateway, ...project.services].flatMap((folder) => {
    try {
      const known = environments ?? environmentsOf(folder)
      const file = relative(project.root, folder.config)
      return known.map((environment) => ({
        environment,
        file,
        config: read(project.root, folder, environment),
      }))
    } catch (error) {
      if (error instanceof UsageError) return []
      throw error
    }
  })
}

class LacksEnvironment extends UsageError {}

function viewOf({ root }: Project, folder: WorkerFolder, environment: string, isLocal: boolean): WorkerView {
  const config = read(root, folder, environment)
  const secrets = readLocalSecrets(folder, environment, isLocal)
  const expected = expectedSecrets(config, secrets).map(({ name }) => name)
  return {
    folder,
    file: relative(root, folder.config),
    config,
    secrets,
    env: environmentOf(config, secrets, expected),
  }
}

function unreadable({ root }: Project, folder: WorkerFolder, error: unknown): Unreadable {
  if (!(error instanceof UsageError)) throw error
  return {
    folder,
    file: relative(root, folder.config),
    problem: error.message,
    lacksEnvironment: error instanceof LacksEnvironment,
  }
}

/** Loaded anew when it has changed. */
async function loadDefinition({
  dir,
}: WorkerFolder): Promise<{ readonly definition?: GatewayDefinition; readonly problem?: string }> {
  const path = join(dir, 'gateway.config.ts')
  try {
    const { mtimeMs } = statSync(path)
    const loaded = (await import(`${pathToFileURL(path).href}?${mtimeMs}`)) as {
      readonly default?: GatewayDefinition
    }
    if (typeof loaded.default === 'object') return { definition: loaded.default }
    return { problem: 'it has no default export: export default defineGateway({ … })' }
  } catch (error) {
    return { problem: configProblem(error) }
  }
}

function readingOf({ env }: WorkerView, definition: GatewayDefinition): Reading {
  try {
    return { ok: true, config: parseConfig(env, definition) }
  } catch (error) {
    if (error instanceof ConfigError) return { ok: false, problem: error.message }
    throw error
  }
}
