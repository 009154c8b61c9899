import { demoClients, demoUsers, PASSWORD_REALM, REALM, type Tenant } from 'sealgate/internal'

/** An Auth0 access token of the demo user alice. */
export async function login(tenant: Tenant): Promise<string> {
  const { clientId, clientSecret } = demoClients.cli
  const { email, password } = demoUsers.alice
  const parameters = {
    ...{ grant_type: PASSWORD_REALM, realm: REALM, username: email, password },
    ...{ client_id: clientId, client_secret: clientSecret, audience: tenant.audience },
  }
  const response = await fetch(`${tenant.baseUrl}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams(parameters),
  })
  const { access_token: token } = (await response.json()) as { access_token: string }
  return token
}
