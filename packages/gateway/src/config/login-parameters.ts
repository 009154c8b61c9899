import * as z from 'zod/mini'
import { EMPTY, short } from './value-types.ts'

/**
 * Parameters that a team adds to a login at Auth0, by name: a text that is always sent, or the values of which
 * `/auth/login` may name one.
 */
export type LoginParameters = Readonly<Record<string, string | readonly string[]>>

/**
 * What the gateway sets itself, what decides where an answer goes and for what, and what `/auth/login` reads: RFC 6749
 * §4.1.1, RFC 7636, RFC 8707, RFC 9101, RFC 9396, RFC 9449, OpenID Connect Core §3.1.2.1.
 */
const NOT_TO_SET: readonly string[] = [
  ...[
    'response_type',
    'response_mode',
    'client_id',
    'client_secret',
    'redirect_uri',
    'scope',
    'state',
    'nonce',
  ],
  ...['code_challenge', 'code_challenge_method', 'max_age', 'prompt', 'audience', 'resource', 'organization'],
  ...['request', 'request_uri', 'authorization_details', 'dpop_jkt', 'returnTo', 'tries'],
]

const value = short(256).check(z.minLength(1, EMPTY))

/** A key that is wrong would be reported without its problem: names are checked beside the values. */
export const loginParameters = z
  .record(
    z.string(),
    z.union(
      [value, z.array(value).check(z.minLength(1, 'must list at least one value'))],
      'must be a text or a list of texts',
    ),
  )
  .check(
    z.superRefine((parameters, context) => {
      for (const name of Object.keys(parameters)) {
        const message = NOT_TO_SET.includes(name)
          ? 'is set by the gateway itself: remove it'
          : 'is no name of a parameter'
        if (NOT_TO_SET.includes(name) || !/^[A-Za-z][A-Za-z0-9_.:-]{0,63}$/.test(name)) {
          context.addIssue({ code: 'custom', path: [name], message })
        }
      }
    }),
  )

/**
 * The parameters of one login: what is always sent, and what the request chose. `undefined` when it chose what is not on
 * offer, or twice.
 *
 * @param chosen the query of `/auth/login`
 */
export function parametersOfLogin(
  parameters: LoginParameters,
  chosen: URLSearchParams,
): Readonly<Record<string, string>> | undefined {
  const sent: Record<string, string> = {}
  for (const [name, offered] of Object.entries(parameters)) {
    if (typeof offered === 'string') {
      sent[name] = offered
      continue
    }
    const [named, ...more] = chosen.getAll(name)
    if (named === undefined) continue
    if (more.length > 0 || !offered.includes(named)) return undefined
    sent[name] = named
  }
  return sent
}
