/** Things that are waited for, by name. One that was done may be added anew. */
export class Waits {
  readonly #pending = new Set<string>()
  #settle: (() => void) | undefined

  add(name: string): void {
    this.#pending.add(name)
  }

  done(name: string): void {
    this.#pending.delete(name)
    if (this.#pending.size === 0) this.#settle?.()
  }

  /**
   * Waits until all is done.
   *
   * @returns what went wrong: it took longer than so many milliseconds
   */
  all(ms: number): Promise<Error | undefined> {
    if (this.#pending.size === 0) return Promise.resolve(undefined)
    return new Promise((resolve) => {
      const late = setTimeout(() => {
        resolve(
          new Error(
            `not ready within ${ms / 1000} s: ${[...this.#pending].join(', ')} (--verbose shows what they say)`,
          ),
        )
      }, ms)
      // Whoever ends before does not wait for it.
      late.unref()
      this.#settle = () => {
        clearTimeout(late)
        resolve(undefined)
      }
    })
  }
}
