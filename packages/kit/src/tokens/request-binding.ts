import { TokenError } from '../errors.ts'
import { hashRequest } from './request-hash.ts'

/** Holds the claim `req` of a token against the request that it came with. Throws TokenError `request_mismatch`. */
export type CheckBinding = (req: string | undefined, request: Request | undefined) => Promise<void>

/**
 * A token that is bound to a request counts for that request alone, and no other token counts where one is required.
 *
 * @throws TokenError `request_mismatch`
 * @throws ClaimsError when the body of the request was read before
 */
export async function checkBinding(req: string | undefined, request: Request | undefined): Promise<void> {
  if (req === undefined || !request) {
    throw new TokenError(
      'request_mismatch',
      req === undefined ? 'it is bound to no request' : 'it is bound to a request',
    )
  }
  // The hash is no secret: anybody who sees the request can compute it. A body too large for a hash matches none.
  if ((await hashRequest(request)) !== req)
    throw new TokenError('request_mismatch', 'it is bound to another request')
}
