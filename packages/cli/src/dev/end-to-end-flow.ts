import { demoClients, demoUsers, PASSWORD_REALM, REALM } from './mock-idp/tenant.ts'

/** Where the three programs listen. */
export interface Addresses {
  readonly gateway: string
  readonly auth0: string
  readonly consumer: string
}

/** The audience of the example service, as `workers/gateway/gateway.config.ts` names it. */
const AUDIENCE = 'reports'
const { alice } = demoUsers
const { cli } = demoClients

const LOGIN = {
  grant_type: PASSWORD_REALM,
  realm: REALM,
  client_id: cli.clientId,
  client_secret: cli.clientSecret,
  audience: 'https://api.sealgate.test',
  username: alice.email,
  password: alice.password,
}

const EXCHANGE = {
  grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
  subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
  audience: AUDIENCE,
}

/**
 * Does the end-to-end flow once, as a client would: a token from the mock IdP, exchanged at the gateway, taken to the
 * consumer itself and through the gateway.
 *
 * @throws Error naming the step that failed
 */
export async function runEndToEndFlow({ gateway, auth0, consumer }: Addresses): Promise<void> {
  const subjectToken = await post(`${auth0}/oauth/token`, LOGIN)
  const token = await post(`${gateway}/oauth/token`, { ...EXCHANGE, subject_token: subjectToken })
  await get(`${consumer}/whoami`, token)
  await get(`${gateway}/api/whoami`, subjectToken)
}

async function post(url: string, parameters: Readonly<Record<string, string>>): Promise<string> {
  const response = await fetch(url, { method: 'POST', body: new URLSearchParams(parameters) })
  const answer: unknown = await response.json()
  if (typeof answer === 'object' && answer !== null && 'access_token' in answer) {
    if (typeof answer.access_token === 'string') return answer.access_token
  }
  throw new Error(`${url} answered ${response.status} without a token`)
}

async function get(url: string, token: string): Promise<void> {
  const response = await fetch(url, { headers: { Authorization: `Bearer ${token}` } })
  await response.body?.cancel()
  if (response.status !== 200) throw new Error(`${url} answered ${response.status}`)
}

/** The same steps for a shell, one line each. */
export function curlLines({ gateway, auth0, consumer }: Addresses): readonly string[] {
  const form = (parameters: Readonly<Record<string, string>>): string =>
    Object.entries(parameters)
      .map(([name, value]) => `-d ${name}=${value}`)
      .join(' ')
  const accessToken = String.raw`sed 's/.*"access_token":"\([^"]*\)".*/\1/'`
  return [
    `AUTH0=$(curl -s ${auth0}/oauth/token ${form(LOGIN)} | ${accessToken})`,
    `TOKEN=$(curl -s ${gateway}/oauth/token ${form(EXCHANGE)} -d subject_token=$AUTH0 | ${accessToken})`,
    `curl -i ${consumer}/whoami -H "Authorization: Bearer $TOKEN"`,
  ]
}
