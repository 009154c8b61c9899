import { ConfigError, type Revocation } from '@sealgate/kit'
import { parseJson, readCredentials } from '@sealgate/kit/gateway'
import type * as z from 'zod/mini'
import { operatorIn } from '../config/operators.ts'
import { GatewayError } from '../errors.ts'
import type { Gateway } from '../gateway.ts'
import { rejectForeignForm } from '../http/csrf.ts'
import { mediaType, readBody } from '../http/form.ts'
import { type Operator, type OperatorUse, verifyOperatorToken } from '../http/operator-token.ts'
import { logOperation, type OperationLog } from '../observability/log.ts'
import type { Trace } from '../observability/trace.ts'
import { deploymentHealth } from '../operations/health.ts'
import { probeServices } from '../operations/probe.ts'
import { deniedKeys, revoke, revokeSession } from '../operations/revocation.ts'
import { whois } from '../operations/whois.ts'
import { clientIp, limit } from '../rate-limit.ts'
import { operatorRequest } from './schemas.ts'
import { useOnce } from './use-once.ts'

/** The longest sentence about a fault of the configuration. */
const MAX_DESCRIPTION = 1000

/**
 * `POST /operator`: what an operator does to this deployment, or looks at. The caller holds a key of `OPERATOR_KEYS`, and
 * signs each request by itself; what was wrong with one is for the log alone.
 *
 * @throws GatewayError `not_found` without such keys
 */
export async function operate(gateway: Gateway, request: Request, trace: Trace): Promise<Response> {
  const { operator } = gateway
  const { environment, corsOrigins } = gateway.config
  if (!operator) throw new GatewayError('not_found')
  rejectForeignForm(request, corsOrigins)
  const limiter = request.headers.has('Authorization') ? 'clients' : 'shared'
  await limit(gateway, { ip: clientIp(request, environment) }, limiter)
  const body = await readBody(request)
  const { kid } = await authenticate(gateway, operator, request, body)
  await rejectSigningKey(gateway, operator, kid)
  const wanted = readOperation(request, body)
  const { line, result } = await perform(gateway, request, wanted).catch((error: unknown) => {
    throw toldToOperator(error)
  })
  const { requestId: request_id, traceId: trace_id } = trace
  logOperation(gateway, { request_id, trace_id, kid, operation: wanted.operation, ...line })
  return Response.json(
    { operation: wanted.operation, ...result },
    { headers: { 'Cache-Control': 'no-store', Pragma: 'no-cache' } },
  )
}

/**
 * What `POST /operator` is told where the configuration makes no gateway: an operator hears which variable it is, everybody
 * else what any request does.
 *
 * @param error why there is no gateway
 */
export async function misconfigured(env: object, request: Request, error: unknown): Promise<unknown> {
  const operator = operatorIn(env)
  if (!operator || request.method !== 'POST') return error
  const body = await readBody(request)
  // Nothing happens, so nothing happens twice: the use is not remembered.
  const verifying = { keys: operator.keys, verifier: operator.verifierWith(undefined) }
  await verify(verifying, request, body)
  return toldToOperator(error)
}

/** Of a fault of the configuration an operator is told what the log is: it names variables, never a secret. */
function toldToOperator(error: unknown): unknown {
  if (!(error instanceof ConfigError)) return error
  const { message } = error
  const description = message.slice(0, MAX_DESCRIPTION).replace(/[^\x20\x21\x23-\x5b\x5d-\x7e]/g, "'")
  return new GatewayError('misconfigured', { cause: error, detail: message, description })
}

/** @throws GatewayError `no_credentials`, `malformed_credentials`, `invalid_token` */
async function verify(operator: Operator, request: Request, body: string): Promise<OperatorUse> {
  const credentials = readCredentials(request)
  if (credentials.form === 'none') throw new GatewayError('no_credentials')
  if (credentials.form === 'malformed') {
    throw new GatewayError('malformed_credentials', { detail: credentials.detail })
  }
  const bound = new Request(request.url, { method: request.method, body })
  const use = await verifyOperatorToken(operator, credentials.token, bound)
  if (!use.ok) throw new GatewayError('invalid_token', { detail: `operator: ${use.rejection}` })
  return use
}

/** @throws GatewayError as `verify`, and `rate_limited` */
async function authenticate(
  gateway: Gateway,
  operator: Operator,
  request: Request,
  body: string,
): Promise<OperatorUse> {
  const use = await verify(operator, request, body)
  const { kid, jti, until } = use
  const outcome = await useOnce(gateway, { purpose: 'operator', holder: kid, jti, until })
  if (outcome === 'full')
    throw new GatewayError('rate_limited', { detail: 'too many requests of one operator' })
  if (outcome !== 'first') throw new GatewayError('invalid_token', { detail: `operator: ${outcome}` })
  return use
}

/** Whoever holds a key that signs internal tokens must not operate with it: the two are lost, and replaced, apart. */
async function rejectSigningKey(gateway: Gateway, { keys }: Operator, kid: string): Promise<void> {
  const [audience = ''] = gateway.config.audiences.keys()
  const published = await gateway.kitFor(audience).jwks().catch(noKeys)
  const used = keys.filter((key) => key.kid === kid)
  if (published.keys.some(({ x }) => used.some((key) => key.x === x))) {
    throw new ConfigError('OPERATOR_KEYS has the key of a signing slot: make another one for operators')
  }
}

/** Without a slot that is usable there is nothing to compare with; and health is there to say so. */
function noKeys(error: unknown): { readonly keys: readonly { readonly x: string }[] } {
  if (error instanceof ConfigError) return { keys: [] }
  throw error
}

type Wanted = z.output<typeof operatorRequest>

/** @throws GatewayError `invalid_request` */
export function readOperation(request: Request, body: string): Wanted {
  if (mediaType(request) !== 'application/json') {
    throw new GatewayError('invalid_request', { description: 'The operation takes application/json' })
  }
  const parsed = operatorRequest.safeParse(parseJson(body))
  if (parsed.success) return parsed.data
  throw new GatewayError('invalid_request', { description: 'There is no such operation' })
}

interface Performed {
  /** What of it stands in the log. */
  readonly line: Omit<OperationLog, 'request_id' | 'trace_id' | 'kid' | 'operation'>
  readonly result: object
}

async function perform(gateway: Gateway, request: Request, wanted: Wanted): Promise<Performed> {
  switch (wanted.operation) {
    case 'health': {
      const result = await deploymentHealth(gateway)
      return { line: { outcome: result.status }, result }
    }
    case 'probe': {
      const services = await probeServices(gateway, request)
      const outcome = services.map(({ service, audience, verdict }) => `${service} ${audience}: ${verdict}`)
      return { line: { outcome: outcome.join(', ') }, result: { services } }
    }
    case 'revoke': {
      if ('session' in wanted) {
        await revokeSession(gateway, wanted.session)
        return { line: { outcome: 'session ended' }, result: { revoked: true } }
      }
      const revocation = revocationOf(wanted)
      await revoke(gateway, revocation)
      const what = 'sub' in revocation ? { subject: revocation.sub } : revocation
      return { line: { outcome: 'revoked', ...what }, result: { revoked: true } }
    }
    case 'denied': {
      const denied = await deniedKeys(gateway, wanted.thumbprints)
      return { line: { outcome: `${denied.length} denied` }, result: { denied } }
    }
    case 'whois': {
      const { version } = gateway.config
      const report = await whois(gateway, wanted.token)
      const outcome = report.ok ? 'good' : (report.reason ?? 'not known')
      return { line: { outcome, detail: report.issued }, result: { ...report, ...(version && { version }) } }
    }
  }
}

type Revoked = Exclude<Extract<Wanted, { operation: 'revoke' }>, { session: string }>

function revocationOf(wanted: Revoked): Revocation {
  if ('sub' in wanted) return { sub: wanted.sub }
  return 'jti' in wanted ? { jti: wanted.jti } : { thumbprint: wanted.thumbprint }
}
