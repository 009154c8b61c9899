import type { Kind } from '@sealgate/kit'
import { findNonJson, isObject, TIMED_OUT, withDeadline } from '@sealgate/kit/gateway'
import type { SubjectClaims } from '../auth0/subject.ts'
import type { AnyEnv, GatewayDefinition } from '../config/definition.ts'
import { GatewayError } from '../errors.ts'
import type { Exchanged } from './rules.ts'

/** How long the hook may take: it stands in the way of the request whose token it adds to. */
const TIMEOUT_MS = 2000

/**
 * The most that its claims may take as JSON. With what the gateway itself puts into a token they stay below the size up to
 * which the kit keeps verified tokens. Characters.
 */
const MAX_LENGTH = 2048

/**
 * A name that nobody else gives another meaning (RFC 7519 §4.2, Public Claim Names): under a domain, or in a registered
 * namespace of URNs. No registered claim looks like it, and none of ours.
 */
const PUBLIC_NAME = /^(https:\/\/[^/\s]+\/|urn:[a-z0-9][a-z0-9-]{1,30}[a-z0-9]:).+$/i

/** What a team adds to the tokens of a subject. */
export type ExtraClaims = (
  subject: SubjectClaims,
  exchanged: Exchanged,
) => Promise<Readonly<Record<string, unknown>>>

/**
 * The hook `claims` of a definition, held to its bounds. There is no token without its claims: a service might take their
 * absence for a permission.
 *
 * @param env what the hook gets: the environment of the Worker, as it is
 */
export function extraClaims(definition: GatewayDefinition, env: object): ExtraClaims | undefined {
  if (definition.claims === undefined) return undefined
  return async (subject, { claims: { sub, kind, permissions, roles }, audience }) => {
    const auth = subjectOf(subject, { sub, kind, permissions, roles })
    return checked(await call(async () => definition.claims?.({ auth, audience, env: env as AnyEnv })))
  }
}

/** Copies, and frozen: the hook adds to a token, and changes nothing of what stands in it. */
function subjectOf(
  subject: SubjectClaims,
  {
    permissions,
    roles,
    ...who
  }: { sub: string; kind: Kind; permissions: readonly string[]; roles: readonly string[] },
) {
  return Object.freeze({
    ...who,
    permissions: Object.freeze([...permissions]),
    roles: Object.freeze([...roles]),
    claims: Object.freeze({ ...subject }),
  })
}

/** @throws GatewayError `claims_unavailable` */
async function call(hook: () => Promise<unknown>): Promise<unknown> {
  const claims = await withDeadline(hook(), TIMEOUT_MS).catch((cause: unknown) => {
    // Its message may quote anything.
    const name = cause instanceof Error ? cause.name : typeof cause
    throw new GatewayError('claims_unavailable', { cause, detail: `the hook claims threw: ${name}` })
  })
  if (claims !== TIMED_OUT) return claims
  const detail = `the hook claims took longer than ${TIMEOUT_MS} ms`
  throw new GatewayError('claims_unavailable', { detail })
}

/** @throws GatewayError `claims_invalid` */
function checked(claims: unknown): Readonly<Record<string, unknown>> {
  if (claims === undefined) return {}
  if (!isObject(claims)) throw invalid('returned no object')
  const other = Object.keys(claims).find((name) => !PUBLIC_NAME.test(name))
  if (other !== undefined) {
    throw invalid(`named a claim ${JSON.stringify(other)}: name it https://your.domain/name, or urn:…`)
  }
  const text = asJson(claims)
  if (text === undefined) throw invalid('returned what is not JSON')
  const changed = findNonJson(claims)
  if (changed !== undefined) throw invalid(`returned claims${changed}`)
  if (text.length > MAX_LENGTH) {
    throw invalid(`returned ${text.length} characters of JSON: ${MAX_LENGTH} fit into a token`)
  }
  return { ...claims }
}

function asJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value)
  } catch {
    return undefined
  }
}

function invalid(problem: string): GatewayError {
  return new GatewayError('claims_invalid', { detail: `the hook claims ${problem}` })
}
