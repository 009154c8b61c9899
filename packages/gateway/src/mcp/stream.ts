/** How often whoever reads a stream is looked up again, in milliseconds: as long as any other verdict counts. */
const CHECK_MS = 30_000

/** The longest a timer waits, in milliseconds. What is more would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** What a stream rests on. */
export interface StreamLimit {
  /** Milliseconds until the token ends. */
  readonly lifetimeMs: number
  /** True when the caller may not go on. */
  readonly isOver: () => Promise<boolean>
  /** Default: 30 s. */
  readonly checkMs?: number
}

/** True for a response that goes on for as long as its server likes. */
export function isEventStream({ headers }: Response): boolean {
  return /^text\/event-stream *(;|$)/i.test(headers.get('Content-Type') ?? '')
}

/**
 * The same stream, chunk by chunk as it comes, until the token ends that it was opened with, or its caller is found to be
 * over. Then it just ends, as when a server closes it: a client opens it again, with a token that is verified, and with
 * `Last-Event-ID` nothing is lost. The service hears that nobody reads any more.
 */
export function limited(
  body: ReadableStream<Uint8Array>,
  { lifetimeMs, isOver, checkMs = CHECK_MS }: StreamLimit,
): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  const timers = new Map<'end' | 'check', ReturnType<typeof setTimeout>>()
  let isOpen = true
  const stop = (): void => {
    isOpen = false
    for (const timer of timers.values()) clearTimeout(timer)
  }
  return new ReadableStream<Uint8Array>({
    start(controller) {
      const finish = (): void => {
        if (!isOpen) return
        stop()
        controller.close()
        reader.cancel().catch(() => undefined)
      }
      const checkLater = (): void => {
        const look = async (): Promise<void> => {
          // An outage says nothing of the caller, and the token ends soon.
          const isFinished = await isOver().catch(() => false)
          if (isFinished) finish()
          else if (isOpen) checkLater()
        }
        const timer = setTimeout(() => void look(), checkMs)
        timers.set('check', timer)
      }
      timers.set('end', setTimeout(finish, Math.min(lifetimeMs, MAX_TIMER_MS)))
      checkLater()
    },
    async pull(controller) {
      try {
        const { done, value } = await reader.read()
        if (!isOpen) return
        if (!done) {
          controller.enqueue(value)
          return
        }
        stop()
        controller.close()
      } catch (error) {
        if (!isOpen) return
        stop()
        controller.error(error)
      }
    },
    cancel(reason) {
      stop()
      return reader.cancel(reason)
    },
  })
}
