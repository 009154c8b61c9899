import { ConfigError } from '@sealgate/kit'
import { compactVerifier, type CompactVerifier, type ExternalAlg } from '@sealgate/kit/external'
import type { AudienceDefinition, ClientDefinition, GatewayDefinition } from './definition.ts'
import { clients as clientsSchema } from './definition-schema.ts'
import { check } from './value-types.ts'
import { definitionError, reject, type Variables } from './schema.ts'

/** The algorithms that clients may sign assertions with. */
export const ASSERTION_ALGORITHMS: readonly ExternalAlg[] = ['EdDSA', 'Ed25519', 'ES256', 'PS256', 'RS256']

/** A client of the exchange: how it authenticates, and what for. */
export interface ExchangeClient {
  /** SHA-256 of its secret; `undefined`: it has none. */
  readonly secretHash: Uint8Array | undefined
  /** Verifies what it signs; `undefined`: it has no keys. */
  readonly verify: CompactVerifier | undefined
  /** Whoever comes through it is of `kind: "agent"`. */
  readonly isAgent: boolean
  /** Empty: it may exchange for nothing. */
  readonly audiences: ReadonlySet<string>
}

/**
 * @param definition clients, unless `CLIENTS` replaces them
 * @throws ConfigError naming the variable and what to do
 */
export function readClients(
  { CLIENTS, EXCHANGE_CLIENTS = {} }: Variables,
  definition: GatewayDefinition,
  known: ReadonlyMap<string, AudienceDefinition>,
): ReadonlyMap<string, ExchangeClient> {
  const parsed = check(clientsSchema, CLIENTS ?? definition.clients ?? {})
  if (!parsed.success) throw definitionError('CLIENTS', parsed.error)
  const defined = new Map(Object.entries(parsed.data))
  const hashes = new Map(Object.entries(EXCHANGE_CLIENTS))
  rejectSharedKeys(defined)
  return new Map(
    [...new Set([...defined.keys(), ...hashes.keys()])].map((id) => {
      const { audiences = [], keys, kind } = defined.get(id) ?? {}
      const unknown = audiences.find((audience) => !known.has(audience))
      if (unknown !== undefined) reject('CLIENTS', `${id} names ${unknown}, which is not in AUDIENCES`)
      const secretHash = hashOf(hashes.get(id))
      const verify = verifierOf(id, keys)
      return [id, { secretHash, verify, isAgent: kind === 'agent', audiences: new Set(audiences) }]
    }),
  )
}

function hashOf(hash: string | undefined): Uint8Array | undefined {
  if (hash === undefined) return undefined
  if (!/^[0-9a-f]{64}$/i.test(hash)) {
    reject(
      'EXCHANGE_CLIENTS',
      'must have the SHA-256 of each secret as 64 hexadecimal digits (sha256sum prints it)',
    )
  }
  return Uint8Array.from(hash.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
}

/** Whoever holds the key of a client can speak for it. */
function rejectSharedKeys(defined: ReadonlyMap<string, Pick<ClientDefinition, 'keys'>>): void {
  const holders = new Map<string, string>()
  for (const [id, { keys = [] }] of defined) {
    for (const { kty, crv, x, y, n, e } of keys) {
      const key = JSON.stringify([kty, crv, x, y, n, e])
      const holder = holders.get(key)
      if (holder !== undefined && holder !== id) {
        reject('CLIENTS', `gives one key to both ${holder} and ${id}: each needs a key of its own`)
      }
      holders.set(key, id)
    }
  }
}

function verifierOf(id: string, keys: ClientDefinition['keys'] = []): CompactVerifier | undefined {
  const [key, ...others] = keys
  if (key === undefined) return undefined
  const kids = new Set(keys.map(({ kid }) => kid))
  if (others.length > 0 && (kids.has(undefined) || kids.size < keys.length)) {
    reject('CLIENTS', `${id}.keys are several: each needs a kid of its own`)
  }
  try {
    return compactVerifier(others.length > 0 ? { keys } : key, { algorithms: ASSERTION_ALGORITHMS })
  } catch (error) {
    if (error instanceof ConfigError) reject('CLIENTS', `${id}.keys: ${error.message}`)
    throw error
  }
}
