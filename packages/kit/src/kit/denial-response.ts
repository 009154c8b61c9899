import { type Denied, responseOf } from '../http/decision.ts'
import { requestIdsOf } from '../log/request-ids.ts'

/**
 * The response for a rejection: the status, the challenge, and one generic sentence.
 *
 * @param request what was rejected: its id is `X-Request-Id` of the response, and `request_id` of the body
 */
export function denialResponse(rejected: Denied, request?: Request): Response {
  return responseOf(rejected, request && requestIdsOf(request).requestId)
}
