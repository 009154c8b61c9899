import { existsSync, readdirSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { UsageError } from '../errors.ts'

/** A folder with a `wrangler.jsonc`: one Worker. */
export interface WorkerFolder {
  /** The folder's name, by which a person knows the Worker. */
  readonly name: string
  readonly dir: string
  /** The whole path of its `wrangler.jsonc`. */
  readonly config: string
}

/** A gateway and the services behind it. */
export interface Project {
  readonly root: string
  readonly gateway: WorkerFolder
  /** By name. */
  readonly services: readonly WorkerFolder[]
}

/** Where Workers stand, seen from the root; `''` is the root's own folders. */
const PLACES = ['', 'workers', 'services', 'packages']

/** What tells the gateway's folder from a service's. */
const DEFINITION = 'gateway.config.ts'

/**
 * The project that a folder is in: the nearest folder, this one or above it, with a gateway. A gateway is a folder that has
 * `gateway.config.ts` beside its `wrangler.jsonc`; the other folders with a `wrangler.jsonc` are services.
 *
 * @throws UsageError when there is none, or more than one gateway, or two Workers of one name
 */
export function findProject(from: string): Project {
  const start = resolve(from)
  for (let root = start; ; root = dirname(root)) {
    const project = projectAt(root)
    if (project) return project
    if (root === dirname(root)) break
  }
  throw new UsageError(
    `There is no Sealgate project in ${start} or above it: a folder with ${DEFINITION} beside its wrangler.jsonc, such as gateway/. ` +
      'Go to the project, or name it: --project <dir>',
  )
}

function projectAt(root: string): Project | undefined {
  const workers = PLACES.flatMap((place) => workersIn(join(root, place)))
  const [gateway, another] = workers.filter(({ dir }) => existsSync(join(dir, DEFINITION)))
  if (!gateway) return undefined
  if (another) {
    const both = [gateway, another].map(({ dir }) => relative(root, dir)).join(' and ')
    throw new UsageError(`${root} has two gateways, ${both}: a project has one.`)
  }
  const names = workers.map(({ name }) => name)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw new UsageError(`${root} has two Workers in folders named ${twice}.`)
  const services = workers.filter((worker) => worker !== gateway)
  return { root, gateway, services: services.sort((a, b) => (a.name < b.name ? -1 : 1)) }
}

function workersIn(folder: string): readonly WorkerFolder[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => !entry.name.startsWith('.') && entry.name !== 'node_modules')
    .map(({ name }) => ({ name, dir: join(folder, name), config: join(folder, name, 'wrangler.jsonc') }))
    .filter(({ config }) => existsSync(config))
}
