import { DurableObject } from '#runtime'
import { OneUse } from './one-use.ts'
import { useOnce } from './use-once.ts'

/**
 * The Durable Object that knows whether one approval was used. Export it from the Worker that takes approvals, bind it, and
 * name the binding in `JWT_APPROVALS_NAME`; its migration is `new_sqlite_classes`. It forgets everything once nobody takes the
 * approval any more. `callerOf` takes its binding as `once`, too: there it knows one message.
 */
export class UsedApprovals extends DurableObject {
  readonly #one = new OneUse(this.ctx.storage)

  /**
   * Notes the use, and says whether it was the first.
   *
   * @param until seconds since the epoch after which it may be forgotten
   * @param holder of a message: the delivery in which it came, which may come again
   */
  use(until: number, holder?: string): Promise<boolean> {
    return holder === undefined ? this.#one.use(until) : useOnce(this.ctx.storage, until, holder)
  }

  /** The time is over. */
  override alarm(): Promise<void> {
    return this.#one.forget()
  }
}
