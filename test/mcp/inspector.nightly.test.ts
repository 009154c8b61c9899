/** What docs/guides/mcp.md does: the official inspector, from the registry, against the development system. */
import { spawn } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { demoUsers, FormBrowser } from 'sealgate/internal'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Dev, startDev } from '../support/dev-system.ts'
import { ends } from '../support/ends.ts'
import { freePort } from '../support/free-port.ts'
import { npm } from '../support/npm.ts'

let dev: Dev
let folder: string

beforeAll(async () => {
  folder = mkdtempSync(join(process.env.TMPDIR ?? '/tmp', 'inspector-'))
  await npm(['install', '--no-audit', '--no-fund', '@modelcontextprotocol/inspector@^2.12.0'], folder)
  dev = await startDev()
})
afterAll(() => dev.stop())

/** Runs the inspector, and logs alice in where it says. */
async function inspect(...args: readonly string[]): Promise<string> {
  const callback = `http://127.0.0.1:${await freePort()}/oauth/callback`
  const url = `${dev.addresses.gateway}/mcp/reports`
  const child = spawn(
    join(folder, 'node_modules/.bin/mcp-inspector'),
    ['--cli', url, '--transport', 'http', '--callback-url', callback, ...args],
    // It has no terminal here, and so would not begin a login.
    { env: { PATH: process.env.PATH, HOME: folder, MCP_AUTO_OPEN_ENABLED: 'true' } },
  )
  ends(() => {
    child.kill()
    return Promise.resolve()
  })
  const { promise, resolve } = Promise.withResolvers<string>()
  let text = ''
  let isLoggingIn = false
  const hear = (chunk: unknown): void => {
    text += String(chunk)
    const authorization = /(http\S*\/authorize\?\S+)/.exec(text)?.[1]
    if (authorization === undefined || isLoggingIn) return
    isLoggingIn = true
    const { email, password } = demoUsers.alice
    new FormBrowser(new URL(authorization).origin)
      .logIn(authorization, email, password)
      .then((back) => fetch(back))
      .catch((error: unknown) => (text += String(error)))
  }
  child.stdout.on('data', hear)
  child.stderr.on('data', hear)
  child.on('exit', (code) => {
    resolve(`${text}\nexit ${code}`)
  })
  return promise
}

it('lists the tools, and calls one that knows who asks', async () => {
  const listed = await inspect('--method', 'tools/list')
  expect(listed).toContain('"list_reports"')
  expect(listed).toMatch(/exit 0$/)
  const called = await inspect('--method', 'tools/call', '--tool-name', 'whoami')
  expect(called).toContain(demoUsers.alice.sub)
  expect(called).toMatch(/exit 0$/)
})
