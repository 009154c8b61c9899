/** The page of a login that failed, as a browser shows it. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser as Chromium, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startWithLogins } from '../support/browser.ts'
import { isSkipped, launch } from '../support/chromium.ts'
import type { System } from '../support/system.ts'

/** A folder for pictures of the page, to be looked at. None are taken when it is unset. */
const { SCREENSHOTS } = process.env

const SIZES = { wide: [1280, 900], phone: [390, 844], narrowest: [320, 640] } as const

/** Contrast of each text with what is behind it (WCAG 2.2, 1.4.3), and the smallest side of the button. */
const MEASURE = `(() => {
  const channels = (color) => color.match(/[\\d.]+/g).slice(0, 3).map((one) => Number(one) / 255)
  const luminance = (color) => {
    const [r, g, b] = channels(color).map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const behind = (element) => {
    const { backgroundColor } = getComputedStyle(element)
    return backgroundColor === 'rgba(0, 0, 0, 0)' ? behind(element.parentElement) : backgroundColor
  }
  const contrasts = [...document.querySelectorAll('main *')].filter((one) => one.textContent.trim() !== '').map((one) => {
    const [text, back] = [luminance(getComputedStyle(one).color), luminance(behind(one))]
    return (Math.max(text, back) + 0.05) / (Math.min(text, back) + 0.05)
  })
  const { width, height } = document.querySelector('.button').getBoundingClientRect()
  return { contrast: Math.min(...contrasts), button: Math.min(width, height), overflow: document.documentElement.scrollWidth - innerWidth }
})()`

interface Measured {
  readonly contrast: number
  readonly button: number
  readonly overflow: number
}

describe.skipIf(isSkipped)('the page of a login that failed, in a browser', () => {
  let system: System
  let browser: Chromium

  beforeAll(async () => {
    if (SCREENSHOTS) mkdirSync(SCREENSHOTS, { recursive: true })
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
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      for (const [name, [width, height]] of Object.entries(SIZES)) {
        await page.setViewportSize({ width, height })
        const { contrast, button, overflow } = await page.evaluate<Measured>(MEASURE)
        expect(contrast, `${name}, ${colorScheme}`).toBeGreaterThanOrEqual(4.5)
        expect(button, name).toBeGreaterThanOrEqual(44)
        expect(overflow, name).toBeLessThanOrEqual(0)
        if (SCREENSHOTS)
          await page.screenshot({ path: join(SCREENSHOTS, `login-${name}-${colorScheme}.png`) })
      }
    }
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
