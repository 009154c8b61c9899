import {
  correlationHeaders,
  isObject,
  issueInternal,
  parseJson,
  PROBE_PATH,
  readBounded,
  TIMED_OUT,
  withDeadline,
} from '@sealgate/kit/gateway'
import { base64url } from 'jose'
import { PROBE_SUBJECT } from '../config/operator-protocol.ts'
import type { Service } from '../config/services.ts'
import type { Gateway } from '../gateway.ts'
import { encodeUtf8 } from '../observability/utf8.ts'

/** How long a service may take to respond, in milliseconds. */
const TIMEOUT_MS = 5000

/** The lifetime of a token that probes, in seconds. */
const TTL_SECONDS = 60

/** The largest response that is looked at, in bytes. */
const MAX_RESPONSE_BYTES = 65_536

/**
 * - `ok`: the service takes the gateway's tokens and rejects forged ones.
 * - `rejects`: it rejects a good token: issuer, audience or keys differ from the gateway's.
 * - `accepts_forged`: it takes a token that anybody could have made.
 * - `unavailable`: it cannot have its keys, or its deny-list, now.
 * - `failed`: it threw, failed with 5xx, or did not respond in time.
 * - `unsupported`: it has no `probe()`: nothing is known.
 */
export type ProbeVerdict = 'ok' | 'rejects' | 'accepts_forged' | 'unavailable' | 'failed' | 'unsupported'

/** What a service responded to one token. */
export interface ProbeReply {
  /** `null`: there was no response. */
  readonly status: number | null
  /** `error` of its body, or why there was no response. */
  readonly reason?: string
}

/** What a service says that it verifies with. */
export interface ServiceState {
  readonly issuer: string
  readonly audience: readonly string[]
  /** The keys that it knows now. Empty for secrets. */
  readonly kids: readonly string[]
  /** Seconds since it fetched them. */
  readonly jwksAgeSeconds?: number
}

/** A service and an audience that a route sends it tokens for. */
export interface Probed {
  readonly service: string
  readonly audience: string
  readonly verdict: ProbeVerdict
  readonly genuine: ProbeReply
  readonly forged: ProbeReply
  readonly holds?: ServiceState
  /** With `rejects`: another audience of this gateway, whose tokens it takes. */
  readonly takesAudience?: string
}

interface Reply extends ProbeReply {
  readonly holds?: ServiceState
}

/**
 * Sends each service a token without rights, and a forged one, for each audience that its routes have.
 *
 * @param operation the operator's request: what services log of the forged token has its id
 */
export async function probeServices(gateway: Gateway, operation: Request): Promise<readonly Probed[]> {
  return Promise.all(
    pairsOf(gateway).map(async ({ service, audience, binding }) => {
      const token = await issueProbe(gateway, audience)
      const [genuine, forged] = await Promise.all([
        send(binding, token, operation),
        send(binding, await forge(token, gateway.config.mode), operation),
      ])
      const verdict = verdictOf(genuine, forged)
      const takesAudience =
        verdict === 'rejects' ? await takenAudience(gateway, binding, audience, operation) : undefined
      const { holds, ...reply } = genuine
      return {
        service,
        audience,
        verdict,
        genuine: reply,
        forged: { status: forged.status, ...(forged.reason !== undefined && { reason: forged.reason }) },
        ...(holds && { holds }),
        ...(takesAudience !== undefined && { takesAudience }),
      }
    }),
  )
}

interface Pair {
  readonly service: string
  readonly audience: string
  readonly binding: Service
}

function pairsOf({ config: { routes, services } }: Gateway): readonly Pair[] {
  const pairs = new Map<string, Pair>()
  for (const route of routes.routes) {
    // What is behind an origin is no Worker of this system.
    const binding = services.get(route.service)
    if (route.auth === 'none' || !binding) continue
    const { service, audience } = route
    pairs.set(JSON.stringify([service, audience]), { service, audience, binding })
  }
  return [...pairs.values()]
}

function issueProbe(gateway: Gateway, audience: string): Promise<string> {
  return issueInternal(gateway.kitFor(audience), {
    claims: { sub: PROBE_SUBJECT, kind: 'machine', permissions: [], roles: [] },
    aud: audience,
    expiresAt: Math.floor(gateway.now()) + Math.min(TTL_SECONDS, gateway.config.maxTtlSeconds),
  })
}

/** The same header and claims, signed by a key that nobody holds. */
async function forge(token: string, mode: 'EdDSA' | 'HS512'): Promise<string> {
  const input = token.slice(0, token.lastIndexOf('.'))
  const key = await foreignKey(mode)
  const signature = await crypto.subtle.sign(key.algorithm.name, key, encodeUtf8(input))
  return `${input}.${base64url.encode(new Uint8Array(signature))}`
}

async function foreignKey(mode: 'EdDSA' | 'HS512'): Promise<CryptoKey> {
  if (mode === 'HS512') {
    const secret = crypto.getRandomValues(new Uint8Array(64))
    return crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash: 'SHA-512' }, false, ['sign'])
  }
  const pair = await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify'])
  return (pair as CryptoKeyPair).privateKey
}

async function send(binding: Service, token: string, operation: Request): Promise<Reply> {
  const controller = new AbortController()
  // The host says nothing: a service binding has one destination.
  const request = new Request(`https://probe.internal${PROBE_PATH}`, {
    headers: {
      Authorization: `Bearer ${token}`,
      Accept: 'application/json',
      ...correlationHeaders(operation),
    },
    redirect: 'manual',
    signal: controller.signal,
  })
  try {
    const reply = await withDeadline(fetchReply(binding, request), TIMEOUT_MS, controller)
    return reply === TIMED_OUT ? { status: null, reason: 'timeout' } : reply
  } catch {
    return { status: null, reason: 'threw' }
  }
}

async function fetchReply(binding: Service, request: Request): Promise<Reply> {
  return replyOf(await binding.fetch(request))
}

/** What a response says. It is a service's, and may be anything. */
export async function replyOf(response: Response): Promise<Reply> {
  const bytes = await readBounded(response.body, MAX_RESPONSE_BYTES)
  const body = bytes && parseJson(new TextDecoder().decode(bytes))
  const { status } = response
  if (!isObject(body)) return { status }
  if (status === 200) {
    const holds = stateOf(body)
    return holds ? { status, holds } : { status }
  }
  const { error } = body
  return typeof error === 'string' ? { status, reason: error.slice(0, 64) } : { status }
}

function stateOf({
  issuer,
  audience,
  kids,
  jwksAgeSeconds,
}: Record<string, unknown>): ServiceState | undefined {
  if (typeof issuer !== 'string' || !isTexts(audience) || !isTexts(kids)) return undefined
  return { issuer, audience, kids, ...(typeof jwksAgeSeconds === 'number' && { jwksAgeSeconds }) }
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string')
}

function verdictOf(genuine: Reply, forged: Reply): ProbeVerdict {
  if (forged.holds) return 'accepts_forged'
  if (genuine.holds) {
    if (forged.status === 401) return 'ok'
    // That the good token passed says nothing while a forged one is not rejected.
    return forged.status === 503 ? 'unavailable' : 'failed'
  }
  const { status } = genuine
  if (status === 401 || status === 400) return 'rejects'
  if (status === 503) return 'unavailable'
  return status === null || status >= 500 ? 'failed' : 'unsupported'
}

/** Another audience of this gateway, whose tokens a service takes: the likely mistake when it rejects its own. */
async function takenAudience(
  gateway: Gateway,
  binding: Service,
  audience: string,
  operation: Request,
): Promise<string | undefined> {
  for (const other of gateway.config.audiences.keys()) {
    if (other === audience) continue
    const { holds } = await send(binding, await issueProbe(gateway, other), operation)
    if (holds) return other
  }
  return undefined
}
