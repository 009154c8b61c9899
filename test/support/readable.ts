import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'

/** A folder for pictures of pages, to be looked at. None are taken when it is unset. */
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

/**
 * Expects a page of the gateway to be readable in light and in dark, down to the narrowest window, and its button to be
 * large enough for a finger (WCAG 2.2, 1.4.3, 1.4.10, 2.5.5).
 *
 * @param name of its pictures
 */
export async function expectReadable(page: Page, name: string): Promise<void> {
  if (SCREENSHOTS) mkdirSync(SCREENSHOTS, { recursive: true })
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    for (const [size, [width, height]] of Object.entries(SIZES)) {
      await page.setViewportSize({ width, height })
      const { contrast, button, overflow } = await page.evaluate<Measured>(MEASURE)
      expect(contrast, `${size}, ${colorScheme}`).toBeGreaterThanOrEqual(4.5)
      expect(button, size).toBeGreaterThanOrEqual(44)
      expect(overflow, size).toBeLessThanOrEqual(0)
      if (SCREENSHOTS)
        await page.screenshot({ path: join(SCREENSHOTS, `${name}-${size}-${colorScheme}.png`) })
    }
  }
}
