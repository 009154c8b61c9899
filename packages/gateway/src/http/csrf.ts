import { isCrossSite, isOfOwnSite } from '@sealgate/kit/gateway'
import { GatewayError } from '../errors.ts'

/**
 * Rejects a request that would act with somebody's cookie for a page of another origin ({@link isCrossSite}).
 *
 * @param origin the gateway's own
 * @throws GatewayError `csrf`
 */
export function rejectCrossSite(request: Request, origin: string): void {
  if (isCrossSite(request, origin)) throw new GatewayError('csrf')
}

/**
 * Rejects a form that a page of another origin sends and may not read the response to. It needs no cookie to do harm: any
 * page could use up the limit of its visitors' address. A client that says nothing of itself passes.
 *
 * @param readers origins whose pages may read responses
 * @throws GatewayError `csrf`
 */
export function rejectForeignForm({ headers }: Request, readers: ReadonlySet<string>): void {
  if (!isOfOwnSite(headers) && !readers.has(headers.get('Origin') ?? '')) throw new GatewayError('csrf')
}
