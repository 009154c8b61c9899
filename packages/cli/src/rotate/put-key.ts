import { deployVersions, putSecret, putVersionSecret, readVersions } from '../wrangler/versions.ts'
import type { Way } from './plan.ts'
import type { KeysWorld } from './world.ts'

/** A new key on its way to its slot. */
export interface NewKey {
  readonly slot: string
  readonly kid: string
  /** `kit-keygen`'s `--activate-in`; undefined: it signs at once. */
  readonly activateIn: string | undefined
  /** What the version says of itself. */
  readonly message: string
  readonly force: boolean
}

/**
 * Makes a key and puts it into its slot. The key is in no argument, no file and no output.
 *
 * @throws LatestNotDeployedError when a rollout began meanwhile, Error with what wrangler said
 */
export async function putKey(
  { slot, kid, activateIn, message, force }: NewKey,
  way: Way,
  { run, worker, keygen }: KeysWorld,
): Promise<void> {
  const flags = activateIn === undefined ? [] : [`--activate-in=${activateIn}`, ...(force ? ['--force'] : [])]
  const text = (await keygen([`--kid=${kid}`, ...flags, '--private'])).trim()
  if (!text.startsWith('{')) throw new Error('kit-keygen made no key')
  if (way.how === 'secret put') {
    await putSecret(run, worker, slot, text)
    return
  }
  await putVersionSecret(run, worker, slot, text, message)
  const { versions, shares } = await readVersions(run, worker)
  const [before, made] = versions.slice(-2)
  const isServed = way.how === 'finish' || shares.some(({ id }) => id === way.replaces)
  // Whatever was uploaded in between is code that nobody meant to deploy.
  if (before?.id !== way.after || made?.message !== message || !isServed) {
    throw new Error(
      'Somebody else deploys this Worker at this moment. The key was not deployed: run this again.',
    )
  }
  const next =
    way.how === 'finish'
      ? [{ id: made.id, percentage: 100 }]
      : shares
          .filter(({ percentage }) => percentage > 0)
          .map((share) => (share.id === way.replaces ? { ...share, id: made.id } : share))
  await deployVersions(run, worker, next, message)
}
