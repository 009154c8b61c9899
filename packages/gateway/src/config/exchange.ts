import { envMode } from '@sealgate/kit'
import { namesOf } from '@sealgate/kit/gateway'
import type { AudienceDefinition } from './definition.ts'
import { present, reject, type Variables } from './schema.ts'

/** How internal tokens are issued. Times in seconds. */
export interface ExchangeSettings {
  /** The gateway's own issuer: the kit's. */
  readonly issuer: string
  /** The gateway's `sub` in `act`. */
  readonly name: string
  readonly ttlSeconds: number
  readonly maxTtlSeconds: number
  readonly mode: 'EdDSA' | 'HS512'
  /** HS512 with a secret of its own for each audience: audience → name of the secret binding. */
  readonly secretsByAudience: ReadonlyMap<string, string> | undefined
  readonly exchange: {
    /** Client id → SHA-256 of its secret. */
    readonly clients: ReadonlyMap<string, Uint8Array>
    /** Whether a caller without client authentication may exchange. */
    readonly isPublic: boolean
  }
  readonly jwksPublic: boolean
  /** Whether revocations can be written (`JWT_DENYLIST_NAME`). */
  readonly hasDenylist: boolean
  /** Audiences that `Admin.sign` may issue for. */
  readonly adminSign: ReadonlySet<string>
}

const DEFAULT_TTL_SECONDS = 900

/** @throws ConfigError naming the variable and what to do */
export function readExchange(
  env: object,
  variables: Variables,
  audiences: ReadonlyMap<string, AudienceDefinition>,
): ExchangeSettings {
  const maxTtlSeconds = variables.JWT_MAX_TTL_SECONDS
  return {
    issuer: variables.JWT_ISS,
    name: variables.GATEWAY_NAME,
    ttlSeconds: variables.JWT_TTL_SECONDS ?? Math.min(DEFAULT_TTL_SECONDS, maxTtlSeconds),
    maxTtlSeconds,
    ...keysOf(env, variables, audiences),
    exchange: exchangeOf(variables),
    jwksPublic: variables.JWKS_PUBLIC,
    hasDenylist: present(env, 'JWT_DENYLIST_NAME') !== undefined,
    adminSign: adminSignOf(variables.ADMIN_SIGN, audiences),
  }
}

function keysOf(
  env: object,
  { JWT_SECRETS_BY_AUDIENCE: secrets }: Variables,
  known: ReadonlyMap<string, AudienceDefinition>,
): Pick<ExchangeSettings, 'mode' | 'secretsByAudience'> {
  if (secrets === undefined) return { mode: envMode(env, 'producer'), secretsByAudience: undefined }
  for (const name of ['JWT_PRIVATE_JWK_NAME', 'JWT_PRIVATE_JWK', 'JWT_SECRET_NAME', 'JWT_SECRET']) {
    if (present(env, name) !== undefined) {
      reject('JWT_SECRETS_BY_AUDIENCE', `and ${name} are both set: remove one`)
    }
  }
  const missing = [...known.keys()].find((audience) => !Object.hasOwn(secrets, audience))
  if (missing !== undefined)
    reject('JWT_SECRETS_BY_AUDIENCE', `has no secret for the audience ${missing}: add one`)
  const names = Object.values(secrets).flatMap((text) => [...new Set(namesOf(text))])
  // What stands there in place of a name may be the secret itself: it is not quoted.
  if (new Set(names).size < names.length) {
    reject('JWT_SECRETS_BY_AUDIENCE', 'gives one secret to two audiences: each needs a secret of its own')
  }
  return { mode: 'HS512', secretsByAudience: new Map(Object.entries(secrets)) }
}

function adminSignOf(
  names: readonly string[],
  known: ReadonlyMap<string, AudienceDefinition>,
): ReadonlySet<string> {
  const unknown = names.find((name) => !known.has(name))
  if (unknown !== undefined) reject('ADMIN_SIGN', `names ${unknown}, which is not in AUDIENCES`)
  return new Set(names)
}

function exchangeOf({
  EXCHANGE_CLIENTS,
  EXCHANGE_PUBLIC,
  WORKER_ENV,
}: Variables): ExchangeSettings['exchange'] {
  const clients = new Map(
    Object.entries(EXCHANGE_CLIENTS ?? {}).map(([id, hash]) => {
      if (!/^[0-9a-f]{64}$/i.test(hash)) {
        reject(
          'EXCHANGE_CLIENTS',
          'must have the SHA-256 of each secret as 64 hexadecimal digits (sha256sum prints it)',
        )
      }
      return [id, Uint8Array.from(hash.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))]
    }),
  )
  return {
    clients,
    isPublic: EXCHANGE_PUBLIC ?? (EXCHANGE_CLIENTS === undefined && WORKER_ENV !== 'production'),
  }
}
