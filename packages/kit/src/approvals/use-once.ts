/** The part of a Durable Object's storage that {@link useOnce} needs. */
export interface OnceStorage {
  readonly kv: { get(key: string): unknown; put(key: string, value: string): void }
  setAlarm(milliseconds: number): Promise<void>
}

const KEY = 'sealgate:holder'

/**
 * Notes in one Durable Object in what a message came, and says whether it counts: it does the first time, and again for the
 * same holder. The object's alarm may delete everything.
 *
 * @param until seconds since the epoch after which it may be forgotten
 */
export async function useOnce(storage: OnceStorage, until: number, holder: string): Promise<boolean> {
  const known = storage.kv.get(KEY)
  if (known !== undefined) return known === holder
  // Before anything is waited for: whoever comes meanwhile is not the first.
  storage.kv.put(KEY, holder)
  await storage.setAlarm(until * 1000)
  return true
}
