import { passwordRealm } from '../auth0/password-realm.ts'
import { timed } from '../observability/timings.ts'
import type { Trace } from '../observability/trace.ts'
import { GatewayError } from '../errors.ts'
import type { Gateway } from '../gateway.ts'
import { clientIp, limit } from '../rate-limit.ts'
import { notAForm, readBody } from '../http/form.ts'
import { MAX_USERNAME, passwordBody } from './schemas.ts'

/**
 * `POST /oauth/token` with JSON: the password-realm proxy. Auth0's status and body pass unchanged. JSON that is meant for
 * the token exchange is told what that takes.
 *
 * @throws GatewayError `not_found` for a user name and password, unless `AUTH0_CONNECTION` is set
 */
export async function passwordLogin(gateway: Gateway, request: Request, trace: Trace): Promise<Response> {
  const { login, environment } = gateway.config
  const connection = login?.connection
  const body = await readJson(request)
  const isOff = login === undefined || connection === undefined
  if (isExchange(body) || (isOff && !passwordBody.safeParse(body).success))
    throw notAForm('The token exchange')
  if (isOff) throw new GatewayError('not_found')
  const { username, password } = checkPassword(body)
  // Auth0 accepts a name in any case: each spelling must not be a new one to guess at.
  const name = username.normalize('NFKC').trim().toLowerCase()
  trace.login = name
  const ip = clientIp(request, environment)
  // Without the caller's address Auth0 would count everybody's attempts as this Worker's.
  if (ip === undefined && (environment === 'production' || environment === 'staging')) {
    throw new GatewayError('invalid_request', { description: 'The address of the caller is not known' })
  }
  await limit(gateway, { ip, user: name }, 'password')
  return timed(trace, 'idp', () => passwordRealm({ ...login, connection }, { username, password, ip }))
}

/** The JSON of a body; `undefined` for what is none. */
async function readJson(request: Request): Promise<unknown> {
  const text = await readBody(request)
  try {
    const body: unknown = JSON.parse(text)
    return body
  } catch {
    return undefined
  }
}

/** A grant is what the exchange's form names; the password realm has one alone, and names none. */
function isExchange(body: unknown): boolean {
  return typeof body === 'object' && body !== null && Object.hasOwn(body, 'grant_type')
}

function checkPassword(body: unknown): { username: string; password: string } {
  if (body === undefined) throw new GatewayError('invalid_request', { description: 'The body is not JSON' })
  const parsed = passwordBody.safeParse(body)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const name = issue?.path[0]
  throw new GatewayError('invalid_request', {
    description:
      name === undefined
        ? 'The body is not a JSON object'
        : issue?.code === 'too_big'
          ? `The field ${String(name)} is longer than ${MAX_USERNAME} characters`
          : `The field ${String(name)} must be a non-empty string`,
  })
}
