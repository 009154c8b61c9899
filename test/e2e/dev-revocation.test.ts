/** In development, as deployed: what is revoked at the gateway is denied by the services. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { exchangeForm, loginForm } from 'sealgate/internal'
import { SEALGATE } from '../support/dev-program.ts'
import { type Dev, startDev } from '../support/dev-system.ts'
import { SmallProject } from '../support/small-project.ts'

const run = promisify(execFile)
/** How long a verifier remembers that a token is on no list, in seconds; and what a loaded machine may take besides. */
const REMEMBERED_SECONDS = 30
const SLACK_SECONDS = 5

const project = new SmallProject('EdDSA')
let dev: Dev

beforeAll(async () => {
  dev = await startDev(undefined, project.folder)
})
afterAll(async () => {
  await dev.stop()
  project.remove()
})

/** An internal token of a user, for the service. */
async function newToken(): Promise<string> {
  const { gateway, idp } = dev.addresses
  const subject = await tokenFrom(`${idp}/oauth/token`, loginForm(dev))
  return tokenFrom(`${gateway}/oauth/token`, { ...exchangeForm('billing'), subject_token: subject })
}

async function tokenFrom(url: string, form: Readonly<Record<string, string>>): Promise<string> {
  const response = await fetch(url, { method: 'POST', body: new URLSearchParams(form) })
  const { access_token: token } = (await response.json()) as { access_token: string }
  return token
}

/** What the service itself says to a token, past the gateway. */
async function statusOf(token: string): Promise<number> {
  const url = `${dev.addresses.services.get('invoices') ?? ''}/billing/invoices`
  return (await fetch(url, { headers: { Authorization: `Bearer ${token}` } })).status
}

it('a token that its holder revokes at the gateway is denied by the service at once, where it was never seen', async () => {
  const [token, other] = [await newToken(), await newToken()]
  const body = new URLSearchParams({ token })
  const { status } = await fetch(`${dev.addresses.gateway}/oauth/revoke`, { method: 'POST', body })
  expect(status).toBe(200)
  expect([await statusOf(token), await statusOf(other)]).toEqual([401, 200])
})

it(
  'a token that an operator revokes is denied by the service while it is still remembered to be good, within 30 seconds',
  { timeout: (REMEMBERED_SECONDS + SLACK_SECONDS) * 2000 },
  async () => {
    const token = await newToken()
    expect(await statusOf(token)).toBe(200)
    const jti = decodeJwt(token).jti ?? ''
    const flags = ['revoke', 'dev', '--jti', jti, '--project', project.folder, '--url', dev.addresses.gateway]
    await run(process.execPath, [SEALGATE, ...flags])
    const start = Date.now()
    while ((await statusOf(token)) === 200) await new Promise((resolve) => setTimeout(resolve, 500))
    const seconds = (Date.now() - start) / 1000
    console.log(`denied ${seconds.toFixed(1)} s after it was revoked`)
    expect(await statusOf(token)).toBe(401)
    expect(seconds).toBeLessThan(REMEMBERED_SECONDS + SLACK_SECONDS)
  },
)
