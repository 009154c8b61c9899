/** Ten denials on the real development system, as curl makes them, and what `sealgate why` says of each. */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { decodeJwt, decodeProtectedHeader, importJWK, type JWK, type JWTPayload, SignJWT } from 'jose'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { exchangeForm, keygen, loginForm, readSecrets } from 'sealgate/internal'
import { type Dev, startDev, untilItFits } from '../support/dev-system.ts'
import { SmallProject } from '../support/small-project.ts'
import { type Printed, why } from '../support/why.ts'

const PATH = '/billing/invoices'
const project = new SmallProject('EdDSA')
project.write(
  'services/invoices/index.ts',
  `import { policy } from '@sealgate/kit'
import { guard, sealgate } from '@sealgate/kit/hono'
import { Hono } from 'hono'
export default new Hono()
  .use(sealgate())
  .get('/billing/invoices', guard(), (c) => c.text('ok'))
  .get('/billing/export', guard(policy().needAll('export:invoices')), (c) => c.text('ok'))
`,
)
let dev: Dev
let port: string

beforeAll(async () => {
  dev = await startDev(undefined, project.folder)
  port = new URL(dev.addresses.gateway).port
})
afterAll(async () => {
  await dev.stop()
  project.remove()
})

/** A token of the mock IdP, for the gateway. */
async function auth0Token(): Promise<string> {
  return tokenFrom(`${dev.addresses.idp}/oauth/token`, loginForm(dev))
}

/** An internal token of a user, for the service. */
async function internalToken(): Promise<string> {
  const form = { ...exchangeForm('billing'), subject_token: await auth0Token() }
  return tokenFrom(`${dev.addresses.gateway}/oauth/token`, form)
}

async function tokenFrom(url: string, form: Readonly<Record<string, string>>): Promise<string> {
  const response = await fetch(url, { method: 'POST', body: new URLSearchParams(form) })
  const { access_token: token } = (await response.json()) as { access_token: string }
  return token
}

/** The same token with other claims, signed by the gateway's own key or by another. */
async function resigned(claims: JWTPayload, other?: { readonly kid?: string }): Promise<string> {
  const token = await internalToken()
  const { kid = '' } = decodeProtectedHeader(token)
  const slots = [...readSecrets(dev.plan.gateway.secretsFile).values()]
  const own = slots.flatMap((text) => (text.startsWith('{') ? [JSON.parse(text) as JWK] : []))
  const key = other
    ? (JSON.parse(keygen('--kid=other', '--private')) as JWK)
    : own.find((one) => one.kid === kid)
  if (!key) throw new Error(`no slot has the key ${kid}`)
  return new SignJWT({ ...decodeJwt(token), ...claims })
    .setProtectedHeader({ ...decodeProtectedHeader(token), alg: 'EdDSA', kid: other?.kid ?? kid })
    .sign(await importJWK(key, 'EdDSA'))
}

type At = 'service' | 'gateway'

async function request(id: string, at: At, path: string, authorization?: string): Promise<number> {
  const origin = at === 'gateway' ? dev.addresses.gateway : (dev.addresses.services.get('invoices') ?? '')
  const headers = { 'X-Request-Id': id, ...(authorization !== undefined && { Authorization: authorization }) }
  return (await fetch(origin + path, { headers })).status
}

/** What `sealgate why` prints of it. */
function explained(id: string): Promise<Printed> {
  return why([id, '--gateway-port', port], { cwd: project.folder })
}

const past = (): JWTPayload => ({ iat: now() - 900, nbf: now() - 900, exp: now() - 600 })
const now = (): number => Math.floor(Date.now() / 1000)
const bearer = async (token: Promise<string> | string): Promise<string> => `Bearer ${await token}`

interface Case {
  readonly at?: At
  readonly path?: string
  readonly authorization?: () => Promise<string>
  readonly status: number
  /** In the order in which they are printed. */
  readonly says: readonly RegExp[]
}

const CASES: Readonly<Record<string, Case>> = {
  'no credentials': {
    status: 401,
    says: [
      /denied with 401, billing said no_credentials/,
      /credential no token came/,
      /→ the client must send `Author/,
    ],
  },
  'a malformed header': {
    authorization: () => bearer('one two'),
    status: 400,
    says: [
      /billing said malformed_credentials/,
      /what came is not one bearer token/,
      /→ look at what the client sends/,
    ],
  },
  'a garbage token': {
    authorization: () => bearer('garbage'),
    status: 401,
    says: [/billing said malformed/, /not good, so nothing in it counts/, /→ compare the length/],
  },
  'a token that is over': {
    authorization: () => bearer(resigned(past())),
    status: 401,
    says: [/billing said expired/, /good: .*for billing, key dev-/, /→ the client gets a new token/],
  },
  'a token for another service': {
    authorization: () => bearer(resigned({ aud: 'reports' })),
    status: 401,
    says: [
      /billing said wrong_audience/,
      /good: .*for reports/,
      /→ request a token for this service’s audience/,
    ],
  },
  'a key that nobody knows': {
    authorization: () => bearer(resigned({}, { kid: 'nobodys' })),
    status: 401,
    says: [
      /billing said unknown_kid/,
      /names the key nobodys; nothing else in it counts/,
      /→ .*`sealgate doctor`/s,
    ],
  },
  'a signature of another key': {
    authorization: () => bearer(resigned({}, {})),
    status: 401,
    says: [
      /billing said bad_signature/,
      /names the key dev-.*; nothing else in it counts/,
      /→ compare thumbprints/,
    ],
  },
  'rights that do not suffice': {
    path: '/billing/export',
    authorization: () => bearer(internalToken()),
    status: 403,
    says: [
      /billing said insufficient_rights/,
      /rule failed has the permission export:invoices/,
      /caller has permissions: read:invoices; roles: clerk/,
      /→ if the caller is to have the right/,
    ],
  },
  'rights that do not suffice, behind the gateway': {
    at: 'gateway',
    path: '/billing/export',
    authorization: () => bearer(auth0Token()),
    status: 403,
    says: [
      /denied with 403, billing said insufficient_rights/,
      /gateway \(gateway, dev/,
      /what GET \/billing\/\*/,
      /\(service/,
      /rule failed has the permission export:invoices/,
    ],
  },
  'a token of ours at the gateway': {
    at: 'gateway',
    authorization: () => bearer(internalToken()),
    status: 401,
    says: [
      /denied with 401, /,
      /gateway \(gateway, dev/,
      /→ .*A token of this gateway goes to the service itself/s,
    ],
  },
  'a token that was revoked': {
    authorization: async () => {
      const token = await internalToken()
      const body = new URLSearchParams({ token })
      await fetch(`${dev.addresses.gateway}/oauth/revoke`, { method: 'POST', body })
      return bearer(token)
    },
    status: 401,
    says: [/billing said revoked/, /good: .*for billing/, /→ nothing, if it was meant/],
  },
}

it.each(Object.entries(CASES))('%s is denied, and why says so', async (name, one) => {
  const { at = 'service', path = PATH, authorization, status, says } = one
  const id = `deny-${name.replaceAll(/[^a-z]+/g, '-')}`.slice(0, 60)
  expect(await request(id, at, path, await authorization?.())).toBe(status)
  const { code, stdout } = await explained(id)
  let rest = stdout.replaceAll(/\s+/g, ' ')
  for (const pattern of says) {
    expect(rest).toMatch(pattern)
    rest = rest.slice(rest.search(pattern))
  }
  expect(code).toBe(0)
})

it('keys that cannot be had are no verdict on the token, and why names the fault beside', async () => {
  const authorization = await bearer(internalToken())
  await dev.order('stop/edge')
  await dev.order('stop/invoices')
  await dev.order('start/invoices')
  const statusOf = (): Promise<number> =>
    request('deny-no-keys', 'service', PATH, authorization).catch(() => 0)
  await expect.poll(statusOf).toBe(503)
  const { code, stdout } = await explained('deny-no-keys')
  expect(stdout).toContain('failed with 503, billing said keys_unavailable')
  expect(stdout).toMatch(/Around that time\n\n.*jwks_failed/)
  expect(stdout).toMatch(/→ .*"entrypoint": "Keys"/s)
  expect(code).toBe(0)
  await dev.order('start/edge')
  await untilItFits(dev)
})

it('an id that nobody has exits 1, and lines are its owner’s alone', async () => {
  const { code, stdout } = await explained('deny-unheard-of')
  expect(code).toBe(1)
  expect(stdout).toContain(`Looked in the development system with its gateway on port ${port}`)
  const file = join(project.folder, `.sealgate/dev-${port}/lines.ndjson`)
  expect(statSync(file).mode & 0o777).toBe(0o600)
})
