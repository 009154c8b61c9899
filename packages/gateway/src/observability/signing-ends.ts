import type { Kit } from '@sealgate/kit'
import { waitUntil } from '#runtime'

/** How long after it was asked for without a result, in milliseconds, the end is asked for again. */
const AGAIN_MS = 60_000

/**
 * When the last signing slot of a kit ends, in seconds since the epoch, for the metrics; `undefined` until that is known, and
 * where one has no end or secrets sign.
 *
 * @param now milliseconds since the epoch
 */
export function signingEnds(
  kit: () => Pick<Kit, 'describe'> | undefined,
  now: () => number = Date.now,
): () => number | undefined {
  let end: number | undefined
  let askedAt = -Infinity
  const ask = async (): Promise<void> => {
    const { sign } = (await kit()?.describe()) ?? {}
    const ends = (sign?.slots ?? []).flatMap(({ exp, state }) =>
      state === 'skipped' ? [] : [exp ?? Infinity],
    )
    const last = Math.max(...ends)
    if (Number.isFinite(last)) end = last
  }
  return () => {
    if (end === undefined && now() - askedAt >= AGAIN_MS) {
      askedAt = now()
      // Later: who asks first may still be making the kit. Only the result is shared between requests.
      waitUntil(
        Promise.resolve()
          .then(ask)
          .catch(() => undefined),
      )
    }
    return end
  }
}
