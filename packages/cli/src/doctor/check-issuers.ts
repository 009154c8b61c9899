import type { Config } from '@sealgate/gateway/config'
import { type Finding, listed, reporterFor, shown } from './finding.ts'
import { getJson } from './get-json.ts'
import type { Network } from './network.ts'

const report = reporterFor('identity provider')

type Issuer = Config['issuers'] extends ReadonlyMap<string, infer One> ? One : never

/** Has each issuer of `issuers` keys for what it may sign with, and are they where it says itself? */
export async function checkIssuers(
  issuers: Config['issuers'],
  network: Network,
): Promise<readonly Finding[]> {
  const found = await Promise.all([...issuers.values()].map((issuer) => checkIssuer(issuer, network)))
  return found.flat()
}

async function checkIssuer(issuer: Issuer, { fetch }: Network): Promise<readonly Finding[]> {
  return [await checkKeys(issuer, fetch), ...(await checkMetadata(issuer, fetch))]
}

async function checkKeys({ issuer, jwksUrl, algorithms }: Issuer, send: typeof fetch): Promise<Finding> {
  const read = await getJson(jwksUrl, send)
  const fix = `mend issuer and jwksUri of ${issuer} in gateway.config.ts, or its preset`
  if (!read.ok) return report.fail('issuer-keys', `the keys of ${issuer}, ${jwksUrl}: ${read.problem}`, fix)
  const keys: readonly unknown[] = Array.isArray(read.json.keys) ? read.json.keys : []
  const usable = keys.filter((key) => algorithms.some((alg) => fits(key, alg))).length
  const names = listed(algorithms, 'or')
  return usable > 0
    ? report.ok('issuer-keys', `${issuer} has ${usable === 1 ? 'a key' : `${usable} keys`} for ${names}`)
    : report.fail(
        'issuer-keys',
        `${issuer} has no key for ${names} (${jwksUrl}): every token of it is denied`,
        `list under algorithms of ${issuer} in gateway.config.ts what it signs with`,
      )
}

/** Not every issuer has metadata: Cloudflare Access has none. Where there are, they name the issuer and its keys. */
async function checkMetadata({ issuer, jwksUrl }: Issuer, send: typeof fetch): Promise<readonly Finding[]> {
  const read = await getJson(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, send)
  if (!read.ok) return []
  const { issuer: named, jwks_uri: keys } = read.json
  if (named !== issuer) {
    const what = `${issuer} calls itself ${shown(named)}: every token of it is denied, because every character counts`
    return [report.fail('issuer-name', what, `issuer: ${shown(named)} in gateway.config.ts`)]
  }
  if (keys !== jwksUrl) {
    const what = `${issuer} says that its keys are at ${shown(keys)}, and the gateway reads ${jwksUrl}`
    return [report.fail('issuer-name', what, `jwksUri: ${shown(keys)} of ${issuer} in gateway.config.ts`)]
  }
  return [
    report.ok('issuer-name', `${issuer} calls itself that, and its keys are where the gateway reads them`),
  ]
}

/** What a key is for: its `alg`, else its kind. */
function fits(key: unknown, alg: string): boolean {
  if (typeof key !== 'object' || key === null) return false
  const { kty, crv, alg: own, use = 'sig' } = key as Readonly<Record<string, unknown>>
  if (use !== 'sig') return false
  if (own !== undefined) return own === alg
  if (/^[RP]S/.test(alg)) return kty === 'RSA'
  if (alg.startsWith('ES')) return kty === 'EC' && crv === CURVES[alg]
  return kty === 'OKP' && crv === 'Ed25519'
}

const CURVES: Readonly<Record<string, string>> = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' }
