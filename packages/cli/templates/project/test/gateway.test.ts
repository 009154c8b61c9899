import { createTestGateway } from '@sealgate/gateway/testing'
import { expect, it } from 'vitest'
import definition from '../gateway/gateway.config.ts'
// if: service
import reports from '../services/reports/index.ts'
// end

/** Your gateway, with a tenant of Auth0 in memory. It has a clock of its own: `gateway.advance(seconds)`. */
const gateway = await createTestGateway(definition, {
  // if: service
  services: { REPORTS: reports },
  // end
  // if: hs512
  env: {
    JWT_SECRETS_BY_AUDIENCE: {
      reports: 'REPORTS_SECRET',
      // if: agents
      notes: 'NOTES_SECRET',
      // end
      // if: mcp
      mcp: 'MCP_SECRET',
      // end
    },
  },
  // end
})

const analyst = { sub: 'auth0|ada', permissions: ['read:reports', 'manage:users'], roles: ['analyst'] }

// if: service
it('takes a user’s token to the service, and a token of its own in its place', async () => {
  const headers = { Authorization: `Bearer ${await gateway.auth0.token(analyst)}` }
  const response = await gateway.fetch('/api/reports', { headers })
  expect(response.status).toBe(200)
  expect(await response.json()).toEqual({ reports: ['2026-10'], for: 'auth0|ada' })
})

it('takes a session to the service', async () => {
  const headers = { Cookie: await gateway.login(analyst) }
  expect((await gateway.fetch('/api/whoami', { headers })).status).toBe(200)
})

it('gives the service no right that the audience does not list', async () => {
  const headers = { Authorization: `Bearer ${await gateway.auth0.token(analyst)}` }
  const response = await gateway.fetch('/api/whoami', { headers })
  expect(await response.json()).toMatchObject({ permissions: ['read:reports'] })
})

it('lets nobody pass without a token of the tenant', async () => {
  const headers = { Authorization: `Bearer ${await gateway.auth0.forged(analyst)}` }
  expect((await gateway.fetch('/api/whoami', { headers })).status).toBe(401)
  expect((await gateway.fetch('/api/whoami')).status).toBe(401)
})
// end
// if: mcp
it('tells an MCP client where to log its user in, and lets a token for that server in alone', async () => {
  const challenge = (await gateway.fetch('/mcp', { method: 'POST' })).headers.get('WWW-Authenticate') ?? ''
  const [, metadata = ''] = /resource_metadata="([^"]+)"/.exec(challenge) ?? []
  const response = await gateway.fetch(new Request(metadata))
  const { resource } = await response.json<{ resource: string }>()
  const statusWith = async (token: string): Promise<number> => {
    const headers = { Authorization: `Bearer ${token}` }
    return (await gateway.fetch('/mcp', { method: 'POST', headers })).status
  }
  expect(await statusWith(await gateway.auth0.token({ ...analyst, aud: resource }))).toBe(200)
  expect(await statusWith(await gateway.auth0.token(analyst))).toBe(401)
})
// end
// if: gateway-only
async function exchange(subjectToken: string): Promise<Response> {
  const body = new URLSearchParams({
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    subject_token: subjectToken,
    audience: 'reports',
  })
  return gateway.fetch('/oauth/token', { method: 'POST', body })
}

it('exchanges a user’s token for one that the service takes, with no right that the audience does not list', async () => {
  const response = await exchange(await gateway.auth0.token(analyst))
  expect(response.status).toBe(200)
  const { access_token } = await response.json<{ access_token: string }>()
  const auth = await gateway.kit('reports').checkAuth(access_token)
  expect(auth?.sub).toBe('auth0|ada')
  expect(auth?.permissions).toEqual(['read:reports'])
})

it('gives nobody anything for a forged token', async () => {
  expect((await exchange(await gateway.auth0.forged(analyst))).status).toBe(400)
})
// end
