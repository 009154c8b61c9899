import { type Finding, reporterFor, shown } from './finding.ts'
import type { Network } from './network.ts'
import { placeOf, type System } from './system-view.ts'

const report = reporterFor('identity provider')

/** An authorization request that shows nobody anything (OIDC Core §3.1.2.1, `prompt=none`). */
export interface SilentLogin {
  readonly endpoint: string
  readonly clientId: string
  readonly redirectUri: string
  readonly audience: string
}

/**
 * Does the tenant have an API of this identifier? It says so to an authorization request before it looks for a user. Nobody is
 * logged in: `login_required` is the good end.
 */
export async function checkAudience(
  login: SilentLogin,
  system: System,
  { fetch }: Network,
): Promise<Finding> {
  const place = placeOf(system, system.gateway)
  const url = new URL(login.endpoint)
  // The challenge is that of RFC 7636 appendix B: no code ever comes of it.
  url.search = new URLSearchParams({
    response_type: 'code',
    client_id: login.clientId,
    redirect_uri: login.redirectUri,
    audience: login.audience,
    scope: 'openid',
    prompt: 'none',
    state: 'doctor',
    nonce: 'doctor',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
  }).toString()
  const location = await locationOf(url.href, fetch)
  const target = location === undefined ? null : URL.parse(location, url.href)
  const parameters = target?.searchParams
  const description = parameters?.get('error_description') ?? ''
  if (description.startsWith('Service not found')) {
    return report.fail(
      'idp-audience',
      `AUTH0_AUDIENCE (${place}) is ${shown(login.audience)}, and the tenant has no API of that identifier: ${description}`,
      `"AUTH0_AUDIENCE" in ${place} as "Identifier" of the API at Auth0 has it, or make the API there`,
    )
  }
  if (target?.href.startsWith(login.redirectUri) !== true) {
    return report.fail(
      'idp-client',
      `the tenant does not know the application AUTH0_CLIENT_ID ${shown(login.clientId)} with the callback ${login.redirectUri}`,
      `Auth0: Applications → yours → Settings → Allowed Callback URLs: ${login.redirectUri}`,
    )
  }
  const error = parameters?.get('error')
  if (error === 'login_required' || error === 'interaction_required' || error === 'consent_required') {
    return report.ok(
      'idp-audience',
      `the tenant knows the API ${login.audience} and the application ${login.clientId}`,
    )
  }
  return report.warn(
    'idp-audience',
    `the tenant rejects logins for ${shown(login.audience)}: ${error ?? 'no error'} ${description}`.trim(),
    'see the logs of the tenant at Auth0',
  )
}

async function locationOf(url: string, send: typeof fetch): Promise<string | undefined> {
  try {
    const response = await send(url, { redirect: 'manual', signal: AbortSignal.timeout(5000) })
    await response.body?.cancel()
    return response.headers.get('Location') ?? undefined
  } catch {
    return undefined
  }
}
