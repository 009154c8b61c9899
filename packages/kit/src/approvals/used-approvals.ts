import { DurableObject } from '#runtime'
import { OneUse } from './one-use.ts'

/**
 * The Durable Object that knows whether one approval was used. Export it from the Worker that takes approvals, bind it, and
 * name the binding in `JWT_APPROVALS_NAME`; its migration is `new_sqlite_classes`. It forgets everything once nobody takes the
 * approval any more.
 */
export class UsedApprovals extends DurableObject<object> {
  readonly #one = new OneUse(this.ctx.storage)

  /**
   * Notes the use, and says whether it was the first.
   *
   * @param until seconds since the epoch after which it may be forgotten
   */
  use(until: number): Promise<boolean> {
    return this.#one.use(until)
  }

  /** The time is over. */
  override alarm(): Promise<void> {
    return this.#one.forget()
  }
}
