import { correlationOf } from '@sealgate/kit/log'

/** An error of this service, in the form that the kit's and the gateway's have: whoever gets it can name the request. */
export function errorResponse(
  request: Request,
  status: number,
  error: string,
  error_description: string,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const { requestId } = correlationOf(request)
  return Response.json(
    { error, error_description, request_id: requestId },
    { status, headers: { 'Cache-Control': 'no-store', 'X-Request-Id': requestId, ...headers } },
  )
}
