import { decodeJwt, decodeProtectedHeader } from 'jose'
import type { Trace } from '../observability/trace.ts'
import { GatewayError } from '../errors.ts'
import type { Gateway } from '../gateway.ts'
import { sessionAccess } from '../session/access.ts'
import { originOf } from '../session/cookies.ts'
import { rejectCrossSite } from '../http/csrf.ts'

/** What the page of the example service requests besides, and the development system. In development alone: elsewhere these paths are forwarded. */
export const DEV_PATH = '/dev/*'

/** A request id, as it is accepted from clients and made here. */
const WHY = /^GET \/dev\/why\/([\w.-]{8,64})$/

/**
 * `GET /dev/token`, `GET /dev/keys`, `GET /dev/definition`, `GET /dev/why/REQUEST_ID`, `POST /dev/rotate`.
 *
 * @throws GatewayError `not_found` for anything else
 */
export async function dev(gateway: Gateway, request: Request, trace: Trace): Promise<Response> {
  trace.route = DEV_PATH
  const headers = { 'Cache-Control': 'no-store' }
  const asked = `${request.method} ${new URL(request.url).pathname}`
  const [, requestId] = WHY.exec(asked) ?? []
  if (requestId !== undefined) {
    rejectCrossSite(request, originOf(gateway.config, request))
    return order(gateway, `/why/${requestId}`)
  }
  switch (asked) {
    case 'GET /dev/token':
      return Response.json(await externalToken(gateway, request), { headers })
    case 'GET /dev/keys':
      return Response.json(await slots(gateway), { headers })
    case 'GET /dev/definition':
      return Response.json(definitionOf(gateway), { headers })
    case 'POST /dev/rotate':
      rejectCrossSite(request, originOf(gateway.config, request))
      return order(gateway, '/rotate')
    default:
      throw new GatewayError('not_found')
  }
}

/** The session's Auth0 token as it reads; without its signature it is no credential. */
async function externalToken(gateway: Gateway, request: Request): Promise<object> {
  const access = await sessionAccess(gateway, request)
  if (!access) throw new GatewayError('no_session')
  const { accessToken } = access
  return { header: decodeProtectedHeader(accessToken), payload: decodeJwt(accessToken) }
}

async function slots(gateway: Gateway): Promise<object> {
  const [audience = ''] = gateway.config.audiences.keys()
  const { sign } = await gateway.kitFor(audience).describe()
  return { slots: sign?.slots ?? [] }
}

/** Audiences and routes, as far as a client of the system has to know them. */
function definitionOf({ config }: Gateway): object {
  const audiences = [...config.audiences].map(([name, { permissions, roles }]) => ({
    name,
    permissions: [...permissions],
    roles: [...roles],
  }))
  const routes = config.routes.routes.map(({ match, methods, service, auth, ...route }) => ({
    ...{ match, methods, service, auth },
    ...('audience' in route && { audience: route.audience }),
    ...('login' in route && route.login !== undefined && { login: route.login }),
    ...('mcp' in route && route.mcp !== undefined && { mcp: true }),
  }))
  return { audiences, routes }
}

/** Asks the program that runs the development system: secrets are not a Worker's to write, nor are logs its to read. */
async function order({ config }: Gateway, path: string): Promise<Response> {
  const { devControl } = config
  if (devControl === undefined) throw new GatewayError('not_found')
  const obeyed = await fetch(new URL(path, devControl.url), {
    method: 'POST',
    headers: { Authorization: `Bearer ${devControl.secret}` },
    redirect: 'manual',
  })
  return new Response(await obeyed.text(), {
    status: obeyed.status,
    headers: { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' },
  })
}
