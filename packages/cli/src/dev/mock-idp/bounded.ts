/** Drops the oldest entries, in order of insertion, until at most `max` are left. */
export function evictOldest(entries: Map<string, unknown>, max: number): void {
  for (const oldest of entries.keys()) {
    if (entries.size <= max) return
    entries.delete(oldest)
  }
}
