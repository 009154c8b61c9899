import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'
import { ends } from './ends.ts'
import { PATIENCE } from './setup/patience.ts'

const KNOWN = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** Where Chromium is on this machine: `CHROMIUM_PATH`, or where distributions put it. */
export const executablePath: string | undefined = [process.env.CHROMIUM_PATH ?? '', ...KNOWN].find(
  (path) => path !== '' && existsSync(path),
)

/** True where the browser tests cannot run and need not. In CI they fail instead. */
export const isSkipped: boolean = executablePath === undefined && process.env.CI === undefined

if (isSkipped) {
  console.warn('No Chromium: the browser tests are skipped. .ci/install-chromium installs it.')
}

export async function launch(): Promise<Browser> {
  if (executablePath === undefined) {
    throw new Error('no Chromium: .ci/install-chromium installs it, or set CHROMIUM_PATH')
  }
  const browser = await chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
    timeout: PATIENCE.wait,
  })
  ends(() => browser.close())
  const newContext = browser.newContext.bind(browser)
  browser.newContext = async (options) => {
    const context = await newContext(options)
    context.setDefaultTimeout(PATIENCE.wait)
    return context
  }
  return browser
}
