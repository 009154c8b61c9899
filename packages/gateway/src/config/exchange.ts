import { envMode } from '@sealgate/kit'
import { namesOf } from '@sealgate/kit/gateway'
import { type ExchangeClient, readClients } from './clients.ts'
import type { AudienceDefinition, GatewayDefinition, OfflineDefinition } from './definition.ts'
import { readOffline } from './offline.ts'
import { present, reject, type Variables } from './schema.ts'

/** How internal tokens are issued. Times in seconds. */
export interface ExchangeSettings {
  /** The gateway's own issuer: the kit's. */
  readonly issuer: string
  /** The gateway's `sub` in `act`. */
  readonly name: string
  /** Ids of clients that are AI agents. */
  readonly agents: ReadonlySet<string>
  readonly ttlSeconds: number
  readonly maxTtlSeconds: number
  readonly mode: 'EdDSA' | 'HS512'
  /** HS512 with a secret of its own for each audience: audience → name of the secret binding. */
  readonly secretsByAudience: ReadonlyMap<string, string> | undefined
  readonly exchange: {
    /** By client id. */
    readonly clients: ReadonlyMap<string, ExchangeClient>
    /** Whether a caller without client authentication may exchange. */
    readonly isPublic: boolean
  }
  readonly jwksPublic: boolean
  /** Whether revocations can be written (`JWT_DENYLIST_NAME`). */
  readonly hasDenylist: boolean
  /** Audiences that `Admin.sign` may issue for. */
  readonly adminSign: ReadonlySet<string>
  /** How tokens are renewed, by audience; those that are not here are not. */
  readonly offline: ReadonlyMap<string, OfflineDefinition>
}

const DEFAULT_TTL_SECONDS = 900

/** @throws ConfigError naming the variable and what to do */
export function readExchange(
  env: object,
  variables: Variables,
  audiences: ReadonlyMap<string, AudienceDefinition>,
  definition: GatewayDefinition,
): ExchangeSettings {
  const clients = readClients(variables, definition, audiences)
  const maxTtlSeconds = variables.JWT_MAX_TTL_SECONDS
  return {
    issuer: variables.JWT_ISS,
    name: variables.GATEWAY_NAME,
    agents: new Set([...clients].flatMap(([id, { isAgent }]) => (isAgent ? [id] : []))),
    ttlSeconds: variables.JWT_TTL_SECONDS ?? Math.min(DEFAULT_TTL_SECONDS, maxTtlSeconds),
    maxTtlSeconds,
    ...keysOf(env, variables, audiences),
    exchange: {
      clients,
      isPublic: variables.EXCHANGE_PUBLIC ?? isPublicByDefault(variables, clients),
    },
    jwksPublic: variables.JWKS_PUBLIC,
    hasDenylist: present(env, 'JWT_DENYLIST_NAME') !== undefined,
    adminSign: adminSignOf(variables.ADMIN_SIGN, audiences),
    offline: readOffline(env, definition, audiences),
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

/** That clients are named, though it be none, says that others are not meant to exchange. */
function isPublicByDefault(
  { EXCHANGE_CLIENTS, WORKER_ENV }: Variables,
  clients: ReadonlyMap<string, ExchangeClient>,
): boolean {
  return EXCHANGE_CLIENTS === undefined && clients.size === 0 && WORKER_ENV !== 'production'
}

function adminSignOf(
  names: readonly string[],
  known: ReadonlyMap<string, AudienceDefinition>,
): ReadonlySet<string> {
  const unknown = names.find((name) => !known.has(name))
  if (unknown !== undefined) reject('ADMIN_SIGN', `names ${unknown}, which is not in AUDIENCES`)
  return new Set(names)
}
