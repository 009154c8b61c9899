import { type DevDefinition, type DevRoute, pathOf, readable } from './definition.ts'
import { type IdpSettings, ownerOf } from './idp-settings.ts'
import { demoClients, PASSWORD_REALM } from './mock-idp/clients.ts'
import { type DevPlan } from './dev-plan.ts'

/** Where the programs listen. */
export interface Addresses {
  readonly gateway: string
  readonly idp: string
  /** By the name of the service. */
  readonly services: ReadonlyMap<string, string>
}

/** The system, as far as a client of it has to know it. */
export interface RunningSystem {
  readonly plan: DevPlan
  readonly idp: IdpSettings
  readonly addresses: Addresses
  readonly definition: DevDefinition
  /** The local model, which services use that have no other. */
  readonly modelUrl?: string | undefined
}

/** A service, and the audience that a route has for it. */
export interface Pair {
  readonly service: string
  readonly audience: string
  readonly route: DevRoute
}

type Form = Readonly<Record<string, string>>

/** A request for a token of the user who may do all, by password. */
export function loginForm({ idp, definition }: RunningSystem): Form {
  const { email, password } = ownerOf(definition)
  const { clientId, clientSecret } = demoClients.cli
  return {
    grant_type: PASSWORD_REALM,
    realm: idp.connection,
    client_id: clientId,
    client_secret: clientSecret,
    audience: idp.audience,
    username: email,
    password,
  }
}

/** A request to exchange such a token for one for an audience. */
export function exchangeForm(audience: string): Form {
  return {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    audience,
  }
}

/** Each pair of a service of the project and an audience, with a route that can be looked at. */
export function pairsOf({ plan, definition }: RunningSystem): readonly Pair[] {
  const pairs = new Map<string, Pair>()
  for (const route of readable(definition.routes)) {
    const worker = plan.gateway.services.get(route.service ?? '')
    const service = plan.services.find(({ workerName }) => workerName === worker)?.name
    const { audience } = route
    if (service === undefined || audience === undefined) continue
    const key = `${service} ${audience}`
    if (!pairs.has(key)) pairs.set(key, { service, audience, route })
  }
  return [...pairs.values()]
}

/**
 * Does once what a client would: a token from the mock IdP, taken to the gateway on a route of each pair of service and
 * audience. The service may deny it for want of rights, or know no such resource: what counts is that it took the gateway's
 * token for genuine.
 *
 * @returns a path of the first pair that can be looked at; `undefined` when none was found
 * @throws Error naming the step that failed
 */
export async function checkEndToEnd(system: RunningSystem): Promise<string | undefined> {
  const { idp, gateway } = system.addresses
  const token = await tokenFrom(`${idp}/oauth/token`, loginForm(system))
  const seen: string[] = []
  for (const [index, pair] of pairsOf(system).entries()) {
    for (const path of pathsOf(pair)) {
      const headers = { Authorization: `Bearer ${token}` }
      const response = await fetch(gateway + path, { headers, redirect: 'manual' })
      const text = await response.text()
      const { status } = response
      if (status === 401 || status >= 500) {
        const { service, audience } = pair
        throw new Error(
          `GET ${path} (service ${service}, audience ${audience}) responded with ${status}: ${text.trim()}`,
        )
      }
      if (index === 0 && response.ok) seen.push(path)
    }
  }
  return seen[0]
}

/** The definition knows the prefix of a route alone: what services often have below it is tried too. */
function pathsOf({ route, service }: Pair): readonly string[] {
  const path = pathOf(route)
  return route.match.endsWith('*') ? [path, path + service, `${path}whoami`] : [path]
}

/** @throws Error when there is none in the response */
async function tokenFrom(url: string, form: Form): Promise<string> {
  const response = await fetch(url, { method: 'POST', body: new URLSearchParams(form) })
  const text = await response.text()
  const [, token] = /"access_token":"([^"]+)"/.exec(text) ?? []
  if (token !== undefined) return token
  throw new Error(`POST ${url} responded with ${response.status}: ${text.trim()}`)
}

/** What a person copies into a shell to do the same. */
export interface CurlLines {
  /** A token from the mock IdP, exchanged at the gateway, taken to a service itself. */
  readonly direct: readonly string[]
  /** The first of these tokens, taken to the gateway; none without a service. */
  readonly throughGateway: string | undefined
}

/** @param path of the first pair; unset: that of its route */
export function curlLines(system: RunningSystem, path?: string): CurlLines {
  const { gateway, idp, services } = system.addresses
  const flags = (form: Form): string =>
    Object.entries(form)
      .map(([name, value]) => `-d ${name}=${value}`)
      .join(' ')
  const accessToken = String.raw`sed 's/.*"access_token":"\([^"]*\)".*/\1/'`
  const login = `AUTH0=$(curl -s ${idp}/oauth/token ${flags(loginForm(system))} | ${accessToken})`
  const [pair] = pairsOf(system)
  if (!pair) return { direct: [login], throughGateway: undefined }
  const { service, audience, route } = pair
  const shown = path ?? pathOf(route)
  return {
    direct: [
      login,
      `TOKEN=$(curl -s ${gateway}/oauth/token ${flags(exchangeForm(audience))} -d subject_token=$AUTH0 | ${accessToken})`,
      `curl -i ${services.get(service) ?? ''}${shown} -H "Authorization: Bearer $TOKEN"`,
    ],
    throughGateway: `curl -i ${gateway}${shown} -H "Authorization: Bearer $AUTH0"`,
  }
}
