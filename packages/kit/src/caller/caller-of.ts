import type { VerifiedClaims } from '../claims/types.ts'
import { DENYLIST_SUBJECT_TTL_SECONDS, MAX_LEEWAY_SECONDS } from '../constants.ts'
import { ClaimsError, ConfigError } from '../errors.ts'
import { type Decision, denial, type Denied, outage } from '../http/decision.ts'
import { sha256 } from '../jose/sha256.ts'
import { asOutage } from '../kit/denials.ts'
import { decide, originOf, type Verifier, verifierPartsOf } from '../kit/verifier.ts'
import { logDecision } from '../log/decision-line.ts'
import { hashSubject } from '../log/subject-hash.ts'
import type { Rules } from '../policy/builder.ts'
import { type PolicyParts, partsOfRules } from '../policy/parts.ts'
import { isObject } from '../primitives/json.ts'
import { encodeUtf8 } from '../primitives/utf8.ts'
import { MESSAGE_TYP } from '../tokens/verify-options.ts'
import type { QueueMessage, WorkflowEventLike } from './envelopes.ts'
import { type OnceStore, onceStoreOf } from './once.ts'
import { isSealed, type Place, readSeal, type Sealed } from './seal.ts'

/** What a caller comes with: a request, a message, the event of a workflow, an argument of RPC, or what was kept. */
export type CallerSource = Request | QueueMessage | WorkflowEventLike | { readonly sealgate: unknown }

interface Renewing {
  renew?(token: string): Promise<string>
}

/** How {@link callerOf} decides. */
export interface CallerOfOptions<Custom = unknown> {
  /** The kit of this service, or its verifier. */
  readonly kit: Verifier & Renewing
  /** Default: any verified caller that is not anonymous. */
  readonly policy?: Rules<Custom>
  /**
   * For messages of a queue, and required there: what knows those that came before. A namespace of `UsedApprovals`, a KV
   * namespace, or an object of yours; `false`: a copy of a message counts as often as somebody sends it.
   */
  readonly once?: object | false
  /** Has the gateway renew a token that ended while it waited, by the `offline` grant of this service. Default: no. */
  readonly offline?: boolean
}

type Options = CallerOfOptions<never>

/**
 * Who is behind a request, a message, a workflow, a call or what was kept, and whether they may: as `authorize` decides on a
 * request. A message counts for the body that it was sent with, and once; the platform's own redelivery of it is no copy.
 *
 * @throws ConfigError for a message without `once`, and for `offline` with a verifier
 */
export async function callerOf<Custom = unknown>(
  source: CallerSource,
  options: CallerOfOptions<Custom>,
): Promise<Decision<Custom>> {
  const parts = partsOfRules(options.policy)
  const decision = await decideOn<Custom>(source, options as Options, parts)
  const { settings, hashSubject: hash = hashSubject } = verifierPartsOf(options.kit)
  logDecision(
    settings,
    decision,
    () => ({
      ...(source instanceof Request && { request: source }),
      ...(decision.granted ? originOf(decision.auth) : { source: sentBy(source) }),
    }),
    decision.granted,
    hash,
  )
  return decision
}

/** As {@link callerOf}, of the first argument of a call: nothing sealed counts there. */
export function callerOfCall<Custom>(
  carried: unknown,
  kit: Verifier,
  parts: PolicyParts,
): Decision<Custom> | Promise<Decision<Custom>> {
  const { token }: Readonly<Record<string, unknown>> = sealgateIn(carried) ?? {}
  if (typeof token !== 'string') return denial(401, 'no_credentials', 'the call carries no caller')
  return decide<Custom>(kit, token, parts)
}

function decideOn<Custom>(
  source: CallerSource,
  options: Options,
  parts: PolicyParts,
): Decision<Custom> | Promise<Decision<Custom>> {
  if (source instanceof Request) return decide<Custom>(options.kit, source, parts)
  if (isMessage(source)) {
    return ofSealed<Custom>(sealedIn('queue', source.body, 'body'), options, parts, source.id)
  }
  if (isWorkflowEvent(source)) {
    const sealed = sealedIn('workflow', source.payload, 'params')
    // The platform starts each id once; parameters of another instance are a copy.
    return 'seal' in sealed && sealed.seal.id !== source.instanceId
      ? denial(401, 'request_mismatch', 'the parameters are those of another instance')
      : ofSealed<Custom>(sealed, options, parts)
  }
  const sealgate = sealgateIn(source)
  if (sealgate && !Object.hasOwn(sealgate, 'key')) return callerOfCall<Custom>(source, options.kit, parts)
  return ofSealed<Custom>(sealedIn('kept', source, 'body'), options, parts)
}

async function ofSealed<Custom>(
  sealed: Sealed | Denied,
  options: Options,
  parts: PolicyParts,
  delivery?: string,
): Promise<Decision<Custom>> {
  if (!('seal' in sealed)) return sealed
  const store = delivery === undefined ? undefined : storeOf(options)
  const bound = { ...parts, base: { ...parts.base, typ: MESSAGE_TYP } }
  const { token } = sealed.seal
  let decision = await decide<Custom>(options.kit, token, bound)
  if (options.offline && !decision.granted && decision.reason === 'expired') {
    decision = await renewed<Custom>(token, decision, options.kit, bound)
  }
  if (!decision.granted) return decision
  const claims = originOf(decision.auth)?.claims
  if (!claims || !(await isSealed(sealed, claims.cnf))) {
    return denial(401, 'request_mismatch', 'this is not what the caller sent')
  }
  if (!store || delivery === undefined) return decision
  return (await isFirst(store, sealed, claims, delivery, options)) ?? decision
}

async function renewed<Custom>(
  token: string,
  expired: Denied,
  kit: Options['kit'],
  parts: PolicyParts,
): Promise<Decision<Custom>> {
  if (!kit.renew) throw new ConfigError('offline needs a kit: a verifier has no way to the gateway')
  try {
    return await decide<Custom>(kit, await kit.renew(token), parts)
  } catch (error) {
    if (!(error instanceof ClaimsError)) return asOutage(error)
    return denial(401, expired.reason, `${expired.detail}, and ${error.message}`)
  }
}

/** @returns `undefined`: it counts */
async function isFirst(
  store: OnceStore,
  { seal }: Sealed,
  claims: VerifiedClaims,
  delivery: string,
  { offline = false }: Options,
): Promise<Denied | undefined> {
  // Renewed or not: what can come back later is remembered as long as anything is renewed.
  const lifetime = offline ? DENYLIST_SUBJECT_TTL_SECONDS : 0
  const until = Math.ceil(Math.max(claims.exp, claims.iat + lifetime)) + MAX_LEEWAY_SECONDS
  const name = await sha256(encodeUtf8(`${seal.key}.${seal.id}`))
  try {
    if (await store.use(name, until, delivery)) return undefined
    return denial(401, 'replayed', 'the message came before, in another one')
  } catch {
    return outage('replay_unavailable', 'it is not known whether the message came before', 5)
  }
}

/** @throws ConfigError */
function storeOf({ once }: Options): OnceStore | undefined {
  if (once === false) return undefined
  const store = onceStoreOf(once)
  if (store) return store
  throw new ConfigError(
    'callerOf of a message needs once, which knows those that came before: a namespace of UsedApprovals, or of KV; or false, where a copy may count',
  )
}

function sealedIn(place: Place, envelope: unknown, member: 'body' | 'params'): Sealed | Denied {
  const sealgate = sealgateIn(envelope)
  if (!sealgate) return denial(401, 'no_credentials', 'the message carries no caller')
  const seal = readSeal(sealgate)
  if (!seal) return denial(400, 'malformed_credentials', 'the seal of the message has another form')
  const body = isObject(envelope) && Object.hasOwn(envelope, member) ? envelope[member] : undefined
  return { place, seal, body }
}

function sealgateIn(envelope: unknown): Readonly<Record<string, unknown>> | undefined {
  const found = isObject(envelope) && Object.hasOwn(envelope, 'sealgate') ? envelope.sealgate : undefined
  return isObject(found) ? found : undefined
}

/** For the log: the token that came. */
function sentBy(source: CallerSource): string | Request | undefined {
  if (source instanceof Request) return source
  return tokenOf(isMessage(source) ? source.body : isWorkflowEvent(source) ? source.payload : source)
}

/** The token that an envelope brings, for the log. */
export function tokenOf(envelope: unknown): string | undefined {
  const token = sealgateIn(envelope)?.token
  return typeof token === 'string' ? token : undefined
}

function isMessage(source: object): source is QueueMessage {
  return 'attempts' in source && 'body' in source && 'id' in source && typeof source.id === 'string'
}

function isWorkflowEvent(source: object): source is WorkflowEventLike {
  return 'payload' in source && 'instanceId' in source && typeof source.instanceId === 'string'
}
