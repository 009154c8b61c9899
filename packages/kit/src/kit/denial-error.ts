import { KitError } from '../errors.ts'
import { type Denied, responseOf, wireTextOf } from '../http/decision.ts'

/**
 * The caller may not do this: what `requireAuth` of an Agent throws. The status is the decision's. `message` says no more
 * than a response would: the Agents SDK sends it to the client.
 */
export class DenialError extends KitError {
  static readonly code = 'ERR_DENIED'
  override readonly name = 'DenialError'
  override readonly code: typeof DenialError.code = DenialError.code
  override readonly status: Denied['status']
  /** Why, and which rules failed: for logs. */
  readonly decision: Denied

  constructor(decision: Denied) {
    super(wireTextOf(decision).join(': '))
    this.status = decision.status
    this.decision = decision
  }

  override getResponse(requestId: string | undefined = this.requestId): Response {
    return responseOf(this.decision, requestId)
  }
}
