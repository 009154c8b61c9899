import { RevocationUnavailableError } from '@sealgate/kit'
import { signingKid } from '@sealgate/kit/gateway'
import { type ErrorCode, GatewayError } from '../errors.ts'
import { rejectRevoked } from '../exchange/issue.ts'
import type { Gateway, GatewayOf } from '../gateway.ts'
import { PROBE_SUBJECT } from '../config/operator-protocol.ts'

/** How long a finding is remembered, in seconds: anybody may ask, and looking costs a call of a Durable Object. */
const REMEMBERED_SECONDS = 5

interface Finding {
  /** `undefined`: it is ready. */
  readonly error: Error | undefined
  readonly until: number
}

const findings = new WeakMap<Gateway, Finding>()

/**
 * Whether this gateway could serve anybody: its configuration is good, a key may sign, and the deny-list and the session
 * store respond.
 *
 * @throws GatewayError `not_ready` for the configuration, `no_signing_key`, `revocation_unavailable`,
 *   `sessions_unavailable`; its cause has the words for the log
 */
export async function checkReady(env: object, gatewayOf: GatewayOf): Promise<void> {
  const error = await findProblem(await withCode('not_ready', async () => gatewayOf(env)))
  if (error) throw error
}

/** What makes a gateway deny everybody, as it was found in the last seconds; `undefined`: nothing. */
export async function findProblem(gateway: Gateway): Promise<Error | undefined> {
  const known = findings.get(gateway)
  const now = gateway.now()
  if (!known || now >= known.until) {
    // Whoever comes meanwhile hears what was found last: many requests at once must not become as many calls.
    if (known) findings.set(gateway, { ...known, until: now + REMEMBERED_SECONDS })
    findings.set(gateway, { error: await problemOf(gateway), until: now + REMEMBERED_SECONDS })
  }
  return findings.get(gateway)?.error
}

async function problemOf(gateway: Gateway): Promise<Error | undefined> {
  try {
    await withCode('no_signing_key', () => checkSigning(gateway))
    await rejectRevoked(gateway, { sub: PROBE_SUBJECT, auth_iat: Math.floor(gateway.now()) }).catch(
      (error: unknown) => {
        if (error instanceof RevocationUnavailableError) throw error
      },
    )
    await gateway.sessions?.store.check()
    return undefined
  } catch (error) {
    return error instanceof Error ? error : new GatewayError('internal', { cause: error })
  }
}

/** With a secret for each audience, one that can sign is enough: then not everybody is denied. */
async function checkSigning(gateway: Gateway): Promise<void> {
  const audiences = [...gateway.config.audiences.keys()]
  await Promise.any(audiences.map((audience) => signingKid(gateway.kitFor(audience))))
}

async function withCode<Value>(code: ErrorCode, action: () => Promise<Value>): Promise<Value> {
  try {
    return await action()
  } catch (error) {
    const cause: unknown = error instanceof AggregateError ? error.errors[0] : error
    const detail = cause instanceof Error ? cause.message : code
    throw new GatewayError(code, { cause, detail })
  }
}
