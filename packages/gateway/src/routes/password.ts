import { passwordRealm } from '../auth0/password-realm.ts'
import type { Trace } from '../observability/trace.ts'
import { GatewayError } from '../errors.ts'
import type { Gateway } from '../gateway.ts'
import { clientIp, limit } from '../rate-limit.ts'
import { readBody } from '../http/form.ts'
import { passwordBody } from './schemas.ts'

/**
 * `POST /oauth/token` with JSON: the password-realm proxy. Auth0's status and body pass unchanged.
 *
 * @throws GatewayError `not_found` unless `AUTH0_CONNECTION` is set
 */
export async function passwordLogin(gateway: Gateway, request: Request, trace: Trace): Promise<Response> {
  const { login, environment } = gateway.config
  const connection = login?.connection
  if (login === undefined || connection === undefined) throw new GatewayError('not_found')
  const { username, password } = await readPassword(request)
  // Auth0 accepts a name in any case: each spelling must not be a new one to guess at.
  const name = username.normalize('NFKC').trim().toLowerCase()
  trace.login = name
  const ip = clientIp(request, environment)
  // Without the caller's address Auth0 would count everybody's attempts as this Worker's.
  if (ip === undefined && (environment === 'production' || environment === 'staging')) {
    throw new GatewayError('invalid_request', { description: 'The address of the caller is not known' })
  }
  await limit(gateway, { ip, user: name }, 'reject')
  return passwordRealm({ ...login, connection }, { username, password, ip })
}

async function readPassword(request: Request): Promise<{ username: string; password: string }> {
  let body: unknown
  try {
    body = JSON.parse(await readBody(request))
  } catch (error) {
    if (error instanceof GatewayError) throw error
    throw new GatewayError('invalid_request', { description: 'The body is not JSON' })
  }
  const parsed = passwordBody.safeParse(body)
  if (parsed.success) return parsed.data
  const name = parsed.error.issues[0]?.path[0]
  throw new GatewayError('invalid_request', {
    description:
      name === undefined
        ? 'The body is not a JSON object'
        : `The field ${String(name)} must be a non-empty string`,
  })
}
