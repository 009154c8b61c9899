import type { VersionShare, WorkerVersion, WorkerVersions } from '../wrangler/versions.ts'
import { isRotation } from './messages.ts'

/**
 * How a Worker is deployed, seen by whoever wants to put a secret.
 *
 * - `whole`: the newest version has all requests. A secret is put and deployed in one step.
 * - `split`: the newest version has some of them: a rollout is under way.
 * - `behind`: the newest version has none: it was uploaded and not deployed, or what followed it was rolled back.
 */
export interface Rollout {
  readonly state: 'whole' | 'split' | 'behind'
  /** The newest version of which the code is the team's own doing. */
  readonly newest: WorkerVersion
  /** Who serves requests now. */
  readonly shares: readonly VersionShare[]
  /** The newest of all, which is what Cloudflare adds a secret to. */
  readonly latestId: string
  /** Whether Cloudflare deploys a secret at once. Not when a version stands about that is not deployed. */
  readonly acceptsSecret: boolean
}

/** @throws Error for a Worker that has no version, or is not deployed */
export function rolloutOf({ versions, shares: all }: WorkerVersions): Rollout {
  const shares = all.filter(({ percentage }) => percentage > 0)
  const isServed = ({ id }: WorkerVersion): boolean => shares.some((share) => share.id === id)
  // A rotation that was interrupted leaves a version that is the one before it, with a key that nobody knows.
  const newest = versions.findLast((version) => isServed(version) || !isRotation(version))
  if (!newest || shares.length === 0) throw new Error('The gateway is not deployed. First: sealgate deploy')
  const state = !isServed(newest) ? 'behind' : shares.length > 1 ? 'split' : 'whole'
  const latestId = versions.at(-1)?.id ?? ''
  const acceptsSecret = state === 'whole' && all.length === 1 && latestId === newest.id
  return { state, newest, shares, latestId, acceptsSecret }
}

/** `1a2b3c4d (90 %) and 5e6f7a8b (10 %)` */
export function describeShares(shares: readonly VersionShare[]): string {
  return shares.map(({ id, percentage }) => `${shortId(id)} (${percentage} %)`).join(' and ')
}

/** As much of an id as tells versions of a Worker apart. */
export function shortId(id: string): string {
  return id.slice(0, 8)
}

/** A version for people: its id, when it was made, and what was said of it. */
export function describeVersion({ id, createdOn, message, tag }: WorkerVersion): string {
  const said = [tag, message].filter((part) => part !== undefined && part !== '').join(', ')
  return `${shortId(id)} of ${createdOn.slice(0, 16).replace('T', ' ')}${said === '' ? '' : ` (${said})`}`
}
