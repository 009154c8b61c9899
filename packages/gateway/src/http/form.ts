import { readBounded } from '@sealgate/kit/gateway'
import { GatewayError } from '../errors.ts'

/** Larger than any set of tokens that this endpoint accepts. */
const MAX_BODY_BYTES = 65_536

/** The media type of the body, without parameters, in lower case. */
export function mediaType(request: Request): string | undefined {
  return request.headers.get('Content-Type')?.split(';')[0]?.trim().toLowerCase()
}

/** What accepts forms alone, and the clause that says so: the words of the rejection. */
const FORMS = {
  'The token exchange': 'RFC 8693, section 2.1',
  'The revocation': 'RFC 7009, section 2.1',
  'The logout': 'OpenID Connect Back-Channel Logout 1.0, section 2.5',
} as const

export type FormName = keyof typeof FORMS

/** A form that was read. */
export interface Form {
  /** An empty parameter counts as absent. */
  readonly parameters: ReadonlyMap<string, string>
  /** Every value of the parameters that may come more than once. */
  readonly lists: ReadonlyMap<string, readonly string[]>
}

/**
 * Reads an `application/x-www-form-urlencoded` body (RFC 6749 §3.2): an empty parameter counts as absent, a repeated one
 * is an error.
 *
 * @param repeatable parameters that may come more than once
 * @throws GatewayError `invalid_request`, `request_too_large`
 */
export async function readForm(
  request: Request,
  name: FormName,
  repeatable: readonly string[] = [],
): Promise<Form> {
  if (mediaType(request) !== 'application/x-www-form-urlencoded') throw notAForm(name)
  const parameters = new Map<string, string>()
  const lists = new Map(repeatable.map((key): [string, string[]] => [key, []]))
  for (const [key, value] of new URLSearchParams(await readBody(request))) {
    const list = lists.get(key)
    if (list) {
      if (value !== '') list.push(value)
    } else {
      if (parameters.has(key)) {
        throw new GatewayError('invalid_request', { description: 'A parameter is repeated' })
      }
      parameters.set(key, value)
    }
  }
  return { parameters: new Map([...parameters].filter(([, value]) => value !== '')), lists }
}

/** The rejection of a body in another form: many HTTP clients send JSON unless they are told not to. */
export function notAForm(name: FormName): GatewayError {
  return new GatewayError('invalid_request', {
    description: `${name} takes application/x-www-form-urlencoded (${FORMS[name]})`,
  })
}

/**
 * Reads a body as UTF-8.
 *
 * @throws GatewayError `invalid_request`, `request_too_large`
 */
export async function readBody(request: Request): Promise<string> {
  const bytes = await readBounded(request.body, MAX_BODY_BYTES)
  if (bytes === null) throw new GatewayError('request_too_large')
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new GatewayError('invalid_request', { description: 'The body is not UTF-8' })
  }
}
