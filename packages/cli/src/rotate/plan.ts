import { UsageError } from '../errors.ts'
import { describeShares, describeVersion, type Rollout, shortId } from './rollout-state.ts'

/** How a key gets to where it is used. */
export type Way =
  /** `wrangler secret put`: Cloudflare makes a version of it and deploys that. */
  | { readonly how: 'secret put' }
  /** `wrangler versions secret put`, which adds to the version `after`; the new one takes the place of one in the deployment. */
  | { readonly how: 'version'; readonly after: string; readonly replaces: string }
  /** The same, and the new version takes the place of all. */
  | { readonly how: 'finish'; readonly after: string }

export interface WayOptions {
  /** The newest version goes to all requests with the key. */
  readonly finishRollout: boolean
  /** Seconds until the key signs, if the operator named them. */
  readonly activateIn: number | undefined
  /** Takes the operator's time for the rollout, however short it is. */
  readonly force: boolean
  /** Whether the key must be gone from every version at once. */
  readonly isEmergency: boolean
}

/** A rollout that lasts longer than a key's announcement divides the JWKS: so it must be announced for long. */
export const SPLIT_ACTIVATION_SECONDS = 3600

/**
 * How a key is put, given how the gateway is deployed. Two versions with two JWKS are well only while both sign with a key
 * that both publish: a service that asked one of them rejects what only the other has.
 *
 * @throws UsageError that says why not, and what to do
 */
export function chooseWay(rollout: Rollout, options: WayOptions): Way {
  const { state, newest, shares, latestId: after, acceptsSecret } = rollout
  const { finishRollout, activateIn, force, isEmergency } = options
  if (state === 'whole')
    return acceptsSecret ? { how: 'secret put' } : { how: 'version', after, replaces: newest.id }
  if (finishRollout) return { how: 'finish', after }
  if (state === 'behind') {
    throw new UsageError(
      [
        `The newest version, ${describeVersion(newest)}, is not deployed: ${describeShares(shares)} is.`,
        'Cloudflare adds a secret to the newest version alone (10215): deploying the key would deploy that code.',
        'Deploy first (sealgate deploy), or take that version to all requests with the key: --finish-rollout',
      ].join('\n'),
    )
  }
  if (isEmergency) {
    throw new UsageError(
      [
        `A rollout is under way: ${describeShares(shares)}. Both versions have the leaked key.`,
        `Take the newest, ${shortId(newest.id)}, to all requests with a new key: --finish-rollout`,
      ].join('\n'),
    )
  }
  if (activateIn !== undefined && (force || activateIn >= SPLIT_ACTIVATION_SECONDS))
    return { how: 'version', after, replaces: newest.id }
  throw new UsageError(
    [
      `A rollout is under way: ${describeShares(shares)}. Cloudflare adds a secret to the newest version alone, so the two`,
      'versions would serve two JWKS. Once the new key signs, services that asked the other one reject its tokens.',
      'Finish the rollout or roll it back (sealgate rollback), and rotate then; or one of:',
      '  --finish-rollout     the newest version goes to all requests with the key',
      '  --activate-in 24h    announces the key for as long as the rollout certainly takes (1h at least)',
    ].join('\n'),
  )
}
