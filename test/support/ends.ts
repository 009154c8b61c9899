/** What test files started and have not ended yet. */
const open = new Set<() => Promise<void>>()

/**
 * Says how something ends that a test starts, as soon as it exists: a hook that runs out of time goes on, and nobody else
 * knows of what it starts then. What this returns ends it, once; the end of the file does (setup/process.ts).
 */
export function ends(end: () => unknown): () => Promise<void> {
  let ending: Promise<void> | undefined
  const once = (): Promise<void> => {
    open.delete(once)
    ending ??= (async () => {
      await end()
    })()
    return ending
  }
  open.add(once)
  return once
}

/** Ends what is still open, the last first. What cannot end is no reason to leave the others. */
export async function endAll(): Promise<void> {
  for (const end of [...open].reverse()) await end().catch(() => undefined)
}
