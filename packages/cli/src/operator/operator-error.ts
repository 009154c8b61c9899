/** Why an operation did not happen, in words that say what to do. */
export class OperatorError extends Error {
  override readonly name = 'OperatorError'
  /** HTTP status; `undefined`: there was no response. */
  readonly status: number | undefined
  /** `error` of the gateway's response, `unreachable`, or `no_gateway` for what is no gateway's. */
  readonly code: string
  /** What the gateway's log has it under. */
  readonly requestId: string | undefined

  constructor(
    message: string,
    details: { readonly status?: number; readonly code: string; readonly requestId?: string },
  ) {
    super(message)
    this.status = details.status
    this.code = details.code
    this.requestId = details.requestId
  }
}

/** What a response to an operation says that is no success. */
export interface Rejection {
  readonly url: string
  readonly kid: string
  readonly status: number
  readonly code: string
  readonly description?: string
  readonly requestId?: string
}

/** The error for a response of the gateway. */
export function rejectionError({ url, kid, status, code, description, requestId }: Rejection): OperatorError {
  const what = adviceFor(code, kid, description) ?? description ?? `it responded with ${status}`
  const where = requestId === undefined ? '' : ` (request ${requestId} in the gateway's log)`
  return new OperatorError(`${url}: ${what}${where}`, {
    status,
    code,
    ...(requestId !== undefined && { requestId }),
  })
}

function adviceFor(code: string, kid: string, description = ''): string | undefined {
  switch (code) {
    case 'invalid_token':
      return `the gateway rejects the key ${kid}: its OPERATOR_KEYS has another one, its JWT_ISS is another one, or a clock is off. Its log says which`
    case 'not_found':
      return 'the gateway has no OPERATOR_KEYS, or is of a version without operators: sealgate deploy puts them'
    case 'misconfigured':
      return `the gateway is misconfigured: ${isGeneric(description) ? 'its log names the variable' : description}`
    case 'no_gateway':
      return 'what responds there is no gateway of ours: is the URL right?'
    case 'too_many_requests':
      return 'too many requests from this address: try again in a minute'
    default:
      return undefined
  }
}

/** What everybody else is told. */
function isGeneric(description: string): boolean {
  return description === '' || description === 'The gateway is misconfigured'
}
