import type { KitDescription, SourceDescription } from '@sealgate/kit'
import { thumbprintOf } from '@sealgate/kit/gateway'
import type { Config } from '../config/read-config.ts'
import type { WorkerVersion } from '../config/version.ts'
import { type ErrorCode, problemOf } from '../errors.ts'
import type { Gateway } from '../gateway.ts'
import { findProblem } from './readiness.ts'

export interface DeepHealth {
  readonly status: 'ok' | 'degraded'
  readonly kit: KitDescription
  readonly auth0: SourceDescription
  /** Keys of the other issuers; absent without any. */
  readonly issuers?: readonly (SourceDescription & { readonly issuer: string })[]
  /** Why `/ready` is 503, when it is: which part, and in words what is wrong with it. */
  readonly notReady?: { readonly reason: ErrorCode; readonly detail: string }
}

/** `degraded` when something is wrong with a slot, when keys cannot be had, or when nobody could be served. */
export async function deepHealth(gateway: Gateway): Promise<DeepHealth> {
  const [audience = ''] = gateway.config.audiences.keys()
  const kit = await gateway.kitFor(audience).describe()
  const auth0 = gateway.auth0.describe()
  const issuers = gateway.subjectTokens.describe()
  const found = await findProblem(gateway)
  const isDegraded =
    found !== undefined ||
    kit.sign?.slots.some(({ problem }) => problem !== undefined) === true ||
    [auth0, ...issuers].some(({ problem }) => problem !== undefined)
  const { reason, detail = reason } = problemOf(found)
  return {
    status: isDegraded ? 'degraded' : 'ok',
    kit,
    auth0,
    ...(issuers.length > 0 && { issuers }),
    ...(found && { notReady: { reason, detail } }),
  }
}

/** A key that verifies this gateway's tokens. */
export interface PublishedKey {
  readonly kid: string
  /** RFC 7638. */
  readonly thumbprint: string
}

/** All that an operator sees of a deployment. */
export interface DeploymentHealth extends DeepHealth {
  /** Absent without the binding `CF_VERSION_METADATA`. */
  readonly version?: WorkerVersion
  /** Seconds since the epoch, by the clock of the server. */
  readonly time: number
  /** The JWK Set as it is now. Empty with HS512. */
  readonly keys: readonly PublishedKey[]
  readonly settings: {
    readonly environment: Config['environment']
    readonly issuer: string
    readonly mode: Config['mode']
    /** The longest lifetime of a token. */
    readonly maxTtlSeconds: number
    readonly audiences: readonly string[]
    /** The gateway's own public origin, where it is set. */
    readonly baseUrl?: string
    /** Where users log in. */
    readonly auth0: { readonly issuer: string; readonly audience: string }
    readonly hasDenylist: boolean
    readonly hasLogins: boolean
    /** Rate limiters that are not bound, though something in use has need of them. */
    readonly missingLimiters: readonly string[]
  }
}

export async function deploymentHealth(gateway: Gateway): Promise<DeploymentHealth> {
  const { environment, issuer, mode, maxTtlSeconds, audiences, ...more } = gateway.config
  const { baseUrl, auth0, hasDenylist, session } = more
  const [audience = ''] = audiences.keys()
  const { keys } = await gateway.kitFor(audience).jwks()
  return {
    ...(await deepHealth(gateway)),
    ...(more.version && { version: more.version }),
    time: Math.floor(gateway.now()),
    keys: await Promise.all(keys.map(async ({ kid, x }) => ({ kid, thumbprint: await thumbprintOf(x) }))),
    settings: {
      environment,
      issuer,
      mode,
      maxTtlSeconds,
      audiences: [...audiences.keys()],
      ...(baseUrl !== undefined && { baseUrl }),
      auth0: { issuer: auth0.issuer, audience: auth0.audience },
      hasDenylist,
      hasLogins: session !== undefined,
      missingLimiters: more.missingLimiters,
    },
  }
}
