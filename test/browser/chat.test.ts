import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Locator, Page } from 'playwright-core'
import { DEMO_PASSWORD, demoUsers } from 'sealgate/internal'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { isSkipped, launch } from '../support/chromium.ts'
import { SEALGATE } from '../support/dev-program.ts'
import { type Dev, startDev } from '../support/dev-system.ts'
import { ROOT } from '../support/root.ts'
import { fillLogin, NARROWEST, PHONE, violations, type Visit, visit, WIDE } from '../support/visit.ts'

/** A folder for pictures of the page, to be looked at. None are taken when it is unset. */
const { SCREENSHOTS } = process.env

/** May do whatever the gateway's definition knows, and so pay. */
const olivia = { email: 'olivia@example.test', password: DEMO_PASSWORD }

describe.skipIf(isSkipped)('the chat, in a browser', () => {
  let dev: Dev
  let browser: Browser
  let visits: Visit[] = []

  beforeAll(async () => {
    if (SCREENSHOTS) mkdirSync(SCREENSHOTS, { recursive: true })
    ;[dev, browser] = await Promise.all([startDev(), launch()])
  })
  afterAll(async () => {
    await browser.close()
    await dev.stop()
  })
  afterEach(async () => {
    // Before the login the page asks who is there, and nobody is.
    const complaints = visits.flatMap((one) =>
      one.complaints.filter((text) => !text.includes('status of 401')),
    )
    await Promise.all(visits.map(({ context }) => context.close()))
    visits = []
    expect(complaints).toEqual([])
  })

  /** Opens the chat, logs in by its link, and comes back. */
  async function open(user: Pick<typeof olivia, 'email' | 'password'>, viewport = WIDE): Promise<Page> {
    const made = await visit(browser, dev.addresses.gateway, viewport)
    visits.push(made)
    await made.page.goto('/app/chat')
    await made.page.getByRole('link', { name: 'Log in' }).click()
    await fillLogin(made.page, user)
    await made.page.getByText('Connected').waitFor()
    expect(new URL(made.page.url()).pathname).toBe('/app/chat')
    return made.page
  }

  const field = (page: Page): Locator => page.getByLabel('Message to the assistant')
  const messages = (page: Page): Locator => page.getByRole('list', { name: 'Messages' }).locator('> li')
  const card = (page: Page, tool: string): Locator => page.getByRole('group', { name: tool }).last()
  const payments = (page: Page): Locator => page.getByRole('complementary', { name: 'Your payments' })

  /** Sends it. While an answer comes in, the page keeps what was typed; and what it draws it draws with the next frame. */
  async function say(page: Page, text: string): Promise<void> {
    const before = await messages(page).count()
    await field(page).fill(text)
    await expect
      .poll(async () => {
        if ((await field(page).inputValue()) !== '') await field(page).press('Enter')
        return field(page).inputValue()
      })
      .toBe('')
    await messages(page).nth(before).waitFor()
  }

  /** Waits for the end of the answer. */
  async function answered(page: Page): Promise<void> {
    await page.getByRole('button', { name: 'Send' }).waitFor()
  }

  async function forget(page: Page): Promise<void> {
    await answered(page)
    await page.getByRole('button', { name: 'Forget the conversation' }).click()
    await page.getByText('What can I do for you?').waitFor()
  }

  /** The page as it is now, in both windows and both themes: nothing is wrong by axe, and nothing is cut off. */
  async function inspect(page: Page, name: string): Promise<void> {
    for (const [window, viewport] of Object.entries({ '1280': WIDE, '390': PHONE })) {
      await page.setViewportSize(viewport)
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(viewport.width)
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme })
        expect([name, window, colorScheme, await violations(page)]).toEqual([name, window, colorScheme, []])
        if (SCREENSHOTS) {
          await page.screenshot({ path: join(SCREENSHOTS, `${name}-${window}-${colorScheme}.png`) })
        }
      }
    }
    await page.setViewportSize(WIDE)
  }

  it('streams its answer, and draws the tool that it calls', async () => {
    const page = await open(demoUsers.alice)
    await inspect(page, 'chat-empty')
    await say(page, 'What is the weather in Lisbon?')
    // The text is there before it is complete, and one can stop it.
    await page.locator('.text.streaming').waitFor()
    await page.getByRole('button', { name: 'Stop' }).waitFor()
    const early = await messages(page).last().innerText()
    await answered(page)
    const whole = await messages(page).last().innerText()
    expect(early.length).toBeLessThan(whole.length)
    expect(whole).toContain('fixed rules on this machine, and no AI')
    expect(whole).toContain('In Lisbon it is 19 °C and sunny.')
    const weather = await card(page, 'Weather').innerText()
    expect(weather).toMatch(/getWeather\s+Done\s+City\s+Lisbon\s+Celsius\s+19/)
    // It is read out once, when it is whole.
    expect(await page.getByRole('status').textContent()).toContain('In Lisbon it is 19 °C')
    await say(page, 'call getWeather {"city":"\\u202enobsiL"}')
    await answered(page)
    // What is hidden or turned round would be approved unread.
    expect(await card(page, 'Weather').innerText()).toContain('\\u{202e}nobsiL')
  })

  it('shows all windows of its owner the same, over a reload, and nobody else anything', async () => {
    const page = await open(demoUsers.alice)
    const second = await page.context().newPage()
    await second.goto('/app/chat')
    await say(page, '<img src=x onerror=alert(1)> **hello**')
    await answered(page)
    await messages(second).filter({ hasText: '<img src=x' }).waitFor()
    await page.reload()
    await messages(page).filter({ hasText: '<img src=x' }).waitFor()
    expect(await page.locator('main img').count()).toBe(0)

    const other = await open(demoUsers.bob)
    await other.getByText('What can I do for you?').waitFor()
    expect(await messages(other).count()).toBe(0)
    await forget(page)
    await second.getByText('What can I do for you?').waitFor()
  })

  it('waits for a yes before it pays, takes no for no, and the service shows who approved', async () => {
    const page = await open(olivia)
    await say(page, 'Pay 250 euro to Ada')
    const payment = card(page, 'Payment')
    await payment.getByText('Needs your approval').waitFor()
    expect(await payment.innerText()).toMatch(/pay\s[^]*To\s+Ada\s+Amount\s+250\s+Currency\s+EUR/)
    expect(await page.getByRole('status').textContent()).toContain('Payment needs your approval')
    await inspect(page, 'chat-approval')
    await payment.getByRole('button', { name: 'Deny' }).click()
    await payment.getByText('Denied by you').waitFor()
    await answered(page)
    expect(await payments(page).innerText()).toContain('None yet.')

    await say(page, 'Pay 251 euro to Ada')
    await card(page, 'Payment').getByRole('button', { name: 'Approve' }).click()
    await card(page, 'Payment').getByText('Done').waitFor()
    await answered(page)
    const kept = payments(page).getByRole('listitem')
    await kept.filter({ hasText: '251' }).waitFor()
    expect(await kept.count()).toBe(1)
    expect(await kept.innerText()).toMatch(
      /Ada\s+Approved by\s+auth0\|olivia\s+Through the agent\s+reports\s+Transaction\s+\S+/,
    )
    await inspect(page, 'chat-paid')

    const [download] = await Promise.all([
      page.waitForEvent('download'),
      kept.getByRole('link', { name: /^Receipt/ }).click(),
    ])
    const folder = mkdtempSync(join(tmpdir(), 'receipt-'))
    const [file, jwks] = [join(folder, 'receipt.json'), join(folder, 'jwks.json')]
    await download.saveAs(file)
    const keys = `fetch('/api/keys').then((response) => response.json()).then(({ published }) => JSON.stringify(published))`
    writeFileSync(jwks, await page.evaluate<string>(keys))
    const verify = [SEALGATE, 'receipt', 'verify', file, '--jwks', jwks]
    const verified = execFileSync(process.execPath, verify, { cwd: ROOT, encoding: 'utf8' })
    expect(verified).toContain('auth0|olivia')

    const other = await open(demoUsers.alice)
    await payments(other).getByText('None yet.').waitFor()
    await say(other, 'Pay 251 euro to Ada')
    await messages(other).filter({ hasText: 'I have no tool pay here' }).waitFor()
    await forget(other)
    await forget(page)
  })

  it('is denied what a document orders it to do', async () => {
    const page = await open(demoUsers.alice)
    await say(page, 'What do the reports say on suppliers?')
    await card(page, 'Payment').getByText('Not allowed').waitFor()
    await answered(page)
    expect(await card(page, 'Payment').innerText()).toContain('Mallory')
    expect(await payments(page).innerText()).toContain('None yet.')
    await forget(page)
  })

  it('finds for each the documents that they may read', async () => {
    const [analyst, admin, beginner] = [
      await open(demoUsers.alice),
      await open(demoUsers.carol),
      await open(demoUsers.bob),
    ]
    for (const page of [analyst, admin, beginner]) {
      await say(page, 'Which reports are there on salary and revenue?')
      await answered(page)
      await card(page, 'Documents').getByText('Done').waitFor()
    }
    const found = await Promise.all(
      [analyst, admin, beginner].map((page) => card(page, 'Documents').innerText()),
    )
    const of = (words: string): readonly boolean[] => found.map((text) => text.includes(words))
    expect(of('1.2 million')).toEqual([true, true, false])
    expect(of('900,000')).toEqual([false, true, false])
  })

  it('works by keyboard alone, on a phone, and moves nothing for who wants no motion', async () => {
    const page = await open(olivia, PHONE)
    await page.emulateMedia({ reducedMotion: 'reduce' })
    await page.reload()
    await page.getByText('Connected').waitFor()
    const focused = (): Promise<unknown> =>
      page.evaluate(
        `(document.activeElement.ariaLabel ?? document.activeElement.textContent.trim()) || document.activeElement.id`,
      )
    await page.keyboard.press('Tab')
    expect(await focused()).toBe('Skip to the message field')
    await page.keyboard.press('Enter')
    expect(await focused()).toBe('text')
    await page.keyboard.type('Pay 300 euro to Bob')
    // An answer of before may still come in; the page keeps what was typed meanwhile.
    await expect
      .poll(async () => {
        await page.keyboard.press('Enter')
        return field(page).inputValue()
      })
      .toBe('')
    const payment = card(page, 'Payment').filter({ hasText: '300' })
    await payment.getByText('Needs your approval').waitFor()
    expect(await page.evaluate(`getComputedStyle(document.querySelector('.tool')).animationName`)).toBe(
      'none',
    )
    // From the field back: Approve, then Deny.
    expect(await focused()).toBe('text')
    await page.keyboard.press('Shift+Tab')
    expect(await focused()).toBe('Approve')
    await page.keyboard.press('Shift+Tab')
    expect(await focused()).toBe('Deny')
    await page.keyboard.press('Enter')
    await payment.getByText('Denied by you').waitFor()
    expect(await focused()).toBe('text')
    await page.setViewportSize(NARROWEST)
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(NARROWEST.width)
    await forget(page)
  })

  it.each([
    [4401, /connecting anew/, true],
    [1012, /The service restarts. Trying again in 1 s/, true],
    [4403, /You may no longer use this chat/, false],
  ])('says why its socket ended with %i', async (code, words, isOpenedAgain) => {
    const page = await open(demoUsers.dave)
    let sockets = 0
    const said = page.getByText(words)
    await page.routeWebSocket(/\/api\/agents\/chat\//, (socket) => {
      sockets++
      const server = socket.connectToServer()
      if (sockets === 1) server.onMessage(() => void socket.close({ code }))
    })
    await page.reload()
    await said.waitFor()
    if (isOpenedAgain) await page.getByText('Connected', { exact: true }).waitFor()
    expect(sockets).toBe(isOpenedAgain ? 2 : 1)
  })
})
