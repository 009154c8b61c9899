/** The token of an operator's request, as the gateway and the command `sealgate` agree on it. */
export const OPERATOR_TOKEN = {
  /** Its `iss`: whoever holds an operator's key. */
  issuer: 'sealgate-operator',
  /** Its `typ` header: no token for anything else has it. */
  typ: 'sealgate-operator+jwt',
  /** The most that `exp` may be after `iat`, in seconds. */
  maxTtlSeconds: 60,
} as const

export const OPERATOR_PATH = '/operator'

/** The subject of tokens that `probe` sends to services. They carry no right. */
export const PROBE_SUBJECT = 'sealgate-probe'
