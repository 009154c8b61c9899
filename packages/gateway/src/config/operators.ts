import { ConfigError, createKit, type Verifier } from '@sealgate/kit'
import * as z from 'zod/mini'
import { OPERATOR_TOKEN } from './operator-protocol.ts'
import { present, reject, type Variables, VARIABLES } from './schema.ts'

/** How far an operator's clock may be off, in seconds: the command sets its clock by ours. */
const LEEWAY_SECONDS = 10

export type OperatorJwk = Readonly<Record<string, unknown>>

export interface OperatorSettings {
  /** `undefined`: nobody operates this gateway over HTTP. */
  readonly operator: OperatorConfig | undefined
}

/** Who may operate this gateway by requests. */
export interface OperatorConfig {
  /** What signs operators' tokens: public, and at least one. */
  readonly keys: readonly OperatorJwk[]
  /** Makes what verifies an operator's token for this gateway. */
  verifierWith(clock: Clock | undefined): Verifier
}

/** Seconds since the epoch. Default: the runtime's. */
interface Clock {
  readonly now: () => number
}

/** @throws ConfigError naming the key and what is wrong with it */
export function readOperator({
  OPERATOR_KEYS: keys,
  JWT_ISS: audience,
}: Pick<Variables, 'OPERATOR_KEYS' | 'JWT_ISS'>): OperatorSettings {
  if (keys === undefined) return { operator: undefined }
  if (keys.length === 0) reject('OPERATOR_KEYS', 'has no key: add one, or unset it')
  keys.forEach((key, index) => verifierOf([key], audience, `OPERATOR_KEYS[${index}]`))
  const verifierWith: OperatorConfig['verifierWith'] = (clock) =>
    verifierOf(keys, audience, 'OPERATOR_KEYS', clock)
  // What is wrong with all of them together is said at the start, too.
  verifierWith(undefined)
  return { operator: { keys, verifierWith } }
}

/** Who may operate the gateway of an environment in which something else is wrong; `undefined` if nobody, or that is. */
export function operatorIn(env: object): OperatorConfig | undefined {
  try {
    const { data } = z.pick(VARIABLES, { OPERATOR_KEYS: true, JWT_ISS: true }).safeParse({
      OPERATOR_KEYS: present(env, 'OPERATOR_KEYS'),
      JWT_ISS: present(env, 'JWT_ISS'),
    })
    return data && readOperator(data).operator
  } catch (error) {
    if (error instanceof ConfigError) return undefined
    throw error
  }
}

function verifierOf(keys: readonly OperatorJwk[], audience: string, label: string, clock?: Clock): Verifier {
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
      ...clock,
    })
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    throw new ConfigError(error.message.replace('verify.publicJwk', label))
  }
}
