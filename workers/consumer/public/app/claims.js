// @ts-check
import { element } from './dom.js'

/** What each member of a token means, in one sentence, in the order to read them in. @type {ReadonlyMap<string, string>} */
const MEANINGS = new Map(
  Object.entries({
    alg: 'how it is signed',
    typ: 'what kind of token it is',
    kid: 'which key signed it',
    iss: 'who issued it; compared exactly',
    sub: 'who it speaks of',
    aud: 'whom it is for; others reject it',
    kind: 'user, machine, agent or anonymous; set by the gateway',
    permissions: 'what the caller may do; the service’s token never has more',
    roles: 'what the caller is; services decide by it',
    exp: 'when it ends',
    iat: 'when it was issued',
    nbf: 'from when it counts',
    auth_iat: 'when the caller logged in, or the earliest that it can have been; revoking goes by it',
    act: 'who acts for the subject, the latest outermost',
    azp: 'the client that requested it of Auth0',
    client_id: 'the client that the user came with',
    scope: 'what the client requested',
    jti: 'its own id, to revoke it by',
    email: 'kept as it came, when the user has proved it',
    email_verified: 'whether the user has proved the address; then it comes with it',
    name: 'kept as it came',
    tid: 'tenant; kept as it came',
    org_id: 'organization; kept as it came',
  }),
)

const ORDER = [...MEANINGS.keys()]
const TIMES = ['exp', 'iat', 'nbf', 'auth_iat']

/**
 * A token without its signature, member by member, with what each means.
 *
 * @param {{ header: Record<string, unknown>, payload: Record<string, unknown> }} token
 * @returns {Node[]}
 */
export function explainToken({ header, payload }) {
  return [
    element('h4', {}, 'Header'),
    explainMembers(header),
    element('h4', {}, 'Claims'),
    explainMembers(payload),
  ]
}

/** @param {Record<string, unknown>} members */
function explainMembers(members) {
  const listed = Object.entries(members).sort(([one], [other]) => placeOf(one) - placeOf(other))
  const pairs = listed.flatMap(([name, value]) => {
    const shown = typeof value === 'string' ? value : JSON.stringify(value)
    const meaning = element('span', { className: 'meaning' }, meaningOf(name, value))
    return [element('dt', {}, name), element('dd', {}, element('code', {}, shown), meaning)]
  })
  return element('dl', {}, ...pairs)
}

/** A claim of the tenant's own stands where the service's token has the roles. @param {string} name */
function placeOf(name) {
  return ORDER.indexOf(MEANINGS.has(name) ? name : 'roles')
}

/**
 * @param {string} name
 * @param {unknown} value
 */
function meaningOf(name, value) {
  const meaning =
    MEANINGS.get(name) ?? (name.includes('://') ? 'a claim of the tenant’s own' : 'not used here')
  return TIMES.includes(name) && typeof value === 'number'
    ? `${meaning}: ${new Date(value * 1000).toLocaleString()}`
    : meaning
}
