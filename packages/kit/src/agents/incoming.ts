import { randomHex } from '../log/request-ids.ts'
import { type AgentConnection, callerOf } from './connection.ts'

/** The request that joins the lines of what is called meanwhile: of a connection, one with the ids of its upgrade. */
export function incomingOf(source: Request | AgentConnection): Request {
  if (source instanceof Request) return source
  const { requestId, traceId = randomHex() } = callerOf(source) ?? {}
  const headers = new Headers({ traceparent: `00-${traceId}-${randomHex().slice(16)}-01` })
  if (requestId !== undefined) headers.set('X-Request-Id', requestId)
  return new Request('https://agent.invalid/', { headers })
}
