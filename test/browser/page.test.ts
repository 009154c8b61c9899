import { mkdirSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { demoUsers, type TenantUser } from 'sealgate/internal'
import { isSkipped, launch } from '../support/chromium.ts'
import { type Dev, startDev } from '../support/dev-system.ts'

/** A folder for pictures of the page, to be looked at. None are taken when it is unset. */
const { SCREENSHOTS } = process.env
const WIDE = { width: 1280, height: 900 }
const NARROW = { width: 375, height: 740 }
/** As narrow as a page must work (WCAG 2.2, 1.4.10). */
const NARROWEST = { width: 320, height: 640 }

/** What Chromium says of rejected calls and upgrades, which these tests make. */
const EXPECTED_COMPLAINTS = /the server responded with a status of 40|Unexpected response code: 40/

describe.skipIf(isSkipped)('the page, in a browser', () => {
  let dev: Dev
  let browser: Browser
  let origin: string
  let context: BrowserContext
  /** What the browser complained of: errors of scripts, rejections of the content security policy. */
  let complaints: string[]

  beforeAll(async () => {
    if (SCREENSHOTS) mkdirSync(SCREENSHOTS, { recursive: true })
    ;[dev, browser] = await Promise.all([startDev(), launch()])
    origin = dev.addresses.gateway
  })
  afterAll(async () => {
    await browser.close()
    await dev.stop()
  })
  afterEach(async () => {
    await context.close()
    expect(complaints.filter((text) => !EXPECTED_COMPLAINTS.test(text))).toEqual([])
  })

  async function open(viewport = WIDE): Promise<Page> {
    context = await browser.newContext({ viewport, baseURL: origin })
    complaints = []
    const page = await context.newPage()
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text())
    })
    page.on('pageerror', ({ message }) => complaints.push(message))
    await page.goto('/app/')
    await page.getByText('You are not logged in.').waitFor()
    return page
  }

  async function logIn(page: Page, { email, password, name }: TenantUser): Promise<void> {
    await page.getByRole('link', { name: 'Log in' }).click()
    await page.getByLabel('Email address').fill(email)
    await page.getByLabel('Password').fill(password)
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByText(`${name} (`).waitFor()
    expect(new URL(page.url()).pathname).toBe('/app/')
  }

  /** Pictures of the page as it is now: wide and narrow, light and dark. */
  async function take(page: Page, name: string): Promise<void> {
    if (!SCREENSHOTS) return
    for (const [window, viewport] of Object.entries({ wide: WIDE, narrow: NARROW })) {
      await page.setViewportSize(viewport)
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme })
        await page.screenshot({
          path: join(SCREENSHOTS, `${name}-${window}-${colorScheme}.png`),
          fullPage: true,
        })
      }
    }
    await page.setViewportSize(WIDE)
  }

  it('shows both tokens side by side, explained, to whoever logged in', async () => {
    const page = await open()
    await take(page, 'logged-out')
    await logIn(page, demoUsers.alice)
    const external = page.getByRole('article', { name: 'From Auth0, at the gateway' })
    const internal = page.getByRole('article', { name: 'From the gateway, at the service' })
    await external.getByText('RS256').waitFor()
    await internal.getByText('EdDSA').waitFor()
    expect(await external.innerText()).toContain('https://api.sealgate.test')
    expect(await internal.innerText()).toContain('auth0|alice')
    expect(await internal.innerText()).toContain('who acts for the subject')
    await take(page, 'logged-in')
  })

  it('keeps the session out of reach of scripts', async () => {
    const page = await open()
    await logIn(page, demoUsers.alice)
    expect(await page.evaluate('document.cookie')).toBe('')
    const [session, ...others] = (await context.cookies(origin)).filter(({ name }) => /sealgate/.test(name))
    expect(others).toEqual([])
    expect(session).toMatchObject({ name: 'sealgate-session', httpOnly: true, sameSite: 'Lax', path: '/' })
    expect(await page.evaluate('JSON.stringify([localStorage, sessionStorage])')).toBe('[{},{}]')
  })

  it('calls each route, and says why one rejects', async () => {
    const page = await open()
    await logIn(page, demoUsers.alice)
    await page.getByRole('button', { name: 'Call GET /api/reports' }).click()
    await page.getByText('GET /api/reports responded with 200.').waitFor()
    expect(await page.locator('#response').innerText()).toContain('auth0|alice')
    await page.getByRole('button', { name: 'Call PUT /api/profile/auth0|alice' }).click()
    await page.getByText('PUT /api/profile/auth0|alice responded with 200.').waitFor()
    await page.getByRole('button', { name: 'Call GET /api/admin/users' }).click()
    await page.getByText('GET /api/admin/users responded with 403.').waitFor()
    const answer = await page.locator('#response').innerText()
    expect(answer).toContain('insufficient_scope')
    expect(answer).toContain('fail: has the role admin')
    const rules = page.getByRole('row', { name: /GET \/api\/admin\/users/ })
    expect(await rules.innerText()).toMatch(/admin.*\(fail\)/)
    await take(page, 'rejected')
  })

  it('explains a denied call in the words of sealgate why, by its request id', async () => {
    const page = await open()
    await logIn(page, demoUsers.alice)
    const why = page.getByRole('article', { name: 'Why it was denied' })
    await page.getByRole('button', { name: 'Call GET /api/admin/users' }).click()
    await why.getByText('What to do').waitFor()
    const text = (await why.innerText()).replace(/\s+/g, ' ')
    const response = await page.locator('#response').innerText()
    const [, requestId = 'none'] = /"request_id": "([^"]+)"/.exec(response) ?? []
    expect(text).toContain(`Request ${requestId}`)
    expect(text).toContain('denied with 403, reports said insufficient_rights')
    expect(text).toContain('rule failed has the role admin')
    expect(text).toMatch(/caller has permissions: .*read:reports/)
    expect(text).toContain(
      'insufficient_rights: the token is good, and the policy does not pass it. If the caller',
    )
    await take(page, 'why')
    for (const width of [390, 1280]) {
      await page.setViewportSize({ width, height: 800 })
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width)
    }
    await page.getByRole('button', { name: 'Call GET /api/reports' }).click()
    await page.getByText('GET /api/reports responded with 200.').waitFor()
    expect(await why.isVisible()).toBe(false)
  })

  it('opens sockets with the session alone, and shows why one is rejected', async () => {
    const page = await open()
    await logIn(page, demoUsers.dave)
    await page.getByRole('button', { name: 'Call WebSocket /api/echo' }).click()
    await page.getByText('WebSocket /api/echo responded with 101.').waitFor()
    expect(await page.locator('#response').innerText()).toContain('Hello')
    const chatOfAlice = page.getByRole('row', { name: /the owner is auth0\|alice/ }).last()
    expect(await chatOfAlice.innerText()).toContain('is the owner (fail)')
    await chatOfAlice.getByRole('button').click()
    await page.getByText(/chat\/\w+ responded with 403/).waitFor()
    expect(await page.locator('#response').innerText()).toContain('insufficient_scope')
  })

  it('refreshes, logs out, and shows the next user nothing of the last', async () => {
    const page = await open()
    await logIn(page, demoUsers.alice)
    await page.getByRole('button', { name: 'Refresh the session' }).click()
    await page.getByText(/Auth0 gave new tokens; they last \d+ seconds/).waitFor()
    await page.getByRole('button', { name: 'Log out' }).click()
    // The start page leads back here.
    await page.waitForURL((url) => url.pathname === '/app/')
    await page.getByText('You are not logged in.').waitFor()
    expect((await context.cookies(origin)).filter(({ name }) => /sealgate/.test(name))).toEqual([])
    await logIn(page, demoUsers.carol)
    await page
      .getByRole('article', { name: 'From the gateway, at the service' })
      .getByText('carol')
      .first()
      .waitFor()
    expect(await page.locator('body').innerText()).not.toContain('Alice')
  })

  it('keeps two users in two browsers apart', async () => {
    const page = await open()
    await logIn(page, demoUsers.alice)
    const other = await browser.newContext({ baseURL: origin })
    const second = await other.newPage()
    await second.goto('/app/')
    await logIn(second, demoUsers.dave)
    const whoami = `fetch('/api/whoami').then((response) => response.json()).then(({ sub }) => sub)`
    const subjects: unknown[] = []
    for (let round = 0; round < 10; round++) {
      subjects.push(...(await Promise.all([page.evaluate(whoami), second.evaluate(whoami)])))
    }
    await other.close()
    expect(subjects).toEqual(Array.from({ length: 10 }, () => ['auth0|alice', 'auth0|dave']).flat())
  })

  it('is not driven by a page of another origin, though the browser sends it the cookie', async () => {
    const page = await open()
    await logIn(page, demoUsers.alice)
    // Another port is another origin, but the same site: SameSite does not help there.
    const form = `<form method="post" action="${origin}/auth/logout"><button>Win a prize</button></form>`
    const evil = createServer((_, response) => response.setHeader('Content-Type', 'text/html').end(form))
    await new Promise<void>((resolve) => evil.listen(0, '127.0.0.1', resolve))
    try {
      const { port } = evil.address() as AddressInfo
      await page.goto(`http://127.0.0.1:${port}/`)
      const answered = page.waitForResponse(`${origin}/auth/logout`)
      await page.getByRole('button', { name: 'Win a prize' }).click()
      const response = await answered
      expect((await response.request().allHeaders()).cookie).toContain('sealgate-session=')
      expect(response.status()).toBe(403)
    } finally {
      evil.close()
    }
    await page.goto('/app/')
    await page.getByText('Alice Analyst (').waitFor()
  })

  it('lets the key rotate while calls go on, none rejected', async () => {
    const page = await open()
    await logIn(page, demoUsers.alice)
    await page.getByRole('button', { name: /Rotate now/ }).click()
    const status = await page.getByText(/The key demo-\d+ is announced/).innerText()
    const kid = /demo-\d+/.exec(status)?.[0] ?? ''
    const ticks = page.getByRole('list', { name: 'Calls since the rotation' }).getByRole('listitem')
    await ticks
      .filter({ hasText: `signed by ${kid}` })
      .first()
      .waitFor()
    const lines = await ticks.allInnerTexts()
    expect(lines.filter((line) => !line.startsWith('200'))).toEqual([])
    expect(lines[0]).not.toContain(kid)
    await page.getByRole('row', { name: new RegExp(`^${kid} signing .* yes `) }).waitFor()
    await page.getByText('The JWK Set, as services fetch it').click()
    expect(await page.locator('#jwks-text').innerText()).toContain(kid)
    await take(page, 'rotation')
  })

  it('works in a narrow window, by keyboard alone', async () => {
    const page = await open(NARROW)
    await page.keyboard.press('Tab')
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the content')
    await page.keyboard.press('Tab')
    expect(await page.evaluate('document.activeElement.id')).toBe('login')
    await page.keyboard.press('Enter')
    await page.getByLabel('Email address').fill(demoUsers.dave.email)
    await page.getByLabel('Password').fill(demoUsers.dave.password)
    await page.keyboard.press('Enter')
    await page.getByText('Dave Premium (').waitFor()
    await page.getByRole('row', { name: 'GET /api/secure' }).waitFor()
    await page.getByRole('article').getByText('who acts for the subject').waitFor()
    for (const viewport of [NARROW, NARROWEST]) {
      await page.setViewportSize(viewport)
      // Nothing is cut off at the side.
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(viewport.width)
    }
  })
})
