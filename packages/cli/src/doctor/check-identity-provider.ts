import type { Config } from '@sealgate/gateway/config'
import { isLoopback } from '@sealgate/kit/gateway'
import { checkAudience } from './api-audience.ts'
import { checkIssuers } from './check-issuers.ts'
import { checkProviderLogout } from './check-provider-logout.ts'
import { type Finding, reporterFor, shown } from './finding.ts'
import { getJson } from './get-json.ts'
import type { Network } from './network.ts'
import { placeOf, type System } from './system-view.ts'

const report = reporterFor('identity provider')

/** The algorithm that the gateway accepts of Auth0. */
const ALGORITHM = 'RS256'
/** `Date` is in whole seconds and a response takes its time: less than this is no offset. */
const CLOCK_SECONDS = 10
/** Tokens are accepted with a leeway of 90 s; from here on each of them may be denied. */
const CLOCK_LIMIT_SECONDS = 60

/**
 * Is the tenant there, is it who `AUTH0_DOMAIN` says, does it sign as the gateway expects, and does it know the API? Then the
 * keys of every other issuer.
 */
export async function checkIdentityProvider(system: System, network: Network): Promise<readonly Finding[]> {
  if (!system.reading.ok)
    return [report.skipped('idp', 'not looked at, because the gateway rejects its configuration')]
  const others = await checkIssuers(system.reading.config.issuers, network)
  return [...(await checkTenant(system, network, system.reading.config)), ...others]
}

async function checkTenant(
  system: System,
  network: Network,
  { auth0, login, baseUrl, callbackPath }: Config,
): Promise<readonly Finding[]> {
  const place = placeOf(system, system.gateway)
  const found = await discover(auth0.issuer, network)
  if (!found.ok) return [unreachable(system, auth0.issuer, found.problem)]
  const { metadata } = found
  if (metadata.issuer !== auth0.issuer) {
    const what = `the tenant calls itself ${shown(metadata.issuer)}, and AUTH0_DOMAIN (${place}) comes to ${shown(auth0.issuer)}: every token is denied`
    return [report.fail('idp-issuer', what, domainLine(metadata.issuer, place))]
  }
  const origin = login && (baseUrl ?? (system.isLocal ? 'http://127.0.0.1:8787' : undefined))
  return [
    report.ok('idp-issuer', `${auth0.issuer} is reachable and calls itself that`),
    await checkKeys(auth0.jwksUrl, network),
    ...clockFindings(found.date, network.now()),
    ...checkProviderLogout(system, metadata, origin),
    login && origin !== undefined && typeof metadata.authorization_endpoint === 'string'
      ? await checkAudience(
          {
            endpoint: metadata.authorization_endpoint,
            clientId: login.clientId,
            redirectUri: `${origin}${callbackPath}`,
            audience: auth0.audience,
          },
          system,
          network,
        )
      : report.skipped(
          'idp-audience',
          `whether AUTH0_AUDIENCE ${shown(auth0.audience)} exists cannot be seen without AUTH0_CLIENT_ID: compare it with "Identifier" of the API at Auth0`,
        ),
  ]
}

type Discovery =
  | {
      readonly ok: true
      readonly metadata: Readonly<Record<string, unknown>>
      readonly date: number | undefined
    }
  | { readonly ok: false; readonly problem: string }

async function discover(issuer: string, { fetch, now }: Network): Promise<Discovery> {
  const started = now()
  const read = await getJson(`${issuer}.well-known/openid-configuration`, fetch)
  if (!read.ok) return read
  const date = Date.parse(read.headers.get('Date') ?? '') / 1000
  const age = Number(read.headers.get('Age') ?? 0)
  // By the middle of the round trip the tenant wrote its date.
  const half = (now() - started) / 2
  return { ok: true, metadata: read.json, date: Number.isFinite(date + age) ? date + age + half : undefined }
}

function unreachable(system: System, issuer: string, problem: string): Finding {
  if (system.isLocal && isLoopback(new URL(issuer).hostname)) {
    return report.skipped('idp', `the mock IdP at ${issuer} does not run: npm start runs it`)
  }
  const place = placeOf(system, system.gateway)
  return report.fail(
    'idp',
    `the tenant ${issuer} of AUTH0_DOMAIN (${place}): ${problem}`,
    `"AUTH0_DOMAIN" in ${place} as the Domain of your application at Auth0 has it`,
  )
}

function domainLine(issuer: unknown, place: string): string {
  const host = typeof issuer === 'string' ? URL.parse(issuer)?.host : undefined
  return host === undefined ? `mend AUTH0_DOMAIN in ${place}` : `"AUTH0_DOMAIN": "${host}" in ${place}`
}

async function checkKeys(url: string, { fetch }: Network): Promise<Finding> {
  const read = await getJson(url, fetch)
  if (!read.ok)
    return report.fail(
      'idp-keys',
      `the keys of the tenant, ${url}: ${read.problem}`,
      'see the status of the tenant at Auth0',
    )
  const keys: readonly unknown[] = Array.isArray(read.json.keys) ? read.json.keys : []
  const usable = keys.filter((key) => isUsable(key)).length
  return usable > 0
    ? report.ok('idp-keys', `the tenant has ${usable === 1 ? 'a key' : `${usable} keys`} for ${ALGORITHM}`)
    : report.fail(
        'idp-keys',
        `the tenant has no key for ${ALGORITHM} (${url}): every token is denied`,
        `Auth0: APIs → your API → Settings → Signing Algorithm: ${ALGORITHM}`,
      )
}

function isUsable(key: unknown): boolean {
  if (typeof key !== 'object' || key === null) return false
  const { kty, alg = ALGORITHM, use = 'sig' } = key as Readonly<Record<string, unknown>>
  return kty === 'RSA' && alg === ALGORITHM && use === 'sig'
}

function clockFindings(date: number | undefined, now: number): readonly Finding[] {
  if (date === undefined) return []
  const offset = Math.round(now - date)
  const size = Math.abs(offset)
  if (size < CLOCK_SECONDS) return [report.ok('clock', 'the clocks of this machine and of the tenant agree')]
  const apart = size < 120 ? `${size} seconds` : `${Math.round(size / 60)} minutes`
  const what = `the clock of this machine is ${apart} ${offset > 0 ? 'ahead of' : 'behind'} the tenant's: keys that are made here begin and expire at the wrong time, and tokens seem ${offset > 0 ? 'expired' : 'not valid yet'}`
  const fix = 'sudo timedatectl set-ntp true (Linux), or let the system set its clock'
  return [size < CLOCK_LIMIT_SECONDS ? report.warn('clock', what, fix) : report.fail('clock', what, fix)]
}
