/** The page of a login that failed, as a browser shows it. */
import type { Browser as Chromium, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startWithLogins } from '../support/browser.ts'
import { isSkipped, launch } from '../support/chromium.ts'
import { expectReadable } from '../support/readable.ts'
import type { System } from '../support/system.ts'

describe.skipIf(isSkipped)('the page of a login that failed, in a browser', () => {
  let system: System
  let browser: Chromium

  beforeAll(async () => {
    system = await startWithLogins({ SITE_NAME: 'Acme Reports' })
    browser = await launch()
  })
  afterAll(async () => {
    await browser.close()
    await system.close()
  })

  async function open(): Promise<{ readonly page: Page; readonly complaints: readonly string[] }> {
    const page = await browser.newPage()
    const complaints: string[] = []
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text())
    })
    await page.goto(new URL('/auth/callback?code=c&state=s', system.url).href)
    return { page, complaints }
  }

  it('can be read in light and in dark, down to the narrowest window', async () => {
    const { page, complaints } = await open()
    await expectReadable(page, 'login')
    expect(await page.title()).toBe('This login is over · Acme Reports')
    // The status of the page itself is all that the browser complains of: its style sheet is allowed.
    expect(complaints.filter((text) => !text.includes('status of 400'))).toEqual([])
    await page.close()
  })

  it('leads on by keyboard alone', async () => {
    const { page } = await open()
    await page.keyboard.press('Tab')
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Log in again')
    await page.keyboard.press('Enter')
    await page.getByLabel('Email address').waitFor()
    await page.close()
  })
})
