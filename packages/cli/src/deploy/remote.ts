import type { WorkerView } from '../project/worker-view.ts'
import { listSecrets, type RunWrangler } from '../wrangler/run.ts'
import { liveVersions, versionVariables } from '../wrangler/versions.ts'

/** A Worker as it is at Cloudflare. */
export interface RemoteWorker {
  readonly view: WorkerView
  readonly exists: boolean
  readonly secrets: readonly string[]
  /** The versions that get requests. More than one: a rollout is split. */
  readonly live: readonly string[]
}

/** @throws Error with what wrangler said */
export async function readRemote(view: WorkerView, run: RunWrangler): Promise<RemoteWorker> {
  const { config } = view.folder
  const secrets = await listSecrets(run, config, view.environment)
  if (!secrets) return { view, exists: false, secrets: [], live: [] }
  return { view, exists: true, secrets, live: await liveVersions(run, { config, env: view.environment }) }
}

/**
 * Whether a Worker has code of ours: `wrangler secret put` makes an empty one for its secret, without the entrypoints that
 * services bind.
 */
export async function hasCode({ view, live: [version] }: RemoteWorker, run: RunWrangler): Promise<boolean> {
  if (version === undefined) return false
  const { config } = view.folder
  const variables = await versionVariables(run, { config, env: view.environment }, version)
  return Object.keys(view.config.vars).some((name) => variables.includes(name))
}
