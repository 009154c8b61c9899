import {
  offeredProtocols,
  selectProtocol,
  setSelectedProtocol,
  TIMED_OUT,
  withDeadline,
} from '@sealgate/kit/gateway'
import type { Route } from '../config/route-table.ts'
import { GatewayError } from '../errors.ts'
import type { Gateway } from '../gateway.ts'
import { timed } from '../observability/timings.ts'
import type { Trace } from '../observability/trace.ts'
import { originOf } from '../session/cookies.ts'
import { stripResponse } from './headers.ts'
import { adoptResponse, atOrigin } from './origin.ts'

/** Node makes no request of a stream without it (Fetch §5.3); workerd does not read it. */
const STREAMED = { duplex: 'half' }

/**
 * Sends a request on over the binding of its route, or to its origin, and takes out of the response what is not the
 * service's to say.
 *
 * @param headers all that it carries
 * @throws GatewayError `service_failed`, `misconfigured`
 */
export async function sendOn(
  gateway: Gateway,
  request: Request,
  route: Route,
  { headers, trace }: { readonly headers: Headers; readonly trace: Trace },
): Promise<Response> {
  const { services, cookieNames } = gateway.config
  const target = route.origin === undefined ? request.url : atOrigin(route.origin, request.url)
  const service = route.origin === undefined ? services.get(route.service) : gateway
  if (!service) throw new GatewayError('misconfigured', { detail: `no service ${route.service}` })
  const call = (signal: AbortSignal): Promise<Response> =>
    service.fetch(
      new Request(target, {
        method: request.method,
        headers,
        // RFC 9110 §9.3.1: a body means nothing there, and a request cannot be made with one.
        body: request.method === 'GET' || request.method === 'HEAD' ? null : request.body,
        // A binding's fetch would follow a redirect inside, and turn a POST into a GET.
        redirect: 'manual',
        signal,
        // Cloudflare would keep what its path makes look like a file, and serve it to the next caller.
        ...(route.origin !== undefined && { cache: 'no-store' }),
        ...STREAMED,
      }),
    )
  const received = await timed(trace, 'service', () => withTimeout(route.timeoutMs, call))
  // Headers of a fetched response cannot be changed. A 101 keeps its socket: it is a member of the response.
  const response = new Response(received.body, received)
  stripResponse(response.headers, cookieNames)
  if (route.origin !== undefined) adoptResponse(response.headers, target, originOf(gateway.config, request))
  if (response.status === 101) selectOffered(request, response)
  return response
}

/**
 * Selects a subprotocol that the client offered: `sealgate` when the service selected none.
 *
 * @throws GatewayError `service_failed` when the service selected what nobody offered: a browser would fail the socket
 */
function selectOffered(request: Request, response: Response): void {
  const { protocol, isForeign } = selectProtocol(response, offeredProtocols(request.headers))
  if (isForeign) {
    response.webSocket?.accept()
    response.webSocket?.close(1002, 'The subprotocol was not offered')
    throw new GatewayError('service_failed', {
      detail: 'the service selected a subprotocol that was not offered',
    })
  }
  setSelectedProtocol(response.headers, protocol)
}

/** Waits for the head of the response; its body may take as long as it accepts. */
async function withTimeout(
  milliseconds: number,
  call: (signal: AbortSignal) => Promise<Response>,
): Promise<Response> {
  const controller = new AbortController()
  const response = await withDeadline(call(controller.signal), milliseconds, controller).catch(
    (cause: unknown) => {
      throw new GatewayError('service_failed', { cause, detail: 'the service threw' })
    },
  )
  if (response !== TIMED_OUT) return response
  throw new GatewayError('service_failed', { detail: `no response within ${milliseconds} ms` })
}
