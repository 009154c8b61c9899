import type { SecretOrigin } from '../project/needed-secrets.ts'
import { neededSecrets } from '../project/needed-secrets.ts'
import type { WorkerView } from '../project/worker-view.ts'
import { listSecrets, type RunWrangler } from '../wrangler/run.ts'

/** A secret of a Worker. Never its value: nobody can read that back. */
export interface ListedSecret {
  readonly name: string
  /**
   * - `set`: it is at Cloudflare.
   * - `missing`: the Worker needs it.
   * - `spare`: it is unset, and may be: another of its list is set.
   */
  readonly state: 'set' | 'missing' | 'spare'
  /** What needs it; unset: nothing in the configuration names it. */
  readonly because?: string
  readonly origin?: SecretOrigin
}

export interface WorkerSecretsList {
  readonly worker: string
  readonly name: string
  readonly isDeployed: boolean
  readonly secrets: readonly ListedSecret[]
}

/** @throws Error with what wrangler said */
export async function listAll(
  views: readonly WorkerView[],
  run: RunWrangler,
): Promise<readonly WorkerSecretsList[]> {
  return Promise.all(
    views.map(async (view) => {
      const present = await listSecrets(run, view.folder.config, view.environment)
      return {
        ...{ worker: view.folder.name, name: view.name, isDeployed: present !== undefined },
        secrets: secretsOfWorker(view, present ?? []),
      }
    }),
  )
}

function secretsOfWorker({ config }: WorkerView, present: readonly string[]): readonly ListedSecret[] {
  const found = new Map<string, ListedSecret>()
  const needed = neededSecrets(config)
  const isMissing = (name: string): boolean =>
    needed.some(
      ({ names: [first, ...others] }) => first === name && !others.some((other) => present.includes(other)),
    )
  // Those of a list stand together.
  for (const { names, because, origin } of needed.toSorted((a, b) => b.names.length - a.names.length)) {
    for (const name of names) {
      if (found.has(name)) continue
      const state = present.includes(name) ? 'set' : isMissing(name) ? 'missing' : 'spare'
      found.set(name, { name, state, because, origin })
    }
  }
  for (const name of present) if (!found.has(name)) found.set(name, { name, state: 'set' })
  return [...found.values()]
}

/** The lists as lines of text, with what to do. */
export function describeSecrets(lists: readonly WorkerSecretsList[], environment: string): string {
  const blocks = lists.map(({ worker, name, isDeployed, secrets }) => {
    const width = Math.max(0, ...secrets.map((secret) => secret.name.length))
    const lines = secrets.map((secret) => `  ${secret.name.padEnd(width)}  ${stateText(secret, environment)}`)
    const title = `${worker} (${name})${isDeployed ? '' : ', not deployed yet'}`
    return [title, ...(lines.length > 0 ? lines : ['  no secrets, and it needs none'])].join('\n')
  })
  return blocks.join('\n\n')
}

function stateText({ state, because, origin }: ListedSecret, environment: string): string {
  switch (state) {
    case 'set':
      return because === undefined ? 'set; nothing in wrangler.jsonc names it' : 'set'
    case 'spare':
      return 'unset, until the next rotation'
    case 'missing': {
      const how =
        origin === 'given'
          ? `sealgate secrets ${environment} --prompt`
          : `sealgate deploy ${environment} makes it`
      return `missing, for ${because ?? ''}: ${how}`
    }
  }
}
