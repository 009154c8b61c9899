/** The Hono client of seed 003, unedited, in workerd and before the mock IdP. */
import { demoClients, demoUsers, startTenant, type Tenant } from 'sealgate/internal'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Browser } from '../support/browser.ts'
import { devVars, type Running, runWorkers, snippetWorker } from '../support/snippets.ts'

const FOLDER = '003-auth0-agents'
const { alice } = demoUsers
const { web } = demoClients

let tenant: Tenant
let running: Running
beforeAll(async () => {
  const given = devVars(`${FOLDER}/dev.vars`)
  tenant = await startTenant({ quiet: true, callbackUrls: [`${given.BASE_URL ?? ''}/callback`] })
  // What the text says to fill in, and where a tenant is that has no https.
  const bindings = {
    ...given,
    AUTH0_DOMAIN: new URL(tenant.baseUrl).host,
    AUTH0_BASE_URL: tenant.baseUrl,
    AUTH0_CLIENT_ID: web.clientId,
    AUTH0_CLIENT_SECRET: web.clientSecret,
    AUTH0_AUDIENCE: tenant.audience,
  }
  const entry = `${FOLDER}/client.ts`
  running = await runWorkers(
    // `process.env` of the snippet is Node's: wrangler fills it with variables and secrets.
    await snippetWorker({ name: 'client', entry, bindings, flags: ['nodejs_compat'] }),
    await snippetWorker({
      ...{ name: 'published', entry, flags: ['nodejs_compat'] },
      bindings: {
        ...bindings,
        AUTH0_BASE_URL: '',
        AUTH0_DOMAIN: 'tenant.us.auth0.com',
        BASE_URL: 'https://app.example.com',
      },
    }),
  )
})
afterAll(() => tenant.close())

const HTML = { Accept: 'text/html' }

it('leads to log in, comes back and greets by name', async () => {
  const browser = new Browser({ tenant, gateway: (path, init) => running.fetch('client', path, init) })
  const first = await browser.get('/', HTML)
  const location = new URL(first.headers.get('Location') ?? '')
  expect([first.status, location.origin]).toEqual([302, 'http://localhost:3000'])
  const callback = await browser.goOn(await browser.get(`${location.pathname}${location.search}`), alice)
  expect(callback).toMatch(/^\/callback\?/)
  const back = await browser.get(callback)
  expect([back.status, back.headers.get('Location')]).toEqual([303, 'http://localhost:3000/'])
  const page = await browser.get('/', HTML)
  expect([page.status, await page.text()]).toEqual([200, `Hello ${alice.name}!`])
})

it('serves /login and /logout, and nothing else to whoever is not logged in', async () => {
  const browser = new Browser({ tenant, gateway: (path, init) => running.fetch('client', path, init) })
  await browser.get(await browser.goOn(await browser.get('/login'), alice))
  expect(await (await browser.get('/', HTML)).text()).toBe(`Hello ${alice.name}!`)
  const out = await browser.get('/logout')
  expect(out.headers.get('Location')).toContain(`${tenant.baseUrl}/v2/logout?`)
  expect((await browser.get('/', HTML)).status).toBe(302)
  expect((await running.fetch('client', '/')).status).toBe(401)
})

it('says in its log that the store of its .dev.vars is another here', async () => {
  await running.fetch('client', '/')
  await expect.poll(() => running.log.join('\n')).toContain('SESSION_STORE is taken for cookie')
})

it('does not run with the secret that the text prints, once it is on the web', async () => {
  expect((await running.fetch('published', '/', { headers: HTML })).status).toBe(500)
  await expect.poll(() => running.log.join('\n')).toContain('session.secret is one that documentation prints')
})
