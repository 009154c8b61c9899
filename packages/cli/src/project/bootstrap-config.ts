import { resolve } from 'node:path'
import type { WorkerFolder } from './find-project.ts'
import { readWorkerConfig } from './worker-config.ts'

/**
 * What a first deploy leaves out: what reaches other Workers, which may not be there yet, what brings requests, and the
 * secrets that are put once there is a Worker to put them to.
 */
const LEFT_OUT = ['services', 'tail_consumers', 'route', 'routes', 'triggers', 'queues', 'secrets', 'unsafe']

/** What wrangler adds when it reads a file, and does not accept in one. */
const ADDED = ['configPath', 'userConfigPath', 'topLevelName', 'definedEnvironments', 'targetEnvironment']

/**
 * A Worker's environment as the first deploy needs it, for wrangler to read from any folder: the same name, code, variables,
 * Durable Objects and migrations, but no services, no routes, no secrets. Two Workers that bind each other can only exist
 * when one of them was there before without its bindings.
 */
export function bootstrapConfig(
  { config, dir }: WorkerFolder,
  env: string,
): Readonly<Record<string, unknown>> {
  const read = readWorkerConfig(config, env)
  const dropped = new Set([...LEFT_OUT, ...ADDED])
  const kept = Object.fromEntries(
    Object.entries(read).filter(([key, value]) => !dropped.has(key) && value !== undefined),
  )
  const { base_dir: base, tsconfig, build, assets } = read
  return {
    ...kept,
    ...(base !== undefined && { base_dir: resolve(dir, base) }),
    ...(tsconfig !== undefined && { tsconfig: resolve(dir, tsconfig) }),
    ...(assets?.directory !== undefined && {
      assets: { ...assets, directory: resolve(dir, assets.directory) },
    }),
    // A build step of the team's runs where it always does.
    build:
      build?.command === undefined ? {} : { command: build.command, cwd: resolve(dir, build.cwd ?? '.') },
    // Without routes wrangler would put it on workers.dev by itself.
    ...{ workers_dev: false, preview_urls: false },
    // No route of the gateway has its service yet.
    vars: { ...read.vars, ROUTES: '[]' },
  }
}
