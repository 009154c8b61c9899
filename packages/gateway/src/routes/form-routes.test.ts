/** Every route that accepts a form says so to whoever sends another media type. The routes are those of /openapi.json. */
import { beforeAll, describe, expect, it } from 'vitest'
import { catchLogs, expectError, gatewayEnv, memoryKv, newSlot } from '../testing/fixtures.ts'
import { app } from '../testing/test-gateway.ts'

const FORM = 'application/x-www-form-urlencoded'
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const TEXTS: Readonly<Record<string, string>> = {
  '/oauth/token': 'The token exchange takes application/x-www-form-urlencoded (RFC 8693, section 2.1)',
  '/oauth/revoke': 'The revocation takes application/x-www-form-urlencoded (RFC 7009, section 2.1)',
  '/auth/backchannel-logout':
    'The logout takes application/x-www-form-urlencoded (OpenID Connect Back-Channel Logout 1.0, section 2.5)',
}

let env: Record<string, unknown>
catchLogs()

beforeAll(async () => {
  env = gatewayEnv({
    JWT_PRIVATE_JWK_NAME: 'SLOT_A',
    SLOT_A: await newSlot('slot-a'),
    JWT_DENYLIST_NAME: 'DENYLIST',
    DENYLIST: memoryKv(),
    AUTH0_CLIENT_ID: 'web',
    AUTH0_CLIENT_SECRET: 'client-secret',
    SESSION_SECRET: 'A'.repeat(43),
    SESSION_STORE: 'cookie',
  })
})

async function formRoutes(): Promise<readonly string[]> {
  const { paths }: { paths: Record<string, { post?: { requestBody?: { content: object } } }> } = await (
    await app.request('https://gateway.test/openapi.json', {}, env)
  ).json()
  return Object.keys(paths).filter((path) => FORM in (paths[path]?.post?.requestBody?.content ?? {}))
}

async function post(path: string, type: string | undefined, body: BodyInit, on = env): Promise<Response> {
  const headers = type === undefined ? {} : { 'Content-Type': type }
  return app.request(`https://gateway.test${path}`, { method: 'POST', headers, body }, on)
}

const parameters = { grant_type: EXCHANGE, subject_token: 'x', audience: 'reports', token: 'x' }

/** A media type and a body of it: what clients send by default, or by mistake. */
const OTHERS: readonly [type: string | undefined, body: BodyInit][] = [
  ['application/json', JSON.stringify(parameters)],
  ['application/json; charset=utf-8', JSON.stringify(parameters)],
  ['application/json', '{'],
  ['application/json', ''],
  ['application/json', '[]'],
  ['application/json', 'null'],
  ['application/json', JSON.stringify({ ...parameters, username: 'a', password: 'b' })],
  ['application/json', JSON.stringify({ username: 'a' })],
  ['application/jwt', 'x'],
  ['text/plain', new URLSearchParams(parameters).toString()],
  ['multipart/form-data; boundary=x', '--x--'],
  ['application/x-www-form-urlencoded, application/json', new URLSearchParams(parameters).toString()],
  ['application/x-www-form-urlencodedx', new URLSearchParams(parameters).toString()],
  [undefined, new TextEncoder().encode(new URLSearchParams(parameters).toString())],
]

it('are the two of OAuth, and the one of OpenID Connect', async () => {
  expect(await formRoutes()).toEqual(Object.keys(TEXTS))
})

describe.each(Object.entries(TEXTS))('POST %s', (path, text) => {
  it.each(OTHERS)('as %s (%s) is told which media type it takes', async (type, body) => {
    expect(await expectError(await post(path, type, body), 400, 'invalid_request')).toBe(text)
  })

  it('takes the media type in any case and with a charset', async () => {
    const body = new URLSearchParams(parameters).toString()
    const response = await post(path, 'Application/X-WWW-Form-Urlencoded; charset=UTF-8', body)
    expect(await response.text()).not.toContain('urlencoded')
  })
})

describe('where the password realm is on', () => {
  const client = { AUTH0_CLIENT_ID: 'backoffice', AUTH0_CLIENT_SECRET: 'secret', SESSION_SECRET: '' }
  const realm = { AUTH0_CONNECTION: 'Users', ...client }

  it('JSON with a grant_type is still meant for the exchange', async () => {
    const body = JSON.stringify({ ...parameters, username: 'a', password: 'b' })
    const response = await post('/oauth/token', 'application/json', body, { ...env, ...realm })
    expect(await expectError(response, 400, 'invalid_request')).toBe(TEXTS['/oauth/token'])
  })

  it('JSON without one is a password login, with errors of its own', async () => {
    const response = await post('/oauth/token', 'application/json', '{"username":"a"}', { ...env, ...realm })
    expect(await expectError(response, 400, 'invalid_request')).toContain('password')
  })
})
