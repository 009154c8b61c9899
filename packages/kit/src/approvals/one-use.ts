/** The part of a Durable Object's storage that is needed. */
export interface OneUseStorage {
  get(key: string): Promise<unknown>
  put(key: string, value: true): Promise<void>
  setAlarm(milliseconds: number): Promise<void>
  deleteAll(): Promise<void>
}

const KEY = 'used'

/** Whether one approval was used, as its Durable Object knows it: there is one in the world. */
export class OneUse {
  readonly #storage: OneUseStorage
  #isUsed = false

  constructor(storage: OneUseStorage) {
    this.#storage = storage
  }

  /**
   * Notes the use, and says whether it was the first.
   *
   * @param until seconds since the epoch after which it may be forgotten
   */
  async use(until: number): Promise<boolean> {
    // At once: whoever comes while storage is read is not the first. Should storage fail, nobody is.
    if (this.#isUsed) return false
    this.#isUsed = true
    if (await this.#storage.get(KEY)) return false
    await Promise.all([this.#storage.put(KEY, true), this.#storage.setAlarm(until * 1000)])
    return true
  }

  /** Nobody takes the approval any more. */
  async forget(): Promise<void> {
    await this.#storage.deleteAll()
  }
}
