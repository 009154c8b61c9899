/** Routes for people (`login: 'redirect'`) and the gateway's own pages under a brand, as a browser shows them. */
import { demoUsers } from 'sealgate/internal'
import type { Browser as Chromium, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isSkipped, launch } from '../support/chromium.ts'
import { type Pages, startPages } from '../support/pages/start.ts'
import { expectReadable } from '../support/readable.ts'

const { alice } = demoUsers

describe.skipIf(isSkipped)('pages for people, in a browser', () => {
  let pages: Pages
  let browser: Chromium

  beforeAll(async () => {
    pages = await startPages()
    browser = await launch()
  })
  afterAll(async () => {
    await browser.close()
    await pages.close()
  })

  async function newPage(): Promise<{ readonly page: Page; readonly complaints: readonly string[] }> {
    const context = await browser.newContext()
    const page = await context.newPage()
    const complaints: string[] = []
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text())
    })
    return { page, complaints }
  }

  async function logIn(page: Page): Promise<void> {
    await page.getByLabel('Email address').fill(alice.email)
    await page.getByLabel('Password').fill(alice.password)
    await page.getByRole('button').first().click()
  }

  it('a page that somebody opens leads through the login and back to it', async () => {
    const { page } = await newPage()
    const place = '/orders/7?year=2026&q=a%20b#top'
    await page.goto(`${pages.origin}${place}`)
    await logIn(page)
    await page.locator('#place').waitFor()
    expect(page.url()).toBe(`${pages.origin}${place}`)
    expect(await page.locator('#place').textContent()).toBe('/orders/7?year=2026&q=a%20b')
    // A script of the page that has lost its session hears 401, and is sent nowhere.
    await page.context().clearCookies()
    expect(
      await page.evaluate("fetch('/orders').then((response) => [response.status, response.redirected])"),
    ).toEqual([401, false])
    await page.context().close()
  })

  it('a browser that keeps no session is told so, and not sent around', async () => {
    const { page } = await newPage()
    await page.goto(`${pages.origin}/orders`)
    await logIn(page)
    await page.locator('#place').waitFor()
    await page.context().clearCookies({ name: 'sealgate-session' })
    await page.goto(`${pages.origin}/orders`)
    await page.getByText('The login was not kept').waitFor()
    expect(page.url()).toBe(`${pages.origin}/orders`)
    await page.getByRole('link', { name: 'Log in again' }).click()
    // Auth0 knows the user still: one click is all it takes.
    await page.locator('#place').waitFor()
    await page.context().close()
  })

  it('errors are pages under the brand, readable in light and in dark', async () => {
    const { page, complaints } = await newPage()
    await page.goto(`${pages.origin}/auth/callback?code=c&state=s`)
    await expectReadable(page, 'brand-login')
    expect(await page.title()).toBe('This login is over · Acme Shop')
    expect(await page.getByRole('link', { name: 'Log in again' }).count()).toBe(1)
    const logo = page.getByRole('img', { name: 'Acme Shop' })
    await logo.waitFor()
    expect(await page.evaluate("document.querySelector('img').naturalWidth")).toBeGreaterThan(0)
    await page.goto(`${pages.origin}/admin`)
    await logIn(page)
    await page.getByText('You may not open this page').waitFor()
    await expectReadable(page, 'brand-denied')
    await page.goto(`${pages.origin}/down`)
    await page.getByText('This page does not respond').waitFor()
    expect(await page.getByRole('link', { name: 'Try again' }).getAttribute('href')).toBe('/down')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Tab')
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Get help')
    // The status of a page is all that the browser complains of: its style sheet and its logo are allowed.
    expect(complaints.filter((text) => !/status of \d{3}/.test(text))).toEqual([])
    await page.context().close()
  })
})
