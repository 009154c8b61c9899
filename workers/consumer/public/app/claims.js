// @ts-check

/** What each member of a token means, in one sentence. @type {Readonly<Record<string, string>>} */
const MEANINGS = {
  alg: 'how it is signed',
  typ: 'what kind of token it is',
  kid: 'which key signed it',
  iss: 'who issued it; compared exactly',
  aud: 'whom it is for; others refuse it',
  sub: 'who it speaks of',
  exp: 'when it ends',
  iat: 'when it was issued',
  nbf: 'from when it counts',
  jti: 'its own id, to revoke it by',
  azp: 'the client that asked Auth0 for it',
  client_id: 'the client that the user came with',
  scope: 'what the client asked for',
  permissions: 'what the caller may do; the service’s token never has more',
  roles: 'what the caller is; services decide by it',
  kind: 'user, machine, agent or anonymous; set by the gateway',
  act: 'who acts for the subject, the latest outermost',
  auth_iat: 'when the Auth0 token was issued that this one came from',
  email: 'kept as it came',
  name: 'kept as it came',
  tid: 'tenant; kept as it came',
  org_id: 'organization; kept as it came',
}

const TIMES = ['exp', 'iat', 'nbf', 'auth_iat']

/**
 * A token without its signature, member by member, with what each means.
 *
 * @param {{ header: Record<string, unknown>, payload: Record<string, unknown> }} token
 * @returns {HTMLElement}
 */
export function explainToken({ header, payload }) {
  const list = document.createElement('dl')
  for (const [name, value] of [...Object.entries(header), ...Object.entries(payload)]) {
    const term = document.createElement('dt')
    term.textContent = name
    const detail = document.createElement('dd')
    const shown = document.createElement('code')
    shown.textContent = typeof value === 'string' ? value : JSON.stringify(value)
    detail.append(shown)
    const meaning = document.createElement('span')
    meaning.className = 'meaning'
    meaning.textContent = meaningOf(name, value)
    detail.append(meaning)
    list.append(term, detail)
  }
  return list
}

/**
 * @param {string} name
 * @param {unknown} value
 */
function meaningOf(name, value) {
  const meaning = MEANINGS[name] ?? (name.includes('://') ? 'a claim of the tenant’s own' : 'not used here')
  return TIMES.includes(name) && typeof value === 'number'
    ? `${meaning}: ${new Date(value * 1000).toLocaleString()}`
    : meaning
}
