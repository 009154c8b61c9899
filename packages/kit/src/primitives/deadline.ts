/** What {@link withDeadline} gives when the time is over. */
export const TIMED_OUT: unique symbol = Symbol('timed out')

/**
 * Waits for a promise, but no longer than this. The timer belongs to the request that waits.
 *
 * @param controller aborted when the time is over
 */
export async function withDeadline<T>(
  promise: Promise<T>,
  milliseconds: number,
  controller?: AbortController,
): Promise<T | typeof TIMED_OUT> {
  let timer: ReturnType<typeof setTimeout> | null = null
  const deadline = new Promise<typeof TIMED_OUT>((resolve) => {
    timer = setTimeout(() => {
      resolve(TIMED_OUT)
      controller?.abort()
    }, milliseconds)
  })
  try {
    return await Promise.race([promise, deadline])
  } finally {
    clearTimeout(timer)
  }
}
