import { type Finding, reporterFor } from './finding.ts'
import { placeOf, type System } from './system-view.ts'

const report = reporterFor('identity provider')

/** Where the provider says that sessions are over: what has to stand at the application for it to do so. */
const PATH = '/auth/backchannel-logout'

/**
 * Does the tenant tell of logouts (OpenID Connect Back-Channel Logout 1.0 §2.1), and can the gateway end sessions then? What
 * is registered at the application, only the tenant knows.
 *
 * @param origin of the gateway; `undefined` without logins
 */
export function checkProviderLogout(
  system: System,
  metadata: Readonly<Record<string, unknown>>,
  origin: string | undefined,
): readonly Finding[] {
  if (!system.reading.ok || origin === undefined) return []
  const { session, hasDenylist } = system.reading.config
  if (!session || metadata.backchannel_logout_supported !== true) return []
  if (session.store !== 'cookie' || hasDenylist) {
    const where = `"Back-Channel Logout URI" of the application, ${origin}${PATH}`
    return [report.ok('idp-logout', `a logout at the tenant ends sessions here, with the ${where}`)]
  }
  return [
    report.warn(
      'idp-logout',
      'the tenant can tell of logouts, and nothing here could end a session then: sessions are in cookies, without a deny-list',
      `"SESSION_STORE": "do" in ${placeOf(system, system.gateway)}, or a deny-list (JWT_DENYLIST_NAME)`,
    ),
  ]
}
