import { readCredentials } from '../http/bearer.ts'
import { type Decision, denial } from '../http/decision.ts'
import {
  type OfferedProtocols,
  offeredProtocols,
  selectProtocol,
  setOfferedProtocols,
  setSelectedProtocol,
} from '../http/websocket.ts'
import { denialResponse } from '../kit/denial-response.ts'
import type { Kit } from '../kit/kit.ts'
import { verifierPartsOf } from '../kit/verifier.ts'
import { correlationHeaders } from '../log/correlation.ts'
import { logDecision } from '../log/decision-line.ts'
import { hashSubject } from '../log/subject-hash.ts'
import type { Policy } from '../policy/builder.ts'

/** How an upgrade is checked. */
export interface UpgradeOptions<Custom = unknown> {
  readonly kit: Kit
  /** Default: any verified caller that is not anonymous. */
  readonly policy?: Policy<Custom>
  /**
   * Name of a query parameter that may carry the token. Default: none may. A query string ends in logs and in the
   * browser's history: switch it on only for clients that can do nothing else, with tokens of a minute.
   */
  readonly query?: string
  /** Receives the decision, for logs. */
  readonly onDecision?: (decision: Decision<Custom>) => void
}

/** A WebSocket upgrade that was looked at, before any socket is open. */
export interface Upgrade<Custom = unknown> {
  readonly decision: Decision<Custom>
  /**
   * What to pass on: the token stands in `Authorization` alone, so that a Durable Object can check it for itself; it is
   * in no subprotocol and no URL. It has the headers that join the log lines of a request. Of a rejected upgrade, the
   * request without any token.
   */
  readonly request: Request
  /**
   * The response to the client. A 101 gets the subprotocol `sealgate` when the client offered it and the service chose no
   * other of the offered ones; never the token. For a denied upgrade it is the denial, whatever is passed.
   */
  accept(response: Response): Response
}

/** What the request carries as a token, and the request without it. */
interface Offer {
  readonly tokens: readonly string[]
  readonly problem: string | undefined
  readonly offered: OfferedProtocols
  readonly request: Request
}

/**
 * Decides about a WebSocket upgrade before the socket opens. The token comes as a browser can send it, by the
 * subprotocols `['sealgate', 'sealgate.bearer.' + token]`, or in an `Authorization: Bearer` header. Two credentials
 * are rejected with 400 (RFC 6750 §2), even when they are equal.
 *
 * @throws ConfigError only: outages are a decision with status 503
 */
export async function authenticateUpgrade<Custom = unknown>(
  request: Request,
  options: UpgradeOptions<Custom>,
): Promise<Upgrade<Custom>> {
  const { token, ...upgrade } = await decideUpgrade(request, options)
  const { settings } = verifierPartsOf(options.kit)
  const { decision } = upgrade
  logDecision(settings, decision, () => ({ request, source: token }), decision.granted, hashSubject)
  return upgrade
}

/** The same without a line in the log, for an Agent, which has more to say; and with the token, if there is one. */
export async function decideUpgrade<Custom>(
  request: Request,
  options: UpgradeOptions<Custom>,
): Promise<Upgrade<Custom> & { readonly token: string | undefined }> {
  const offer = readOffer(request, options.query)
  const decision = await decide(offer, options)
  options.onDecision?.(decision)
  for (const [name, value] of Object.entries(correlationHeaders(request)))
    offer.request.headers.set(name, value)
  const [token] = offer.tokens
  if (decision.granted && token !== undefined) offer.request.headers.set('Authorization', `Bearer ${token}`)
  else offer.request.headers.delete('Authorization')
  return {
    decision,
    token,
    request: offer.request,
    accept: (response) =>
      decision.granted ? withProtocol(response, offer.offered) : denialResponse(decision, request),
  }
}

function decide<Custom>(
  { problem, tokens }: Offer,
  { kit, policy }: UpgradeOptions<Custom>,
): Decision<Custom> | Promise<Decision<Custom>> {
  if (problem !== undefined) return denial(400, 'malformed_credentials', problem)
  if (tokens.length > 1) return denial(400, 'malformed_credentials', 'the upgrade has two credentials')
  return kit.authorize(tokens[0], policy)
}

function readOffer(original: Request, query: string | undefined): Offer {
  const offered = offeredProtocols(original.headers)
  const tokens = [...offered.tokens]
  const problems: string[] = []
  if (offered.isIncomplete) problems.push('the subprotocol of the token came without sealgate')

  const header = readCredentials(original)
  if (header.form === 'malformed') problems.push(header.detail)
  if (header.form === 'token') tokens.push(header.token)

  const url = new URL(original.url)
  if (query !== undefined && url.searchParams.has(query)) {
    tokens.push(...url.searchParams.getAll(query))
    url.searchParams.delete(query)
  }
  if (tokens.includes('')) problems.push('a token is empty')

  const request = new Request(url.href === original.url ? original.url : url, original)
  setOfferedProtocols(request.headers, offered.protocols)
  return { tokens, problem: problems[0], offered, request }
}

/** A service that selects what nobody offered is corrected: the client would fail the connection. */
function withProtocol(response: Response, offered: OfferedProtocols): Response {
  if (response.status !== 101) return response
  const { protocol } = selectProtocol(response, offered)
  const headers = new Headers(response.headers)
  setSelectedProtocol(headers, protocol)
  return new Response(null, { status: 101, webSocket: response.webSocket, headers })
}
