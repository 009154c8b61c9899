import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import type { TenantUser } from 'sealgate/internal'

export interface Viewport {
  readonly width: number
  readonly height: number
}

/** Windows that pages are looked at in; the last is as narrow as a page must work in (WCAG 2.2, 1.4.10). */
export const WIDE: Viewport = { width: 1280, height: 800 }
export const PHONE: Viewport = { width: 390, height: 844 }
export const NARROWEST: Viewport = { width: 320, height: 640 }

/** Somebody at a browser of their own. */
export interface Visit {
  readonly context: BrowserContext
  readonly page: Page
  /** What the browser complained of: errors of scripts, rejections of the content security policy. */
  readonly complaints: readonly string[]
}

export async function visit(browser: Browser, baseURL: string, viewport: Viewport = WIDE): Promise<Visit> {
  const context = await browser.newContext({ viewport, baseURL })
  const complaints: string[] = []
  const page = await context.newPage()
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text())
  })
  page.on('pageerror', ({ message }) => complaints.push(message))
  return { context, page, complaints }
}

/** Fills in the tenant's login page. */
export async function fillLogin(
  page: Page,
  { email, password }: Pick<TenantUser, 'email' | 'password'>,
): Promise<void> {
  await page.getByLabel('Email address').fill(email)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Continue' }).click()
}

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** What axe finds wrong with a page by WCAG 2.2 A and AA: the rule, and where. */
export async function violations(page: Page): Promise<readonly string[]> {
  // By the debugger: the page's own policy lets no script in.
  await page.evaluate(AXE)
  return page.evaluate<readonly string[]>(`axe
    .run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
    .then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => id + ': ' + target)))`)
}
