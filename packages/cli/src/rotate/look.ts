import { UsageError } from '../errors.ts'
import { readVersions, type WorkerVersion } from '../wrangler/versions.ts'
import type { GatewayHealth } from './gateway-port.ts'
import { type Rollout, rolloutOf, shortId } from './rollout-state.ts'
import type { KeysWorld } from './world.ts'

/** What is deployed, and what it holds. */
export interface Look {
  readonly rollout: Rollout
  /** The ten newest, the newest last. */
  readonly versions: readonly WorkerVersion[]
  /** Of the newest version that serves. */
  readonly health: GatewayHealth
  /** Whether the versions of a split publish different keys. */
  readonly isDivided: boolean
}

/**
 * Looks at the deployment, and at each version of it.
 *
 * @throws UsageError with HS512, whose secrets nobody can look at
 */
export async function lookAt({ run, worker, gateway }: KeysWorld): Promise<Look> {
  const read = await readVersions(run, worker)
  const rollout = rolloutOf(read)
  const healths = await Promise.all(
    rollout.shares.map(async ({ id }) => {
      const health = rollout.shares.length === 1 ? await gateway.health() : await gateway.healthOf(id)
      if (health) return { id, health }
      throw new Error(
        `Version ${shortId(id)} does not say what it holds. It needs the binding CF_VERSION_METADATA and OPERATOR_KEYS.`,
      )
    }),
  )
  const [first] = healths
  if (!first) throw new Error('The gateway is not deployed.')
  const { health } = healths.find(({ id }) => id === rollout.newest.id) ?? first
  if (health.mode === 'HS512') {
    throw new UsageError(
      'This gateway signs with secrets (HS512). Cloudflare gives no secret back, and services do not say which they hold:\n' +
        'a rotation cannot be looked at. By hand, services first: the guide on operating, "HS512".',
    )
  }
  const kids = healths.map((one) => JSON.stringify(one.health.keys.map(({ kid }) => kid).sort()))
  return { rollout, versions: read.versions, health, isDivided: new Set(kids).size > 1 }
}
