import { ConfigError, createKit, type Verifier } from '@sealgate/kit'
import { OPERATOR_TOKEN } from './operator-protocol.ts'
import { reject, type Variables } from './schema.ts'

/** How far an operator's clock may be off, in seconds: the command sets its clock by ours. */
const LEEWAY_SECONDS = 10

export type OperatorJwk = Readonly<Record<string, unknown>>

export interface OperatorSettings {
  /** `undefined`: nobody operates this gateway over HTTP. */
  readonly operator: Operator | undefined
}

/** Who may operate this gateway by requests. */
export interface Operator {
  /** What signs operators' tokens: public, and at least one. */
  readonly keys: readonly OperatorJwk[]
  /** Verifies an operator's token for this gateway. */
  readonly verifier: Verifier
}

/** @throws ConfigError naming the key and what is wrong with it */
export function readOperator({ OPERATOR_KEYS: keys, JWT_ISS: audience }: Variables): OperatorSettings {
  if (keys === undefined) return { operator: undefined }
  if (keys.length === 0) reject('OPERATOR_KEYS', 'has no key: add one, or unset it')
  keys.forEach((key, index) => verifierOf([key], audience, `OPERATOR_KEYS[${index}]`))
  return { operator: { keys, verifier: verifierOf(keys, audience, 'OPERATOR_KEYS') } }
}

function verifierOf(keys: readonly OperatorJwk[], audience: string, label: string): Verifier {
  const { issuer, typ, maxTtlSeconds } = OPERATOR_TOKEN
  try {
    return createKit({
      issuer,
      audience,
      typ,
      maxTtlSeconds,
      leewaySeconds: LEEWAY_SECONDS,
      verify: { publicJwk: { keys } },
      // Each counts once.
      tokenCacheEntries: 0,
    })
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    throw new ConfigError(error.message.replace('verify.publicJwk', label))
  }
}
