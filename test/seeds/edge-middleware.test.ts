/** The two Workers of seed 001, unedited, with jose; and the configuration of seed 000, member by member. */
import { demoUsers, startTenant, type Tenant } from 'sealgate/internal'
import { parseConfig } from '@sealgate/gateway/config'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { login } from '../support/login.ts'
import { type Running, runWorkers, snippet, snippetWorker } from '../support/snippets.ts'

const FOLDER = '001-edge-middleware'

describe('two Workers with jose, by hand', () => {
  let tenant: Tenant
  let running: Running
  let token: string
  beforeAll(async () => {
    tenant = await startTenant({ quiet: true })
    token = await login(tenant)
    running = await runWorkers(
      await snippetWorker({
        entry: `${FOLDER}/auth-worker.ts`,
        config: `${FOLDER}/auth-worker.toml`,
        bindings: {
          // The code reads this name; the text's configuration has another.
          AUTH_JWKS_URL: `${tenant.baseUrl}/.well-known/jwks.json`,
          AUTH_ISSUER: tenant.issuer,
          AUTH_AUDIENCE: tenant.audience,
        },
      }),
      {
        ...(await snippetWorker({
          entry: `${FOLDER}/authz-middleware.ts`,
          config: `${FOLDER}/authz-middleware.toml`,
        })),
        // What its route is in front of.
        outboundService: 'origin',
      },
      await snippetWorker({
        name: 'origin',
        entry: {
          code: "export default { fetch: (request) => new Response(request.headers.get('X-User-ID')) }",
        },
      }),
    )
  })
  afterAll(() => tenant.close())
  const at = (
    path: string,
    headers: Readonly<Record<string, string>>,
    name = 'auth-worker',
  ): Promise<Response> => running.fetch(name, path, { headers })

  it('run as the text has them', async () => {
    const bearer = { Authorization: `Bearer ${token}` }
    expect(await (await at('/admin', {})).text()).toMatch(/^Unauthorized: Missing/)
    expect(await (await at('/admin', { Authorization: 'Bearer a.b.c' })).text()).toMatch(
      /^Unauthorized: Invalid/,
    )
    const denied = await at('/admin', bearer)
    expect([denied.status, await denied.text()]).toEqual([403, 'Forbidden: Admin access required'])
    expect(await (await at('/', bearer)).text()).toBe(demoUsers.alice.sub)
  })

  it('believe whoever reaches the second one: that is why a token goes with each hop here', async () => {
    const forged = { 'X-User-ID': demoUsers.alice.sub, 'X-User-Roles': '["admin"]' }
    const response = await at('/admin', forged, 'authz-middleware')
    expect([response.status, await response.text()]).toEqual([200, demoUsers.alice.sub])
  })
})

describe('the configuration of a gateway', () => {
  it('says nothing that this gateway has no setting for', () => {
    const { authorizer, paths } = JSON.parse(snippet('000-gateway-routes/gateway.json')) as {
      readonly authorizer: Readonly<Record<string, string>>
      readonly paths: readonly { readonly path: string; readonly integration: { readonly type: string } }[]
    }
    const pathOf = (type: string): string =>
      paths.find(({ integration }) => integration.type === type)?.path ?? ''
    const { origin, pathname } = new URL(authorizer.redirect_uri ?? '')
    const { login, auth0, callbackPath, baseUrl } = parseConfig(
      {
        AUTH0_DOMAIN: new URL(authorizer.jwks_uri ?? '').host,
        AUTH0_CLIENT_ID: 'web',
        AUTH0_CLIENTS: 'web',
        AUTH0_CLIENT_SECRET: 'the-client-secret',
        AUTH0_AUDIENCE: 'https://api.example.com',
        AUTH0_SCOPE: authorizer.scope,
        BASE_URL: origin,
        CALLBACK_PATH: pathOf('auth0_callback'),
        SESSION_SECRET: 'A'.repeat(43),
        SESSION_STORE: 'cookie',
        JWT_ISS: 'https://gateway.internal',
        JWT_SECRET: 'A'.repeat(86),
      },
      { audiences: { app: { permissions: [], roles: [] } }, routes: [] },
    )
    expect(auth0.jwksUrl).toBe(authorizer.jwks_uri)
    expect(login?.scope).toBe(authorizer.scope)
    expect(`${baseUrl ?? ''}${callbackPath}`).toBe(authorizer.redirect_uri)
    expect(pathname).toBe(callbackPath)
    // These two have fixed places here: `GET /auth/profile`, and `POST /auth/refresh`, because a link must not refresh.
    expect([pathOf('auth0_userinfo'), pathOf('auth0_refresh')]).toEqual([
      '/api/auth0/profile',
      '/api/auth0/refresh',
    ])
  })
})
