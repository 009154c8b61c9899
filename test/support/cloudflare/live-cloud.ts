import { login } from '../login.ts'
import { type Cloud, type CommandOutcome, ENVIRONMENT, GATEWAY, startCloud } from './cloud.ts'
import { startTraffic, type Traffic } from './traffic.ts'
import type { Version } from './state.ts'

/** Times short enough for a test, in seconds. They keep the order of the real ones: cache, activation, token lifetime. */
export const LIFE = 6
export const LEEWAY = 2
export const JWKS_TTL = 3
/** How long the old deployment still answers: a new one takes a moment to be everywhere. */
const OVERLAP_MS = 1500

/** A deployed system under load, with an operator who rotates its keys. */
export interface LiveCloud extends Cloud {
  readonly traffic: Traffic
  /**
   * An `--activate-in` that is to this system what ten minutes are to a real one: more than wrangler, the new version and
   * one lifetime of the consumer's JWKS take together, on a machine as busy as this one is.
   */
  readonly activateIn: string
  /** `sealgate COMMAND ENVIRONMENT …`, without questions. */
  operate(command: string, ...args: readonly string[]): Promise<CommandOutcome>
  /** The gateway's newest version. */
  readonly newest: Version
  /** Who gets requests of the gateway: shares by the version's number, such as `2@90 3@10`. */
  readonly live: string
  /** The kid in each slot of a version; of the newest without a number. */
  kids(number?: number): Readonly<Record<string, string | undefined>>
  /** What a slot of the newest version holds. */
  privateJwk(slot: string): Readonly<Record<string, unknown>>
  /** Deploys versions by their numbers, as a person would: `2@90 3@10`. */
  deployVersions(shares: string): Promise<void>
}

export async function startLiveCloud(): Promise<LiveCloud> {
  const cloud = await startCloud({
    overlapMs: OVERLAP_MS,
    gatewayVars: { JWT_TTL_SECONDS: String(LIFE), JWT_MAX_TTL_SECONDS: String(LIFE) },
    consumerVars: {
      JWT_MAX_TTL_SECONDS: String(LIFE),
      JWT_LEEWAY: String(LEEWAY),
      JWT_JWKS_CACHE_TTL_SECONDS: String(JWKS_TTL),
    },
  })
  const script = () => cloud.api.state.script(GATEWAY)
  const byNumber = (number: number): Version => {
    const found = script().versions.find((version) => version.number === number)
    if (!found) throw new Error(`there is no version ${number}`)
    return found
  }
  const newest = (): Version => byNumber(script().versions.length)
  const traffic = startTraffic({
    gateway: () => cloud.gatewayUrl,
    consumer: cloud.consumerUrl,
    auth0Token: await login(cloud.tenant),
  })
  return {
    ...cloud,
    traffic,
    get activateIn() {
      return `${Math.ceil(3 * cloud.slowestSeconds + OVERLAP_MS / 1000 + 2 * JWKS_TTL + 8)}s`
    },
    operate: (command, ...args) =>
      cloud.sealgate(command, ENVIRONMENT, '--url', cloud.gatewayUrl, '--yes', '--json', ...args),
    get newest() {
      return newest()
    },
    get live() {
      const { versions } = script().deployments.at(-1) ?? { versions: [] }
      const numberOf = (id: string): number => script().versions.find((one) => one.id === id)?.number ?? 0
      return versions.map(({ version_id: id, percentage }) => `${numberOf(id)}@${percentage}`).join(' ')
    },
    kids(number) {
      const { secrets } = number === undefined ? newest() : byNumber(number)
      const slots = Object.entries(secrets).filter(([name]) => name.startsWith('GATEWAY_PRIVATE_'))
      return Object.fromEntries(
        slots.map(([name, text]) => [name, (JSON.parse(text) as { kid: string }).kid]),
      )
    },
    privateJwk: (slot) => JSON.parse(newest().secrets[slot] ?? '{}') as Record<string, unknown>,
    async deployVersions(shares) {
      const specs = shares.split(' ').map((share) => {
        const [number, percentage = ''] = share.split('@')
        return `${byNumber(Number(number)).id}@${percentage}%`
      })
      await cloud.wrangler(['versions', 'deploy', ...specs, '--yes'])
    },
    async close() {
      await traffic.stop()
      await cloud.close()
    },
  }
}
