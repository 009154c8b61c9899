import { ConfigError } from '@sealgate/kit'
import { createExternalVerifier, type ExternalAlg } from '@sealgate/kit/external'
import { isLoopback } from '@sealgate/kit/gateway'
import type { Auth0Config } from './auth0.ts'
import type { GatewayDefinition } from './definition.ts'
import type { IssuerDefinition, IssuerProfile } from './issuer-definition.ts'
import { definitionError, reject, type Variables } from './schema.ts'
import { issuers as schema } from './definition-schema.ts'
import { check } from './value-types.ts'

/** One more issuer, checked, with every default filled in. Times in seconds. */
export interface IssuerConfig {
  readonly issuer: string
  readonly jwksUrl: string
  readonly audiences: readonly string[]
  readonly algorithms: readonly ExternalAlg[]
  readonly profile: IssuerProfile
  /** As the issuer writes them; `undefined`: any. */
  readonly clients: ReadonlySet<string> | undefined
  /** `undefined`: as the profile has it. */
  readonly permissionsClaim: string | undefined
  readonly rolesClaim: string | undefined
  readonly everybody: { readonly permissions: readonly string[]; readonly roles: readonly string[] }
  readonly authTimeClaim: string | undefined
  readonly emailIsVerified: boolean
  /** As of the tenant: revocations are kept for so long. */
  readonly refreshMaxSeconds: number
  readonly tokenMaxSeconds: number
}

/** Issuers beside the tenant. */
export interface IssuerSettings {
  /** By their `iss`. */
  readonly issuers: ReadonlyMap<string, IssuerConfig>
}

/**
 * @param definition issuers, unless `ISSUERS` replaces them
 * @throws ConfigError naming the issuer and what to do
 */
export function readIssuers(
  variables: Variables,
  definition: GatewayDefinition,
  auth0: Auth0Config,
  isStrict: boolean,
): IssuerSettings {
  const parsed = check(schema, variables.ISSUERS ?? definition.issuers ?? [])
  if (!parsed.success) throw definitionError('ISSUERS', parsed.error)
  const issuers = parsed.data.map((one) => configOf(one, auth0, variables, isStrict))
  if (issuers.length > 0) rejectLookalikes([auth0, ...issuers], variables)
  return { issuers: new Map(issuers.map((one) => [one.issuer, one])) }
}

function configOf(
  definition: IssuerDefinition,
  { refreshMaxSeconds, tokenMaxSeconds }: Auth0Config,
  { WORKER_ENV: environment }: Variables,
  isStrict: boolean,
): IssuerConfig {
  const { issuer, profile = 'rfc9068', clients, everybody = {}, algorithms = ['RS256'] } = definition
  const { jwksUri = `${issuer}${issuer.endsWith('/') ? '' : '/'}.well-known/jwks.json` } = definition
  const say = (problem: string): never => reject('ISSUERS', `${issuer} ${problem}`)
  for (const url of [issuer, jwksUri]) {
    const { protocol, hostname } = new URL(url)
    if (protocol !== 'https:' && (isStrict || !isLoopback(hostname)))
      say('must be https, and its jwksUri too (http only on loopback, in WORKER_ENV test or dev)')
  }
  if (clients === undefined && isStrict && profile !== 'cloudflare-access')
    say(`needs clients in ${environment}: list the client ids whose tokens count, or say 'any'`)
  if (profile === 'cloudflare-access' && clients !== undefined)
    say('is Cloudflare Access, which knows no clients: remove them')
  const config: IssuerConfig = {
    issuer,
    jwksUrl: jwksUri,
    audiences: [definition.audience].flat(),
    algorithms,
    profile,
    clients: clients === undefined || clients === 'any' ? undefined : new Set(clients),
    permissionsClaim: definition.permissionsClaim,
    rolesClaim: definition.rolesClaim ?? (profile === 'entra' ? 'roles' : undefined),
    everybody: { permissions: everybody.permissions ?? [], roles: everybody.roles ?? [] },
    authTimeClaim: definition.authTimeClaim,
    emailIsVerified: definition.emailIsVerified ?? false,
    refreshMaxSeconds,
    tokenMaxSeconds,
  }
  rejectWhatTheVerifierRejects(config)
  return config
}

/** Algorithms and addresses are the kit's to check: here its words get the name of the issuer. */
function rejectWhatTheVerifierRejects({ issuer, audiences, jwksUrl, algorithms }: IssuerConfig): void {
  try {
    createExternalVerifier({ issuer, audience: audiences, jwksUri: jwksUrl, algorithms })
  } catch (error) {
    if (error instanceof ConfigError) reject('ISSUERS', `${issuer}: ${error.message}`)
    throw error
  }
}

interface Known {
  readonly issuer: string
  readonly jwksUrl: string
}

/** Two issuers that a person could take for one are a mistake; two with one key could sign for each other. */
function rejectLookalikes(known: readonly Known[], { JWT_ISS: own, BASE_URL: baseUrl }: Variables): void {
  const seen = new Map<string, string>()
  for (const name of [own, ...(baseUrl === undefined ? [] : [baseUrl])])
    seen.set(plain(name), `this gateway (${name})`)
  for (const { issuer } of known) {
    const other = seen.get(plain(issuer))
    if (other !== undefined)
      reject('ISSUERS', `names ${issuer} beside ${other}: they are one, or taken for one. Keep one`)
    seen.set(plain(issuer), issuer)
  }
  const keys = new Map<string, string>()
  for (const { issuer, jwksUrl } of known) {
    const other = keys.get(jwksUrl)
    if (other !== undefined)
      reject(
        'ISSUERS',
        `gives the keys ${jwksUrl} to both ${other} and ${issuer}: each could sign for the other`,
      )
    keys.set(jwksUrl, issuer)
  }
}

function plain(issuer: string): string {
  return issuer.toLowerCase().replace(/\/$/, '')
}
