import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DEMO_PASSWORD, demoClients, demoUsers, PASSWORD_REALM, readSecrets, REALM } from 'sealgate/internal'
import { Browser } from '../support/browser.ts'
import { type Dev, startDev } from '../support/dev-system.ts'
import { ACCESS_TOKEN, EXCHANGE } from '../support/system.ts'

/** Shorter strings may turn up by chance. */
const MIN_CANARY_LENGTH = 12

const { alice, mallory } = demoUsers

describe('secrets, tokens, codes and personal data', () => {
  let dev: Dev
  let gateway: string
  let auth0: string
  let consumer: string
  /** Every line that the gateway and the consumer print. */
  const lines: string[] = []
  /** Error bodies, and the addresses that answers send browsers to. */
  const told: string[] = []
  /** What must be in none of them. */
  const canaries = new Map<string, string>()

  function plant(name: string, value: string | null | undefined): string {
    if (typeof value !== 'string' || value.length < MIN_CANARY_LENGTH) throw new Error(`no canary: ${name}`)
    canaries.set(name, value)
    return value
  }

  /** A token, and its signature, which alone makes it one. */
  function plantToken(name: string, token: unknown): string {
    const text = plant(name, typeof token === 'string' ? token : undefined)
    const signature = text.split('.')[2]
    if (signature !== undefined) plant(`${name}, its signature`, signature)
    return text
  }

  async function ask(base: string, path: string, init: RequestInit = {}): Promise<Response> {
    const response = await fetch(`${base}${path}`, { ...init, redirect: 'manual' })
    if (response.status >= 400) told.push(await response.clone().text())
    const location = response.headers.get('Location')
    // Auth0's own authorization request carries state, nonce and challenge by design; they are no secrets.
    if (location !== null) told.push(location)
    return response
  }
  const form = (fields: Record<string, string>): RequestInit => ({
    method: 'POST',
    body: new URLSearchParams(fields),
  })
  const json = (body: string): RequestInit => ({
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body,
  })
  const bearer = (token: string): RequestInit => ({ headers: { Authorization: `Bearer ${token}` } })
  const exchange = (token: string, more: Record<string, string> = {}): Promise<Response> =>
    ask(
      gateway,
      '/oauth/token',
      form({
        grant_type: EXCHANGE,
        subject_token_type: ACCESS_TOKEN,
        subject_token: token,
        audience: 'reports',
        ...more,
      }),
    )

  beforeAll(async () => {
    dev = await startDev((_, line) => {
      // What the development server says of each request is not what the Workers log.
      if (!line.startsWith('[wrangler:')) lines.push(line)
    })
    ;({ gateway, idp: auth0 } = dev.addresses)
    ;({ consumer } = dev)
    for (const [name, value] of readSecrets(dev.plan.gateway.secretsFile)) {
      if (name.startsWith('GATEWAY_PRIVATE_')) plant(`${name}.d`, (JSON.parse(value) as { d: string }).d)
      else if (name !== 'AUTH0_CLIENT_ID') plant(name, value)
    }
    plant('password', DEMO_PASSWORD)
    plant('e-mail', alice.email)
  })
  afterAll(() => dev.stop())

  it('go through every route, with good, bad and stolen credentials', async () => {
    const { clientId, clientSecret } = demoClients.cli
    const granted = await fetch(
      `${auth0}/oauth/token`,
      form({
        grant_type: PASSWORD_REALM,
        realm: REALM,
        client_id: clientId,
        client_secret: plant('client secret', clientSecret),
        audience: 'https://api.sealgate.test',
        username: alice.email,
        password: alice.password,
      }),
    )
    const external = plantToken(
      'Auth0 token',
      ((await granted.json()) as { access_token: string }).access_token,
    )
    const exchanged = (await (await exchange(external)).json()) as { access_token: string }
    const internal = plantToken('internal token', exchanged.access_token)

    // The exchange, and what it rejects.
    await exchange(internal)
    await exchange(`${external}x`)
    await exchange(external, { scope: 'manage:users' })
    await exchange(external, { audience: external })
    await exchange(external, { requested_token_type: external })
    await exchange(external, { client_id: 'x', client_secret: clientSecret })
    await ask(
      gateway,
      '/oauth/token',
      json(JSON.stringify({ username: alice.email, password: alice.password })),
    )
    await ask(gateway, '/oauth/token', json(`{"username":"${alice.email}", ${external}`))
    await ask(gateway, '/oauth/token', { method: 'POST', body: external })
    await ask(gateway, '/oauth/revoke', form({ token: `${internal}x` }))
    await ask(gateway, '/oauth/revoke', form({ token_type_hint: internal }))

    // The operator's path: tokens as its credentials, and as what is asked about.
    for (const token of [external, internal, `${internal}x`]) {
      const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' }
      const body = JSON.stringify({ operation: 'whois', token })
      await ask(gateway, '/operator', { method: 'POST', headers, body })
    }

    // Forwarding, and paths that hold what they should not.
    for (const token of [external, internal, `${external}x`]) {
      await ask(gateway, '/api/reports', bearer(token))
      await ask(gateway, '/api/admin/users', bearer(token))
      await ask(consumer, '/reports', bearer(token))
      await ask(consumer, '/secret-data', bearer(token))
    }
    await ask(gateway, `/api/reports?access_token=${external}`)
    await ask(gateway, `/nothing/${external}/${alice.email}`)
    await ask(gateway, `/api/profile/${alice.email}`, { ...bearer(external), method: 'PUT', body: external })
    await ask(gateway, `/auth/login?returnTo=//${external}`)
    await ask(consumer, '/reports', { headers: { Authorization: `Bearer ${internal}, Bearer ${external}` } })
    await ask(consumer, `/${internal}`, bearer(internal))

    // A session, from its login to its end, and what is stolen of it.
    const browser = new Browser({
      tenant: { baseUrl: auth0 },
      gateway: (path, init) => fetch(`${gateway}${path}`, { ...init, redirect: 'manual' }),
    })
    const callback = await browser.begin(alice)
    const code = plant('authorization code', new URL(callback, gateway).searchParams.get('code'))
    const [loginName, login] = browser.login
    plant('login cookie', login)
    const cookie = (name: string, value: string): RequestInit => ({ headers: { Cookie: `${name}=${value}` } })
    await ask(gateway, callback)
    await ask(gateway, `/auth/callback?code=${code}&state=wrong`, cookie(loginName, login))
    await ask(
      gateway,
      `/auth/callback?error=access_denied&error_description=${code}`,
      cookie(loginName, login),
    )
    expect((await browser.get(callback)).status).toBe(303)
    const session = plant('session cookie', browser.cookie('sealgate-session'))
    await ask(gateway, '/auth/profile', cookie('sealgate-session', `${session.slice(0, -4)}AAAA`))
    expect((await browser.get('/auth/profile')).status).toBe(200)
    expect((await browser.get('/api/reports')).status).toBe(200)
    await browser.get('/api/admin/users')
    expect((await browser.post('/auth/refresh', { Origin: gateway })).status).toBe(200)
    // A code that is used again ends the tokens that it gave (RFC 6749 §4.1.2): so this comes late.
    await ask(gateway, callback, cookie(loginName, login))
    await ask(gateway, '/auth/logout', { ...cookie('sealgate-session', session), method: 'POST' })
    const out = await browser.post('/auth/logout', { Origin: gateway })
    told.push(out.headers.get('Location') ?? '')
    await ask(gateway, '/auth/profile', cookie('sealgate-session', session))
    await new Browser({
      tenant: { baseUrl: auth0 },
      gateway: (path, init) => fetch(`${gateway}${path}`, { ...init, redirect: 'manual' }),
    })
      .begin(mallory)
      .catch(() => undefined)
  })

  it('are in no line of a log, in no error and in no address', async () => {
    // Logs of the last requests come a moment later.
    await new Promise((resolve) => setTimeout(resolve, 1000))
    expect(lines.filter((line) => line.includes('denied')).length).toBeGreaterThan(5)
    expect(told.length).toBeGreaterThan(25)
    const places = { 'a log line': lines, 'an error or address': told }
    const found = Object.entries(places).flatMap(([place, texts]) =>
      [...canaries].flatMap(([name, value]) =>
        texts
          .filter((text) => text.includes(value))
          .map((text) => `${name} in ${place}: ${text.slice(0, 300)}`),
      ),
    )
    expect(found).toEqual([])
  })
})
